"""Settings: what this browser prefers, the key of this tab, the profile of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from modelyard import __version__
from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import LIMIT, PHONE, TWO_MODELS, assert_accessible, assert_fits, keep_pictures
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real

PROFILES = "profiles: {night: {description: Slow and cheap, pins: {assistant: writer}}}\n"


@pytest.fixture
def profiled(tmp_path: Path) -> Iterator[Daemon]:
    """A server with a profile."""
    with Daemon(tmp_path, PROFILES + TWO_MODELS) as daemon:
        yield daemon


def test_a_profile_is_switched_on_and_off(open_page: OpenPage, profiled: Daemon) -> None:
    page = open_page(PHONE, base_url=profiled.url, bypass_csp=True)
    page.goto("/ui/settings")
    expect(page.get_by_text("Slow and cheap")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text(__version__)).to_be_visible()
    page.get_by_role("button", name="night").click()
    expect(page.get_by_role("button", name="night")).to_have_attribute("aria-pressed", "true")
    assert profiled.get("/api/profiles/active").json() == {"active": "night"}
    assert_fits(page)
    keep_pictures(page, "settings-profiles", "light")
    assert_accessible(page)
    page.get_by_role("button", name="no profile").click()
    expect(page.get_by_role("button", name="no profile")).to_have_attribute("aria-pressed", "true")
    assert profiled.get("/api/profiles/active").json() == {"active": None}


def test_the_theme_and_the_language_stay_in_this_browser(open_page: OpenPage, daemon: Daemon) -> None:
    page = open_page()
    page.goto("/ui/settings")
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Deutsch").click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Einstellungen")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
