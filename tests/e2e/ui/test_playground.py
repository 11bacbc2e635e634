"""The playground."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import LIMIT

pytestmark = pytest.mark.real


def test_a_chat_streams_and_can_be_stopped(page: Page) -> None:
    page.goto("/ui/playground/org/poet")
    page.get_by_label("Say something …").fill("Tell me of the sea.")
    page.keyboard.press("Enter")
    answer = page.get_by_role("article", name="Poet")
    expect(answer.get_by_text("first after")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Stop").click()
    expect(answer.get_by_text("stopped", exact=True)).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_role("cell", name="/v1/chat/completions").first).to_be_visible(timeout=LIMIT)
