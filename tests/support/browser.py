"""A real browser that looks at the web UI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Page

from tests.support.daemon import demo_engine

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LIMIT = 20_000
"""Milliseconds that the page may take to show what it should."""
PHONE, DESK = (390, 844), (1440, 900)
"""Sizes of the window."""

TWO_MODELS = f"""
models:
  writer: {{name: Writer, cmd: '{demo_engine("--load", 0.2, "--tps", 200)}', aliases: [scribe]}}
  org/poet: {{name: Poet, cmd: '{demo_engine("--load", 1, "--tps", 8, "--tokens", 60)}'}}
"""


def assert_accessible(page: Page) -> None:
    """Nothing serious that axe finds, where axe is installed. It is evaluated, which the page's policy can't forbid."""
    if not AXE.is_file():
        return
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    serious = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == [], serious


def assert_fits(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def keep_pictures(page: Page, name: str, scheme: str) -> None:
    """Pictures of the page in both sizes, where the environment names a folder for them; leaves it as it was."""
    folder = os.environ.get("MODELYARD_SCREENSHOTS")
    size = page.viewport_size
    if not folder or size is None:
        return
    for kind, (width, height) in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.screenshot(path=f"{folder}/{name}-{kind}-{scheme}.png")
    page.set_viewport_size(size)
