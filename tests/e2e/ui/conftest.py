"""A browser, a server with demo engines, and a page of the UI that nothing has been said against."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from modelyard.app.ui.assets import PAGE, Assets
from tests.support.browser import CHROMIUM, DESK, LIMIT, PHONE, TWO_MODELS
from tests.support.daemon import Daemon

OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; without it, or without a UI that was built, what needs it is passed over."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    if Assets().get(PAGE) is None:
        pytest.skip("the UI was not built here")
    switches = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
    # A microphone that beeps, and nobody who must be asked whether it may be used.
    switches += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=switches)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A server for the tests of one module; a module that wants another one has its own."""
    with Daemon(tmp_path_factory.mktemp("ui"), TWO_MODELS) as daemon:
        yield daemon


@pytest.fixture
def open_page(browser: Browser, daemon: Daemon) -> Iterator[OpenPage]:
    """Opens pages in windows of their own: `open_page(size=PHONE, color_scheme="dark")`; further arguments are those
    of `Browser.new_context`. At the end none of them may have had an error, nor met what its policy forbids."""
    contexts, complaints = [], list[str]()

    def open_page(size: tuple[int, int] = DESK, **more: object) -> Page:
        options: dict[str, object] = {
            "base_url": daemon.url,
            "locale": "en-GB",
            "viewport": {"width": size[0], "height": size[1]},
            "reduced_motion": "reduce",  # colours between two states are nobody's
        }
        context = browser.new_context(**{**options, **more})  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(LIMIT)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """One page in a wide window."""
    return open_page()


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    """One page in a window as large as a phone's."""
    return open_page(PHONE)
