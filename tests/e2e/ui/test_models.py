"""All models, and one of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import LIMIT
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real


def test_the_models_page_explains_and_shows_the_log(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    page.goto("/ui/models/scribe")
    expect(page.get_by_role("heading", name="Writer")).to_be_visible()
    expect(page.get_by_role("region", name="What a request would meet now").get_by_role("listitem")).not_to_have_count(
        0
    )
    expect(page.get_by_role("log").get_by_text("model loaded").last).to_be_visible(timeout=LIMIT)


def test_all_models_say_at_a_glance_what_a_request_would_meet(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    page.goto("/ui/models")
    rows = page.get_by_role("listitem")
    expect(rows.filter(has_text="scribe").get_by_text("served at once")).to_be_visible(timeout=LIMIT)
    expect(rows.filter(has_text="org/poet").get_by_text("Writer must go")).to_be_visible()
    daemon.chat("org/poet")
    expect(rows.filter(has_text="org/poet").get_by_text("served at once")).to_be_visible(timeout=LIMIT)
    page.get_by_role("link", name="Writer").click()
    explained = page.get_by_role("region", name="What a request would meet now")
    expect(explained.get_by_role("link", name="Poet")).to_be_visible(timeout=LIMIT)
    expect(explained.get_by_text("Must go for it")).to_be_visible()
