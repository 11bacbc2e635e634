"""Policies are compared on what was recorded, or on a sample."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import LIMIT, PHONE, TWO_MODELS, assert_accessible, assert_fits, keep_pictures
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Daemon]:
    """A server that has recorded nothing yet."""
    with Daemon(tmp_path, TWO_MODELS) as daemon:
        yield daemon


def test_without_a_record_a_sample_is_offered_then_the_record_is_replayed(open_page: OpenPage, fresh: Daemon) -> None:
    page = open_page(base_url=fresh.url)
    page.goto("/ui/simulate")
    expect(page.get_by_text("Nothing has been recorded yet.")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_role("button", name="All that was recorded")).to_be_disabled()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("requests of the sample.")).to_be_visible(timeout=LIMIT)

    for model in ("writer", "org/poet", "scribe"):
        fresh.chat(model)
    page.reload()
    page.get_by_role("button", name="All that was recorded").click()
    expect(page.get_by_text("3 requests, recorded from")).to_be_visible()
    other = page.get_by_role("group", name="B")
    other.get_by_role("combobox", name="Policy").select_option(label="As configured, with changes")
    other.get_by_label("A while to stay").fill("600")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("3 recorded requests.")).to_be_visible(timeout=LIMIT)
    loads = page.get_by_role("row", name="Loads", exact=False).first
    # on a busy machine the second request for writer comes before it must go
    expect(loads.get_by_role("cell")).to_contain_text([re.compile("2|3"), "2"])
    for policy in ("fifo", "fifo+minResidency=600"):
        picture = page.get_by_role("region", name=f"Timeline of {policy}", exact=True).get_by_role("img")
        expect(picture.locator("rect.shade-loading")).not_to_have_count(0)
        expect(picture.locator("path.shade-waiting")).not_to_have_count(0)


def test_what_can_not_be_simulated_says_why(open_page: OpenPage, fresh: Daemon) -> None:
    page = open_page(base_url=fresh.url)
    page.route("**/api/simulate", lambda route: route.fulfill(status=429, body="another simulation is under way"))
    page.goto("/ui/simulate")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert")).to_contain_text("another simulation is under way")


def test_a_simulation_can_be_cancelled(open_page: OpenPage, fresh: Daemon) -> None:
    page = open_page(base_url=fresh.url)
    page.route("**/api/simulate", lambda route: route.continue_() if route.request.method == "GET" else None)
    page.goto("/ui/simulate")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("At work for")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Compare")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_is_accessible_and_fits_a_phone(
    open_page: OpenPage, daemon: Daemon, scheme: Literal["light", "dark"]
) -> None:
    page = open_page(PHONE, color_scheme=scheme, bypass_csp=True)
    page.goto("/ui/simulate")
    page.get_by_role("button", name="A sample").click()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("img").first).to_be_visible(timeout=LIMIT)
    assert_fits(page)
    keep_pictures(page, "simulate-done", scheme)
    assert_accessible(page)
