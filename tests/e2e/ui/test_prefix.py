"""The UI behind nginx, below a path of another server, on networks that are slow, and through a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.ui.conftest import OpenPage
from tests.e2e.ui.test_every_page import ROUTES
from tests.support.browser import LIMIT, TWO_MODELS
from tests.support.daemon import Daemon
from tests.support.nginx import NGINX, Nginx

pytestmark = [pytest.mark.real, pytest.mark.skipif(NGINX is None, reason="there is no nginx here")]

KEY = "key-behind-the-proxy"
KEYS = {"without": "", "with": f"apiKeys: [{KEY}]\n"}


@pytest.fixture(scope="module", params=KEYS)
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx before a server that has a key, and before one that has none."""
    folder = tmp_path_factory.mktemp("prefix")
    with Daemon(folder, KEYS[request.param] + TWO_MODELS) as daemon, Nginx(folder / "nginx", daemon.url) as nginx:
        yield nginx


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page of somebody who knows the key."""
    return open_page(base_url=None, http_credentials={"username": "any", "password": KEY})


def test_every_page_works_below_the_path_and_asks_for_nothing_elsewhere(page: Page, proxied: Nginx) -> None:
    strays: list[str] = []
    failed: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", f"{proxied.url}/")):
            strays.append(request.url)

    page.on("request", asked)
    page.on("response", lambda answer: failed.append(answer.url) if answer.status in (404, 502) else None)
    for path in ROUTES.values():
        page.goto(f"{proxied.url}/ui/{path}")
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert strays == failed == []


def test_a_model_is_loaded_followed_and_talked_to_below_the_path(page: Page, proxied: Nginx) -> None:
    page.goto(f"{proxied.url}/ui/")
    page.get_by_role("button", name="Load: Writer").click()
    card = page.get_by_role("article", name="Writer")
    expect(card.get_by_text("ready")).to_be_visible(timeout=LIMIT)
    page.get_by_role("link", name="Logs").click()
    assert page.url == f"{proxied.url}/ui/logs"
    expect(page.get_by_role("log").get_by_text("Health check passed").first).to_be_visible(timeout=LIMIT)
    page.go_back()
    page.get_by_role("button", name="Unload: Writer").click()
    expect(card).to_be_hidden(timeout=LIMIT)


def test_redirects_and_the_policy_know_the_path(proxied: Nginx) -> None:
    auth = ("any", KEY)
    for path, leads_to in (("/", "/yard/ui"), ("/ui", "/yard/ui/"), ("/upstream", "/yard/ui/models")):
        answer = httpx.get(f"{proxied.url}{path}", auth=auth)
        assert httpx.URL(answer.headers["location"]).path == leads_to
    policy = httpx.get(f"{proxied.url}/ui/models/org/poet", auth=auth).headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_server_that_comes_back_behind_the_proxy_is_found_again(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(base_url=None)
    with Daemon(tmp_path, TWO_MODELS) as first:
        address = first.url.removeprefix("http://")
        with Nginx(tmp_path / "nginx", first.url) as nginx:
            page.goto(f"{nginx.url}/ui/")
            expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
            first.process.terminate()
            first.wait_exit()
            expect(page.get_by_text("Connection lost")).to_be_visible(timeout=LIMIT)
            with Daemon(tmp_path, TWO_MODELS, "-listen", address):
                expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)


def test_a_slow_network_is_waited_for_and_a_lost_one_is_told(open_page: OpenPage, daemon: Daemon) -> None:
    page = open_page()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 60_000, "uploadThroughput": 30_000}
    network.send("Network.emulateNetworkConditions", slow)
    page.goto("/ui/models")
    expect(page.get_by_role("link", name="Writer")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Load: Writer").click()
    expect(page.get_by_role("button", name="Unload: Writer")).to_be_visible(timeout=LIMIT)
    network.send("Network.emulateNetworkConditions", {**slow, "offline": True})
    page.get_by_role("button", name="Unload: Writer").click()
    expect(page.get_by_text("Writer was not unloaded")).to_be_visible(timeout=LIMIT)
    network.send("Network.emulateNetworkConditions", {**slow, "offline": False})
    page.get_by_role("button", name="Unload: Writer").click()
    expect(page.get_by_role("button", name="Load: Writer")).to_be_visible(timeout=LIMIT)
