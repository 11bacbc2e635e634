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
