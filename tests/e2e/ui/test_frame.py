"""What all pages have in common: the menu, the keyboard, the event stream, keys, and how they look."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import LIMIT, TWO_MODELS, assert_fits
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real


def test_the_keyboard_goes_everywhere(page: Page) -> None:
    page.goto("/ui/")
    expect(page.get_by_text("Live")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("theme dark")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Einstellungen")


def test_two_tabs_share_one_stream(browser: Browser, daemon: Daemon) -> None:
    context = browser.new_context(base_url=daemon.url, locale="en-GB")
    before = daemon.count(r'"GET /api/events ')
    for _ in range(3):
        tab = context.new_page()
        tab.goto("/ui/")
        expect(tab.get_by_role("button", name="Load: Poet")).to_be_visible(timeout=LIMIT)
    context.close()
    daemon.wait_for_line(r'"GET /api/events ')
    assert daemon.count(r'"GET /api/events ') - before <= 1


def test_a_server_that_comes_back_is_found_again(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    with Daemon(tmp_path, TWO_MODELS) as first:
        address = first.url.removeprefix("http://")
        page.goto(f"{first.url}/ui/")
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("Connection lost")).to_be_visible(timeout=LIMIT)
    with Daemon(tmp_path, TWO_MODELS, "-listen", address):
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
    context.close()


def test_the_browsers_own_question_for_a_key_is_enough(browser: Browser, tmp_path: Path) -> None:
    with Daemon(tmp_path, f"apiKeys: [secret-key]\n{TWO_MODELS}") as locked:
        context = browser.new_context(
            base_url=locked.url, locale="en-GB", http_credentials={"username": "any", "password": "secret-key"}
        )
        page = context.new_page()
        page.goto("/ui/")
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
        context.close()


def test_a_page_that_a_proxy_lets_through_asks_for_the_key_itself_once(browser: Browser, tmp_path: Path) -> None:
    with Daemon(tmp_path, f"apiKeys: [secret-key]\n{TWO_MODELS}") as locked:
        context = browser.new_context(base_url=locked.url, locale="en-GB")
        page = context.new_page()
        known = {"Authorization": "Bearer secret-key"}
        page.route("**/ui/**", lambda route: route.continue_(headers={**route.request.headers, **known}))
        page.goto("/ui/")
        expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible(timeout=LIMIT)
        page.get_by_label("API key").fill("secret-key")
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
        page.reload()
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
        context.close()


def test_a_phone_has_a_bar_and_a_sheet_with_the_rest(phone: Page) -> None:
    phone.goto("/ui/")
    menu = phone.get_by_role("navigation", name="Modelyard")
    menu.get_by_role("link", name="Activity").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Activity")
    more = menu.get_by_role("button", name="More")
    more.click()
    sheet = phone.get_by_role("dialog", name="More")
    sheet.get_by_role("link", name="Logs").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Logs")
    expect(sheet).to_be_hidden()
    more.press("Enter")
    phone.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(more).to_be_focused()
    assert_fits(phone)


def test_the_first_load_is_small(page: Page) -> None:
    """300 KB, as they come over the wire; other pages are fetched when they are gone to."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto("/ui/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
    files = [one for one in requests if "/ui/" in one.url]
    total = sum(one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in files)
    assert files
    assert total < 300_000, {one.url: one.sizes() for one in files}


def test_a_slow_network_shows_what_there_is_and_loses_nothing(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 40_000, "uploadThroughput": 20_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.goto("/ui/activity")
    expect(page.get_by_role("heading", level=1)).to_have_text("Activity", timeout=LIMIT)
    expect(page.get_by_role("cell", name="writer").first).to_be_visible(timeout=LIMIT)
    page.get_by_role("link", name="Hardware").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hardware")
    expect(page.get_by_role("region", name="Processor")).to_be_visible(timeout=LIMIT)


def test_a_page_that_cannot_be_fetched_says_so(page: Page) -> None:
    page.goto("/ui/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
    page.route("**/assets/Hardware*", lambda route: route.abort())
    page.get_by_role("link", name="Hardware").click()
    expect(page.get_by_text("This page could not be loaded")).to_be_visible(timeout=LIMIT)


def test_all_of_it_speaks_german(open_page: OpenPage, daemon: Daemon) -> None:
    daemon.chat("writer")
    page = open_page(locale="de-DE")
    for path, heading, said in (
        ("", "Hof", "Die letzten Minuten"),
        ("activity", "Anfragen", "Aufzeichnung"),
        ("logs", "Protokolle", "Folgen"),
        ("performance", "Leistung", "Mittel aller Kerne"),
        ("hardware", "Hardware", "Prozessor"),
    ):
        page.goto(f"/ui/{path}")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=LIMIT)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.get_by_text(said).first).to_be_visible(timeout=LIMIT)


def test_every_page_is_reached_by_its_key(page: Page) -> None:
    page.goto("/ui/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
    for key, heading in (("a", "Activity"), ("f", "Performance"), ("h", "Hardware"), ("l", "Logs"), ("y", "Yard")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#content') !== null"), "the focus is in the page itself"
