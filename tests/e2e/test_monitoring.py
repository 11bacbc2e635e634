"""Figures of a real daemon with real children."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

CONFIG = f"""
logFormat: json
hooks: {{on_startup: {{preload: [a]}}}}
models:
  a: {{cmd: '{demo_engine()}'}}
  b: {{cmd: '{demo_engine()}'}}
"""


def figure(daemon: Daemon, name: str, **labels: str) -> float | None:
    """One figure of /metrics; None where it is not told."""
    figures = [one for family in parse(daemon.get("/metrics").text) for one in family.samples]
    return next((one.value for one in figures if one.name == name and labels.items() <= one.labels.items()), None)


class Reporting(Daemon):
    """A daemon whose lines are objects."""

    @property
    def url(self) -> str:
        return self.wait_for_line(r"modelyard listening on ([^\s\"]+)")[1]


def test_what_models_hold_and_what_became_of_them(tmp_path: Path) -> None:
    with Reporting(tmp_path, CONFIG) as daemon:
        wait_until(lambda: figure(daemon, "modelyard_model_phase", model="a", phase="ready") == 1)
        assert daemon.chat("b").status_code == 200
        wait_until(lambda: figure(daemon, "modelyard_requests_total", model="b", outcome="ok") == 1)
        assert figure(daemon, "modelyard_evictions_total", model="a", **{"for": "b"}) == 1
        assert figure(daemon, "modelyard_model_wasted_loads_total", model="b") == 0
        assert (figure(daemon, "modelyard_model_load_seconds_sum", model="b") or 0) > 0
        assert (figure(daemon, "modelyard_request_load_wait_seconds_sum", model="b") or 0) > 0
        wait_until(lambda: (figure(daemon, "modelyard_model_memory_bytes", model="b", kind="anonymous") or 0) > 1 << 20)
        assert figure(daemon, "modelyard_model_processes", model="b") == 1
        wait_until(lambda: figure(daemon, "llamaswap_memory_total_bytes"))
        assert daemon.get("/api/hardware").json()["memory"]["capacity_bytes"] > 1 << 20


def test_performance_follows_a_reload(tmp_path: Path) -> None:
    with Reporting(tmp_path, CONFIG) as daemon:
        assert daemon.get("/api/performance").json()["enabled"]
        config = tmp_path / "config.yaml"
        config.write_text(f"{config.read_text()}performance: {{disabled: true}}\n")
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: httpx.get(f"{daemon.url}/metrics").status_code == 503)
        assert httpx.get(f"{daemon.url}/api/performance").json() == {"enabled": False}


def test_every_line_of_ours_is_an_object(tmp_path: Path) -> None:
    with Reporting(tmp_path, CONFIG) as daemon:
        answer = httpx.get(f"{daemon.url}/running", headers={"X-Request-Id": "here-1"})
        assert answer.headers["x-request-id"] == "here-1"
        wait_until(lambda: daemon.count("here-1"))
        for line in daemon.get("/logs").text.splitlines():
            assert {"time", "level", "message"} <= json.loads(line).keys()
