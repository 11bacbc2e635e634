"""Figures over HTTP, on a plane without processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse
from starlette.applications import Starlette
from starlette.routing import Route

from modelyard import __version__
from modelyard.app import monitoring as module
from modelyard.app.api.monitoring import MonitoringRoutes, parse_time
from modelyard.app.meters import UNKNOWN, Meters
from modelyard.app.monitoring import Monitoring
from modelyard.config.document import Performance
from modelyard.config.schema import Config, ModelConfig
from modelyard.runtime.gauges import monitor as gauges
from modelyard.runtime.gauges.nvidia_smi import parse_gpus
from modelyard.runtime.gauges.samples import ModelSample, ProcessMemory, SystemSample
from modelyard.runtime.gauges.system import SystemGauge
from modelyard.runtime.http.asgi import AsgiApp
from modelyard.wire.usage import NOT_REPORTED, Figures
from tests.app.test_meters import ended
from tests.runtime.gauges.machines import PaperMachine
from tests.runtime.gauges.test_nvidia import SMI
from tests.runtime.gauges.test_system import MEMINFO, NET, STAT
from tests.support.plane import Plane, eventually, in_plane

AT = datetime(2031, 2, 5, 9, 8, 7, 250_000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_samples_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stories bring the samples."""
    monkeypatch.setattr(gauges, "FIRST", 600.0)


Story = Callable[[Monitoring, httpx.AsyncClient], Awaitable[None]]


def machine(tmp_path: Path) -> PaperMachine:
    """A machine on paper, with GPUs."""
    files = {"/proc/stat": STAT, "/proc/meminfo": MEMINFO, "/proc/net/dev": NET, "/proc/loadavg": "0.46 0.3 0.25 1/2 3"}
    return PaperMachine(tmp_path, files)


def sample(tmp_path: Path, seconds: float = 0.0) -> SystemSample:
    """The machine at some moment."""
    return SystemGauge(machine(tmp_path)).sample(AT + timedelta(seconds=seconds))


