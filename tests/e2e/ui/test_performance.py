"""Charts of what the machine does, and what it is made of."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import DESK, LIMIT, PHONE, TWO_MODELS, assert_accessible, assert_fits, keep_pictures
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real

GIBIBYTE = 1 << 30


def hour() -> dict[str, Any]:
    """An hour of a machine with two GPUs and two models, with a hole of ten minutes in it."""
    end = datetime.datetime.now(datetime.UTC)
    systems, gpus, models = [], [], []
    for index in [*range(300), *range(420, 720)]:
        at = (end - datetime.timedelta(seconds=5 * (719 - index))).isoformat().replace("+00:00", "Z")
        wave = (1 + math.sin(index / 40)) / 2
        systems.append(
            {
                "timestamp": at,
                "cpu_util_per_core": [20 + 50 * wave, 90 * wave, 10, 5],
                "mem_total_mb": 65536,
                "mem_used_mb": 20000 + 9000 * wave,
                "mem_free_mb": 1000,
                "swap_total_mb": 2048,
                "swap_used_mb": 100,
                "load_avg_1": 2 * wave,
                "load_avg_5": 1,
                "load_avg_15": 1,
                "net_io": [{"name": "eth0", "bytes_recv": 900_000 * index, "bytes_sent": 70_000 * index}],
                "disk_io": [{"name": "nvme0n1", "bytes_read": 4_000_000 * index, "bytes_written": 1000 * index}],
            }
        )
        gpus += [
            {
                "timestamp": at,
                "id": gpu,
                "name": "NVIDIA GeForce RTX 4090",
                "uuid": "",
                "temp_c": 40 + 30 * wave + gpu,
                "vram_temp_c": 0,
                "gpu_util_pct": 95 * wave,
                "mem_util_pct": 70 + 5 * gpu,
                "mem_used_mb": 17000 + 900 * gpu,
                "mem_total_mb": 24564,
                "fan_speed_pct": 30,
                "power_draw_w": 90 + 300 * wave,
            }
            for gpu in (0, 1)
        ]
        held = {"timestamp": at, "resident": 2 * GIBIBYTE, "anonymous": GIBIBYTE}
        models.append({**held, "model": "writer", "gpu": {"0": 9 * GIBIBYTE}})
        models.append({**held, "model": "org/poet", "gpu": {"0": 6 * GIBIBYTE, "1": 17 * GIBIBYTE}})
    return {"enabled": True, "sys_stats": systems, "gpu_stats": gpus, "model_stats": models}


HARDWARE = {
    "schema_version": 1,
    "captured_at": "2031-02-05T09:08:07Z",
    "capture": {"scope": "inference_host", "method": "detected", "detector": {"name": "modelyard", "version": "1"}},
    "architecture": {"name": "x86_64", "raw_name": None},
    "operating_system": {"family": "linux", "name": "Debian GNU/Linux", "version": "12", "kernel": "6.12"},
    "environment": {"kind": "native", "name": None, "version": None},
    "cpu": {
        "vendor": "AMD",
        "model": "AMD Ryzen Threadripper 7960X",
        "socket_count": 1,
        "physical_core_count": 24,
        "logical_thread_count": 48,
    },
    "memory": {"capacity_bytes": 64 * GIBIBYTE},
    "accelerators": [
        {
            "index": index,
            "kind": "gpu",
            "vendor": "NVIDIA",
            "model": "NVIDIA GeForce RTX 4090",
            "architecture": "Ada Lovelace",
            "memory": {"kind": "dedicated", "capacity_bytes": 24 * GIBIBYTE},
            "driver": {"name": "nvidia", "version": "560.35"},
            "power_limit_watts": 450.0,
        }
        for index in (0, 1)
    ],
}


def with_gpus(page: Page) -> None:
    """Let the page see a machine that this one is not."""

    def performance(route: Route) -> None:
        nothing = {"enabled": True, "sys_stats": [], "gpu_stats": [], "model_stats": []}
        route.fulfill(body=json.dumps(nothing if "after=" in route.request.url else hour()))

    page.route("**/api/performance*", performance)
    page.route("**/api/hardware", lambda route: route.fulfill(body=json.dumps(HARDWARE)))


def test_the_machine_is_drawn_with_its_figures_beside_it(page: Page) -> None:
    page.goto("/ui/performance")
    memory = page.get_by_role("figure", name="Memory", exact=True)
    expect(memory.locator("canvas")).to_be_visible(timeout=LIMIT)
    figures = memory.get_by_role("table", name="Memory, in figures").get_by_role("row", name="used")
    expect(figures.get_by_role("cell").first).to_contain_text("B")
    expect(page.get_by_role("figure", name="Processors").get_by_role("row", name="mean of all cores")).to_contain_text(
        "%"
    )
    for title in ("Load", "Network", "Disks", "Requests", "Memory of the models"):
        expect(page.get_by_role("figure", name=title, exact=True).locator("canvas")).to_be_visible()


def test_the_range_is_kept_and_a_pause_holds_the_figures(page: Page) -> None:
    with_gpus(page)
    page.goto("/ui/performance")
    expect(page.get_by_role("button", name="60 min")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="5 min", exact=True).click()
    page.reload()
    expect(page.get_by_role("button", name="5 min", exact=True)).to_have_attribute("aria-pressed", "true")
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    expect(page.get_by_role("button", name="Resume")).to_have_attribute("aria-pressed", "true")


def test_the_figures_follow_the_pointer(page: Page) -> None:
    with_gpus(page)
    page.goto("/ui/performance")
    busy = page.get_by_role("figure", name="GPU busy")
    expect(busy.get_by_role("columnheader", name="now")).to_be_visible(timeout=LIMIT)
    busy.locator(".u-over").hover(position={"x": 60, "y": 40})
    expect(busy.get_by_role("columnheader", name="now")).to_be_hidden()
    expect(page.get_by_role("figure", name="Power").get_by_role("columnheader", name="now")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_gpus_and_models_are_drawn_for_everybody_and_on_a_phone(open_page: OpenPage, scheme: str) -> None:
    page = open_page(PHONE, bypass_csp=True, color_scheme=scheme)
    with_gpus(page)
    page.goto("/ui/performance")
    for title in ("GPU busy", "GPU memory full", "Temperature", "Power", "GPU memory of the models", "Swap"):
        expect(page.get_by_role("figure", name=title, exact=True).locator("canvas")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_role("figure", name="Temperature of the memory")).to_have_count(0)
    poet = page.get_by_role("figure", name="GPU memory of the models").get_by_role("row", name="Poet")
    expect(poet).to_contain_text("24.7 GB")
    assert_fits(page)
    keep_pictures(page, "performance-gpus", scheme)
    assert_accessible(page)
    page.goto("/ui/hardware")
    expect(page.get_by_role("region", name="NVIDIA GeForce RTX 4090").first).to_contain_text(
        "7.9 GB free", timeout=LIMIT
    )
    assert_fits(page)
    keep_pictures(page, "hardware-gpus", scheme)
    assert_accessible(page)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto("/ui/")
    expect(page.get_by_role("list", name="Memory").get_by_text("Poet").first).to_be_visible(timeout=LIMIT)
    keep_pictures(page, "yard-gpus", scheme)
    assert_accessible(page)


def test_the_hardware_of_this_machine_is_told_and_copied(page: Page, daemon: Daemon) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/ui/hardware")
    cores = daemon.get("/api/hardware").json()["cpu"]["logical_thread_count"]
    expect(page.get_by_role("region", name="Processor")).to_contain_text(f"Threads {cores}", timeout=LIMIT)
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert f"{cores} threads" in page.evaluate("navigator.clipboard.readText()")


def test_a_server_that_does_not_measure_itself_says_so(browser: Browser, tmp_path: Path) -> None:
    with Daemon(tmp_path, f"performance: {{disabled: true}}\n{TWO_MODELS}") as daemon:
        context = browser.new_context(base_url=daemon.url, locale="en-GB")
        page = context.new_page()
        page.goto("/ui/performance")
        expect(page.get_by_text("This server does not measure itself")).to_be_visible(timeout=LIMIT)
        context.close()
