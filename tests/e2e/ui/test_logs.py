"""The logs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import LIMIT
from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real


def test_logs_are_filtered(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    page.goto("/ui/logs")
    log = page.get_by_role("log")
    expect(log.get_by_text("Health check passed").first).to_be_visible(timeout=LIMIT)
    page.get_by_role("searchbox").fill("starting (writer|poet)")
    expect(log.get_by_text("Health check passed")).to_have_count(0)
    expect(log.get_by_text("starting writer").first).to_be_visible()
    page.get_by_role("searchbox").fill("(")
    expect(page.get_by_role("alert")).to_have_text("This is no regular expression")


def test_how_a_log_looks_is_kept_and_what_is_shown_is_saved(page: Page, daemon: Daemon, tmp_path: Path) -> None:
    daemon.chat("writer")
    page.goto("/ui/logs")
    page.get_by_role("combobox", name="Source").select_option("both")
    server, engines = page.get_by_role("log", name="Modelyard"), page.get_by_role("log", name="Engines")
    expect(server.get_by_text("Health check passed").first).to_be_visible(timeout=LIMIT)
    expect(engines.get_by_text("model loaded").first).to_be_visible(timeout=LIMIT)
    before = float(server.evaluate("(log) => parseFloat(getComputedStyle(log).fontSize)"))
    page.get_by_role("button", name="Larger letters").first.click()
    page.get_by_role("button", name="Wrap").first.click()
    page.reload()
    expect(server).to_have_css("font-size", f"{before + 1:g}px", timeout=LIMIT)
    expect(server).to_have_css("white-space-collapse", "preserve")
    expect(page.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("searchbox").fill("health check")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save what is shown").click()
    assert saved.value.suggested_filename == "modelyard.log"
    saved.value.save_as(tmp_path / "saved.log")
    lines = (tmp_path / "saved.log").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all("Health check" in line for line in lines)


def test_a_pause_holds_the_lines_and_counts_those_that_come(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    page.goto("/ui/logs")
    log = page.get_by_role("log")
    expect(log.get_by_text("chat/completions").first).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Pause").click()
    before = log.get_by_text("chat/completions").count()
    daemon.chat("writer")
    expect(page.get_by_text("Paused;")).to_be_visible(timeout=LIMIT)
    assert log.get_by_text("chat/completions").count() == before
    page.get_by_role("button", name="Resume").click()
    expect(log.get_by_text("chat/completions")).not_to_have_count(before)


def test_the_log_of_one_model_goes_back_as_far_as_somebody_scrolls(page: Page, tmp_path: Path) -> None:
    shout = f"for i in $(seq 1200); do echo call number $i; done; exec {demo_engine('--load', 0)}"
    with Daemon(tmp_path, f"models:\n  loud: {{cmd: {json.dumps('sh -c ' + shlex.quote(shout))}}}\n") as daemon:
        daemon.chat("loud")
        page.goto(f"{daemon.url}/ui/logs")
        page.get_by_role("combobox", name="Source").select_option("loud")
        log = page.get_by_role("log")
        expect(log.get_by_text("call number 1200", exact=True)).to_be_attached(timeout=LIMIT)
        expect(log.get_by_text("call number 300", exact=True)).to_have_count(0)
        for _ in range(4):
            if log.get_by_text("call number 300", exact=True).count():
                break
            log.evaluate("(log) => { log.scrollTop = 0; }")
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        expect(log.get_by_text("call number 300", exact=True)).to_be_attached()
        expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