def monitored(tmp_path: Path, story: Story, *, performance: Performance | None = None) -> None:
    """Run the story against the real routes on a real socket."""
    made: list[Monitoring] = []

    def make(plane: Plane) -> AsgiApp:
        figures = Monitoring(
            plane.engine,
            plane.world,
            list,
            tasks=plane.tasks,
            clock=plane.clock,
            log=plane.logs.daemon,
            machine=machine(tmp_path),
        )
        figures.start()
        figures.adopt()
        made.append(figures)
        routes = MonitoringRoutes(figures)
        return Starlette(
            routes=[
                Route("/metrics", routes.metrics),
                Route("/api/performance", routes.performance),
                Route("/api/hardware", routes.hardware),
                Route("/api/version", routes.version),
            ]
        )

    async def inside(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            await story(made[0], client)

    models = {"m": ModelConfig(id="m", cmd="x", proxy="http://unused")}
    config = Config(models=models, performance=performance or Performance(every=600))
    in_plane(inside, config=config, make_app=make)


def figures_of(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every figure by its name and labels, as Prometheus reads them."""
    figures = [figure for family in parse(text) for figure in family.samples]
    return {(figure.name, frozenset(figure.labels.items())): figure.value for figure in figures}


def test_version(tmp_path: Path) -> None:
    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/version")).json() == {
            "version": __version__,
            "commit": "unknown",
            "build_date": "unknown",
        }

    monitored(tmp_path, story)


def test_without_the_monitor_there_is_no_performance_and_there_are_no_metrics(tmp_path: Path) -> None:
    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/performance")
        assert (answer.status_code, answer.json()) == (503, {"enabled": False})
        answer = await client.get("/metrics")
        assert (answer.status_code, answer.text) == (503, "# performance monitor not available\n")

    monitored(tmp_path, story, performance=Performance(disabled=True))


def test_samples_are_told_from_the_oldest_on(tmp_path: Path) -> None:
    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        nothing = {"enabled": True, "sys_stats": None, "gpu_stats": None, "model_stats": None}
        assert (await client.get("/api/performance")).json() == nothing
        for at in (0.0, 5.0):
            monitoring.monitor.systems.append(sample(tmp_path, at))
        monitoring.monitor.gpus.append(parse_gpus(SMI, AT))
        held = ModelSample(timestamp=AT, model="m", resident=7, anonymous=5, gpu={"0": 3})
        monitoring.monitor.models.append([held])
        told = (await client.get("/api/performance")).json()
        assert [entry["timestamp"] for entry in told["sys_stats"]] == [
            "2031-02-05T09:08:07.250000Z",
            "2031-02-05T09:08:12.250000Z",
        ]
        assert told["sys_stats"][0]["net_io"] == [{"name": "eth0", "bytes_recv": 445173594, "bytes_sent": 1234}]
        assert set(told["gpu_stats"][0]) == {
            "timestamp", "id", "name", "uuid", "temp_c", "vram_temp_c", "gpu_util_pct", "mem_util_pct", "mem_used_mb",
            "mem_total_mb", "fan_speed_pct", "power_draw_w",
        }  # fmt: skip
        told_of_model = {"model": "m", "resident": 7, "anonymous": 5, "gpu": {"0": 3}}
        assert told["model_stats"] == [{"timestamp": "2031-02-05T09:08:07.250000Z", **told_of_model}]
        await _after(client)

    monitored(tmp_path, story)


async def _after(client: httpx.AsyncClient) -> None:
    """`after` is exclusive, and precise below a second."""
    for after, samples, gpus in (
        ("2031-02-05T09:08:07.25Z", 1, 0),
        ("2031-02-05T09:08:07.2499999Z", 2, 2),
        ("2031-02-05T10:08:07.25+01:00", 1, 0),
        ("2099-01-01T00:00:00Z", 0, 0),
    ):
        told = (await client.get("/api/performance", params={"after": after})).json()
        assert (len(told["sys_stats"]), len(told["gpu_stats"])) == (samples, gpus), after
        assert len(told["model_stats"]) == gpus // 2, after
    answer = await client.get("/api/performance?after=yesterday")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "invalid 'after' timestamp, use RFC3339 format"


@pytest.mark.parametrize(
    "text",
    ["", "2031-02-05", "2031-02-05T09:08:07", "2031-02-30T09:08:07Z", "2031-02-05T25:00:00Z", "20310205T090807Z"],
)
def test_other_texts_are_no_times(text: str) -> None:
    assert parse_time(text) is None


def test_hardware_is_told_as_it_was_at_the_start(tmp_path: Path) -> None:
    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        first = (await client.get("/api/hardware")).json()
        assert first["schema_version"] == 1
        assert first["capture"]["detector"] == {"name": "modelyard", "version": __version__}
        assert first["memory"] == {"capacity_bytes": 16384000 * 1024}
        assert (await client.get("/api/hardware")).json() == first

    monitored(tmp_path, story)


def test_hardware_that_can_not_be_told_in_time_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(work: object, *, name: str) -> Any:
        await asyncio.Event().wait()

    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/hardware")
        assert answer.status_code == 503
        assert answer.json()["error"]["message"] == "hardware detection unavailable"

    monkeypatch.setattr(module, "run_aside", hang)
    monkeypatch.setattr(module, "DETECTION_LIMIT", 0.01)
    monitored(tmp_path, story)


def test_metrics_have_the_names_that_dashboards_know(tmp_path: Path) -> None:
    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        answer = await client.get("/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "llamaswap_" not in answer.text
        monitoring.monitor.systems.append(sample(tmp_path))
        monitoring.monitor.gpus.append(parse_gpus(SMI, AT))
        text = (await client.get("/metrics")).text
        for line in (
            "# HELP llamaswap_load_average Load average",
            "# TYPE llamaswap_load_average gauge",
            'llamaswap_load_average{interval="1m"} 0.46',
            'llamaswap_cpu_util_percent{core="0"} 0.0',
            "llamaswap_memory_total_bytes 16777216000",
            "llamaswap_swap_used_bytes 524288000",
            "# TYPE llamaswap_network_bytes_total counter",
            'llamaswap_network_bytes_total{interface="eth0",direction="recv"} 445173594',
            'llamaswap_gpu_temperature_celsius{id="0",name="NVIDIA GeForce RTX 4090",uuid="GPU-aaaa"} 41',
            'llamaswap_gpu_power_draw_watts{id="0",name="NVIDIA GeForce RTX 4090",uuid="GPU-aaaa"} 88.52',
        ):
            assert f"{line}\n" in text
        assert {family.name for family in parse(text) if family.name.startswith("llamaswap_gpu")} == {
            f"llamaswap_gpu_{name}"
            for name in (
                "temperature_celsius", "vram_temperature_celsius", "util_percent", "memory_util_percent",
                "memory_used_bytes", "memory_total_bytes", "fan_speed_percent", "power_draw_watts",
            )
        }  # fmt: skip

    monitored(tmp_path, story)


def test_metrics_tell_of_each_model(tmp_path: Path) -> None:
    """R58: requests without tokens count, and what is not known adds nothing."""

    async def story(monitoring: Monitoring, client: httpx.AsyncClient) -> None:
        monitoring.meters.count([ended(ended_at=101.5, queued=40, figures=Figures(cached=NOT_REPORTED))])
        monitoring.monitor.memory = {
            "m": ProcessMemory(processes=2, resident=300, anonymous=100, proportional=200, gpu={"0": 7})
        }
        text = (await client.get("/metrics")).text
        figures = figures_of(text)

        def figure(name: str, **labels: str) -> float:
            return figures[name, frozenset({"model": "m", **labels}.items())]

        assert figure("modelyard_requests_total", outcome="ok") == 1
        assert figure("modelyard_tokens_total", kind="cached") == 0
        assert figure("modelyard_request_duration_seconds_sum") == 1.5
        assert figure("modelyard_request_queue_seconds_bucket", le="0.05") == 1
        assert figure("modelyard_requests_in_flight") == 0
        assert figure("modelyard_requests_waiting") == 0
        assert figure("modelyard_model_phase", phase="stopped") == 1
        assert figure("modelyard_model_phase", phase="ready") == 0
        assert figure("modelyard_model_memory_bytes", kind="resident") == 300
        assert figure("modelyard_model_memory_bytes", kind="proportional") == 200
        assert figure("modelyard_model_gpu_memory_bytes", gpu="0") == 7
        assert figures["modelyard_build_info", frozenset({("version", __version__)})] == 1

    monitored(tmp_path, story)


def test_requests_are_counted_with_the_record() -> None:
    """R58: those that are rejected too, and those that bring no tokens."""

    async def story(plane: Plane) -> None:
        plane.recorder.meters = meters = Meters(plane.clock, plane.world.config.models.__contains__)
        async with plane.client() as client:
            client.post()
            received = await plane.upstream.request()
            await received.answer_json('{"usage":{"prompt_tokens":7,"completion_tokens":3}}')
            await client.head()
        async with plane.client() as client:
            client.post(path="/v1/embeddings")
            await (await plane.upstream.request()).answer_json("{}")
            await client.head()
        async with plane.client() as client:
            client.post(b'{"model":"ghost"}')
            assert (await client.head()).startswith("HTTP/1.1 404")
        await eventually(lambda: sum(meter.requests.total() for _, meter in meters.counted()) == 3)
        assert meters.models["m"].requests == {"ok": 2}
        assert (meters.models["m"].tokens["input"], meters.models["m"].tokens["output"]) == (7, 3)
        assert meters.models[UNKNOWN].requests == {"rejected": 1}
        assert sum(meters.models["m"].first_byte.counts) == 2

    in_plane(story)
