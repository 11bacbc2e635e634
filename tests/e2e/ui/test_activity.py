"""The record of requests in the browser: statistics, filters, columns, export, captures; and what is in flight."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import LIMIT, PHONE, assert_accessible, assert_fits
from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

CONFIG = f"""
models:
  writer: {{name: Writer, cmd: '{demo_engine("--load", 0, "--tps", 5000)}'}}
  org/poet: {{name: Poet, cmd: '{demo_engine("--load", 0, "--tps", 8)}'}}
"""
STREAMED = {"messages": [{"role": "user", "content": "Tell me of the sea."}], "stream": True}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """With a record: 30 chats, one of them streamed and with a key in its head, and one request that was refused."""
    with Daemon(tmp_path_factory.mktemp("ui"), CONFIG) as daemon:
        for number in range(29):
            daemon.chat("writer", max_tokens=2 + number)
        daemon.chat("nobody")
        headers = {"Authorization": "Bearer very-secret"}
        body = {"model": "writer", "max_tokens": 7, **STREAMED}
        httpx.post(daemon.url + "/v1/chat/completions", json=body, headers=headers, timeout=30).raise_for_status()
        yield daemon


def row_texts(page: Page, column: int) -> list[str]:
    rows = page.get_by_role("region", name="Record").get_by_role("row")
    return [rows.nth(index).get_by_role("cell").nth(column).inner_text() for index in range(1, rows.count())]


def open_activity(page: Page, query: str = "") -> None:
    page.goto(f"/ui/activity{query}")
    expect(page.get_by_role("region", name="Record").get_by_role("row").nth(1)).to_be_visible(timeout=LIMIT)


def test_statistics_add_up_what_is_recorded(page: Page) -> None:
    open_activity(page)
    statistics = page.get_by_role("region", name="Statistics")
    expect(statistics.get_by_text("31", exact=True)).to_be_visible()
    expect(statistics.get_by_text("Of all requests in the record.")).to_be_visible()
    expect(statistics.get_by_role("figure").filter(has_text="Generated tokens a second")).to_contain_text("median")
    open_activity(page, "?model=nobody")
    expect(statistics.get_by_text("1", exact=True)).to_be_visible()


def test_rows_are_sorted_filtered_and_cut_into_pages(page: Page) -> None:
    open_activity(page)
    expect(page.get_by_text("31 rows, page 1 of 2")).to_be_visible()
    page.get_by_role("button", name="Generated").click()
    heading = page.get_by_role("columnheader", name="Generated")
    expect(heading).to_have_attribute("aria-sort", "descending")
    first = page.get_by_role("region", name="Record").get_by_role("row").nth(1)
    expect(first.get_by_role("cell").nth(6)).to_have_text("30")
    generated = [int(text) for text in row_texts(page, 6)]
    assert generated == sorted(generated, reverse=True)
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("31 rows, page 2 of 2")).to_be_visible()
    expect(page.get_by_role("region", name="Record").get_by_role("row")).to_have_count(1 + 6)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("combobox", name="Outcome").select_option("rejected")
    expect(page.get_by_text("1 rows, page 1 of 1")).to_be_visible()
    expect(page.get_by_role("cell", name="404 rejected")).to_be_visible()
    page.get_by_role("combobox", name="Status").fill("200")
    page.get_by_role("combobox", name="Status").press("Enter")
    expect(page.get_by_text("No request is like that.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("No request is like that.")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("31 rows, page 1 of 2")).to_be_visible()


def test_columns_are_chosen_moved_and_kept(page: Page) -> None:
    open_activity(page)
    page.get_by_role("button", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_label("Number", exact=True).check()
    dialog.get_by_label("Path", exact=True).uncheck()
    dialog.get_by_role("button", name="Number: further to the back").click()
    dialog.get_by_role("button", name="Close").click()
    page.reload()
    headings = page.get_by_role("region", name="Record").get_by_role("columnheader")
    expect(headings.first).to_have_text("Time", timeout=LIMIT)
    expect(headings.nth(1)).to_have_text("Number")
    expect(headings.filter(has_text="Path")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="As they came").click()
    page.get_by_role("dialog", name="Columns").get_by_role("button", name="Close").click()
    expect(headings.filter(has_text="Path")).to_have_count(1)


@pytest.mark.parametrize(
    ("form", "name"), [("csv", "activity.csv"), ("jsonl", "activity.jsonl"), ("markdown", "activity.md")]
)
def test_all_rows_that_the_filters_mean_are_exported(page: Page, tmp_path: Path, form: str, name: str) -> None:
    open_activity(page, "?model=writer&status=200")
    with page.expect_download() as saved:
        page.get_by_label("Export").select_option(form)
    assert saved.value.suggested_filename == name
    saved.value.save_as(tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.count("/v1/chat/completions") == 30
    assert "nobody" not in text
    if form == "jsonl":
        assert all(json.loads(line)["model_id"] == "writer" for line in text.splitlines())


def test_a_capture_shows_what_was_said_and_no_secret(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_activity(page)
    page.get_by_role("button", name="What was said in 31").click()
    dialog = page.get_by_role("dialog", name="Request 31")
    request, answer = dialog.get_by_role("region", name="Request"), dialog.get_by_role("region", name="Answer")
    expect(request.get_by_text("Tell me of the sea.")).to_be_visible()
    expect(answer.get_by_text("Streamed in")).to_be_visible()
    expect(answer.get_by_text("data:")).to_have_count(0)
    answer.get_by_role("button", name="Raw").click()
    expect(answer.get_by_text("data: [DONE]")).to_be_visible()
    request.get_by_role("button", name="Pretty").click()
    expect(request.get_by_text('"max_tokens": 7')).to_be_visible()
    request.get_by_text("Headers (").click()
    expect(request.get_by_text("[REDACTED]")).to_be_visible()
    dialog.get_by_role("button", name="Copy as curl").click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("curl ")
    assert "Bearer $MODELYARD_KEY" in command
    assert "very-secret" not in command
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_capture_is_readable_for_everybody_on_a_phone(open_page: OpenPage) -> None:
    page = open_page(PHONE, bypass_csp=True)
    open_activity(page)
    page.get_by_role("button", name="Filters").click()
    assert_accessible(page)
    page.get_by_role("button", name="What was said in 31").click()
    expect(page.get_by_text("Tell me of the sea.")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)


def test_what_is_in_flight_can_be_cancelled(page: Page, daemon: Daemon) -> None:
    page.goto("/ui/activity")

    def ask() -> None:
        body = {"model": "org/poet", "max_tokens": 60, **STREAMED}
        with (
            contextlib.suppress(httpx.RemoteProtocolError),  # it is cut in the middle
            httpx.stream("POST", daemon.url + "/v1/chat/completions", json=body, timeout=60) as response,
        ):
            response.read()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    flights = page.get_by_role("region", name="In flight")
    flights.get_by_role("button", name="Cancel: org/poet /v1/chat/completions").click(timeout=LIMIT)
    expect(flights.get_by_text("Nothing is being worked on.")).to_be_visible(timeout=LIMIT)
    asking.join(10)
    expect(page.get_by_role("cell", name="cancelled")).to_be_visible(timeout=LIMIT)


def test_a_record_that_cannot_be_read_says_so_and_is_asked_again(page: Page) -> None:
    page.route(
        "**/api/metrics/activity?*", lambda route: route.fulfill(status=503, body='{"error": "the disk is gone"}')
    )
    page.goto("/ui/activity")
    expect(page.get_by_role("alert")).to_contain_text("the disk is gone", timeout=LIMIT)
    page.unroute_all()
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("region", name="Record").get_by_role("row").nth(1)).to_be_visible(timeout=LIMIT)
