"""The yard: what is resident, from where it is loaded and unloaded."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import LIMIT
from tests.support.daemon import Daemon

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


def test_who_waits_has_a_card_and_can_be_sent_away(page: Page, daemon: Daemon) -> None:
    page.goto("/ui/")
    statuses: list[int] = []
    with asking(daemon, "org/poet", statuses, max_tokens=40):
        expect(page.get_by_role("article", name="Poet")).to_be_visible(timeout=LIMIT)
        with asking(daemon, "writer", statuses):
            queue = page.get_by_role("complementary", name="Queue")
            card = queue.get_by_role("listitem").filter(has_text="Writer")
            expect(card.get_by_label("Place 1", exact=True)).to_be_visible(timeout=LIMIT)
            expect(card).to_contain_text("waits for")
            card.get_by_role("button", name="Cancel: Place 1").click()
            expect(card).to_be_hidden(timeout=LIMIT)
    assert sorted(statuses) == [200, 502]


def test_the_timeline_says_why_under_the_pointer(page: Page, daemon: Daemon) -> None:
    daemon.chat("org/poet")
    page.goto("/ui/")
    expect(page.get_by_role("article", name="Poet")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Load: Writer").click()
    expect(page.get_by_role("article", name="Writer").get_by_text("ready")).to_be_visible(timeout=LIMIT)
    span = page.locator(".track .span-stopping").first
    expect(span).to_be_visible(timeout=LIMIT)
    box = span.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    # In the bubble and in the list below.
    expect(page.get_by_text("makes room for writer")).to_have_count(2)


def test_memory_shows_who_holds_it(page: Page, daemon: Daemon) -> None:
    daemon.chat("writer")
    page.goto("/ui/")
    bars = page.get_by_role("list", name="Memory")
    expect(bars.get_by_role("listitem").filter(has_text="Writer").first).to_be_visible(timeout=LIMIT)
    expect(page.get_by_role("article", name="Writer").get_by_text("holds")).to_be_visible()


def test_a_start_that_fails_says_so_and_why(page: Page, tmp_path: Path) -> None:
    command = "sh -c 'echo no such weights at ${PORT}; exit 3'"
    config = f"models:\n  broken:\n    name: Broken\n    cmd: {command}\n"
    with Daemon(tmp_path, config) as daemon:
        page.goto(f"{daemon.url}/ui/")
        page.get_by_role("button", name="Load: Broken").click()
        expect(page.get_by_text("Broken was not loaded")).to_be_visible(timeout=LIMIT)
        card = page.get_by_role("region", name="Parked").get_by_role("listitem").filter(has_text="Broken")
        expect(card).to_contain_text("exit", timeout=LIMIT)


def test_a_load_goes_by_what_the_engine_says_of_it(page: Page, tmp_path: Path) -> None:
    says = 'echo "Loading safetensors checkpoint shards:  45% Completed | 5/11 [00:01<00:02]"; sleep 600'
    script = tmp_path / "engine.sh"
    script.write_text(says)
    config = f"models:\n  slow:\n    name: Slow\n    cmd: sh {script} ${{PORT}}\n"
    with Daemon(tmp_path, config) as daemon:
        page.goto(f"{daemon.url}/ui/")
        page.get_by_role("button", name="Load: Slow").click()
        ring = page.get_by_role("article", name="Slow").get_by_role("progressbar")
        expect(ring).to_have_attribute("aria-valuenow", "45", timeout=LIMIT)


@contextlib.contextmanager
def asking(daemon: Daemon, model: str, statuses: list[int], **more: object) -> Iterator[None]:
    """A request in the background; waits for its end."""
    thread = threading.Thread(target=lambda: statuses.append(daemon.chat(model, **more).status_code), daemon=True)
    thread.start()
    yield
    thread.join(30)
