"""How every page looks: readable for everybody in both modes, and no wider than a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import DESK, LIMIT, PHONE, assert_accessible, assert_fits, keep_pictures
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real

ROUTES = {
    "yard": "",
    "models": "models",
    "model": "models/writer",
    "playground": "playground",
    "activity": "activity",
    "logs": "logs",
    "performance": "performance",
    "hardware": "hardware",
    "simulate": "simulate",
    "config": "config/of/writer",
    "settings": "settings",
}
"""Names of pictures, and what they show. Every page of the menu is among them."""
TABLE = Path(__file__).parents[3] / "ui" / "src" / "pages.ts"


def test_every_page_of_the_menu_is_looked_at() -> None:
    assert set(re.findall(r'{ name: "(\w+)"', TABLE.read_text(encoding="utf-8"))) <= set(ROUTES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ROUTES)
def test_it_is_accessible_and_fits_a_phone(
    open_page: OpenPage, daemon: Daemon, name: str, scheme: Literal["light", "dark"]
) -> None:
    page = open_page(PHONE, color_scheme=scheme, bypass_csp=True)
    daemon.chat("writer")
    page.goto(f"/ui/{ROUTES[name]}")
    wait_until_filled(page, name)
    assert_fits(page)
    keep_pictures(page, name, scheme)
    assert_accessible(page)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    assert_accessible(page)


def wait_until_filled(page: Page, name: str) -> None:
    """A page that shows nothing yet would pass."""
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
    if name == "performance":
        expect(page.get_by_role("figure", name="Load").locator("canvas")).to_be_visible(timeout=LIMIT)
    if name == "hardware":
        expect(page.get_by_role("region", name="Processor")).to_be_visible(timeout=LIMIT)
    if name == "activity":
        expect(page.get_by_role("cell", name="writer").first).to_be_visible(timeout=LIMIT)
    if name == "config":
        expect(page.get_by_role("region", name="Process")).to_be_visible(timeout=LIMIT)
    if name == "simulate":
        expect(page.get_by_text("Nothing has been recorded yet.").or_(page.get_by_text("recorded from"))).to_be_visible(
            timeout=LIMIT
        )
