"""The logs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import LIMIT
from tests.support.daemon import Daemon

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
