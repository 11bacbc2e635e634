"""The web UI in a real browser, against a running server with demo engines."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page, expect  # noqa: E402 (only where it is installed)

from modelyard.app.ui.assets import PAGE, Assets  # noqa: E402
from tests.support.daemon import Daemon, demo_engine  # noqa: E402

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LIMIT = 20_000
"""Milliseconds that the page may take to show what it should."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.skipif(Assets().get(PAGE) is None, reason="the UI was not built here"),
]

CONFIG = f"""
models:
  writer: {{name: Writer, cmd: '{demo_engine("--load", 0.2, "--tps", 200)}', aliases: [scribe]}}
  org/poet: {{name: Poet, cmd: '{demo_engine("--load", 1, "--tps", 8, "--tokens", 60)}'}}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    switches = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=switches)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("ui"), CONFIG) as daemon:
        yield daemon


@pytest.fixture
def page(browser: Browser, daemon: Daemon) -> Iterator[Page]:
    """A page of the UI that nothing has been said against: no error, nothing that its policy forbids."""
    context = browser.new_context(base_url=daemon.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert complaints == []


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


def test_the_models_page_explains_and_shows_the_log(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    page.goto("/ui/models/scribe")
    expect(page.get_by_role("heading", name="Writer")).to_be_visible()
    expect(page.get_by_role("region", name="What a request would meet now").get_by_role("listitem")).not_to_have_count(
        0
    )
    expect(page.get_by_role("log").get_by_text("model loaded").last).to_be_visible(timeout=LIMIT)


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
    with Daemon(tmp_path, CONFIG) as first:
        address = first.url.removeprefix("http://")
        page.goto(f"{first.url}/ui/")
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("Connection lost")).to_be_visible(timeout=LIMIT)
    with Daemon(tmp_path, CONFIG, "-listen", address):
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
    context.close()


def test_the_browsers_own_question_for_a_key_is_enough(browser: Browser, tmp_path: Path) -> None:
    with Daemon(tmp_path, f"apiKeys: [secret-key]\n{CONFIG}") as locked:
        context = browser.new_context(
            base_url=locked.url, locale="en-GB", http_credentials={"username": "any", "password": "secret-key"}
        )
        page = context.new_page()
        page.goto("/ui/")
        expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
        context.close()


def test_a_page_that_a_proxy_lets_through_asks_for_the_key_itself_once(browser: Browser, tmp_path: Path) -> None:
    with Daemon(tmp_path, f"apiKeys: [secret-key]\n{CONFIG}") as locked:
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


@pytest.mark.parametrize("path", ["", "models", "models/writer", "playground", "activity", "logs", "settings"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(browser: Browser, daemon: Daemon, path: str, scheme: str) -> None:
    context = browser.new_context(
        base_url=daemon.url,
        locale="en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 390, "height": 844},
        bypass_csp=True,
    )
    page = context.new_page()
    daemon.chat("writer")
    page.goto(f"/ui/{path}")
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
    if path == "activity":
        expect(page.get_by_role("cell", name="writer").first).to_be_visible(timeout=LIMIT)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if folder := os.environ.get("MODELYARD_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{path.replace('/', '-') or 'yard'}-phone-{scheme}.png")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.screenshot(path=f"{folder}/{path.replace('/', '-') or 'yard'}-{scheme}.png")
    if AXE.is_file():
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(({violations}) => violations)")
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
    context.close()
