"""The yard: what is resident, from where it is loaded and unloaded."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import LIMIT

pytestmark = pytest.mark.real


def test_a_model_is_loaded_swapped_held_and_unloaded_from_the_yard(page: Page) -> None:
    page.goto("/ui/")
    page.get_by_role("button", name="Load: Writer").click()
    card = page.get_by_role("article", name="Writer")
    expect(card.get_by_text("ready")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Hold: Writer").click()
    expect(card.get_by_text("held", exact=True)).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Release: Writer").click()
    expect(card.get_by_text("held", exact=True)).to_be_hidden(timeout=LIMIT)
    page.get_by_role("button", name="Load: Poet").click()
    expect(page.get_by_role("article", name="Poet").get_by_text("ready")).to_be_visible(timeout=LIMIT)
    expect(card).to_be_hidden()
    expect(page.get_by_text("makes room for org/poet")).to_be_visible()
    page.get_by_role("button", name="Unload: Poet").click()
    expect(page.get_by_role("article", name="Poet")).to_be_hidden(timeout=LIMIT)
