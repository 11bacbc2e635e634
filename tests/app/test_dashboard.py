"""The dashboard in contrib asks for nothing that /metrics does not tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from modelyard.app.meters import Meters
from modelyard.app.metrics import machine_families, model_families
from modelyard.core.commands import StartChild, StopChild
from modelyard.core.events import ChildExited, ChildReady
from modelyard.core.model import ChildId
from modelyard.core.reasons import evicted_for
from modelyard.core.scheduler import Scheduler
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.gauges.monitor import Monitor
from modelyard.runtime.gauges.nvidia_smi import parse_gpus
from modelyard.runtime.gauges.samples import DiskCounters, NetworkCounters, ProcessMemory, SystemSample
from modelyard.runtime.logs import LogHub
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.exposition import write
from modelyard.wire.usage import Figures
from tests.app.test_meters import ended, serving, specs
from tests.runtime.gauges.machines import PaperMachine
from tests.runtime.gauges.test_nvidia import SMI

DASHBOARD = Path(__file__).parents[2] / "contrib" / "grafana.json"
AT = datetime(2031, 2, 5, tzinfo=UTC)
ADDED = {"instance", "job"}
"""Labels that Prometheus adds by itself."""

Names = dict[str, set[str]]
"""Names of figures, with the labels that they have."""

_FIGURE = re.compile(r"\b((?:llamaswap|modelyard)_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!=|!~|=)")


@pytest.fixture(scope="module")
def told() -> Names:
    """What /metrics tells where everything has happened that can happen."""
    scheduler = Scheduler()
    scheduler.handle(specs("m", "n"), 0.0)
    text = write([*machine_families(_monitor()), *model_families(_meters(), scheduler.snapshot(), _monitor())])
    names: Names = {}
    for family in parse(text.decode()):
        for figure in family.samples:
            names.setdefault(figure.name, set()).update(figure.labels)
    return names


def _meters() -> Meters:
    meters = Meters(SystemClock(), lambda model: True)
    child, used = ChildId("m", 1), serving()
    for news in (
        StartChild(child, ""),
        ChildReady(child),
        StopChild(child, 1.0, evicted_for("n")),
        ChildExited(child),
    ):
        meters.child_moved(news, used)
    meters.count([ended(figures=Figures(input=1))])
    return meters


def _monitor() -> Monitor:
    tasks = TaskOwner(lambda name, error: None)
    log = LogHub(to_stdout="none").daemon
    monitor = Monitor(list, tasks=tasks, clock=SystemClock(), log=log, machine=PaperMachine(Path("/nowhere")))
    networks, disks = (NetworkCounters("eth0", 1, 1),), (DiskCounters("sda", 1, 1),)
    monitor.systems.append(
        SystemSample(
            timestamp=AT, cpu_util_per_core=(1.0,), mem_total_mb=2, mem_used_mb=1, mem_free_mb=1, net_io=networks,
            disk_io=disks,
        )
    )  # fmt: skip
    monitor.gpus.append(parse_gpus(SMI, AT))
    monitor.memory = {"m": ProcessMemory(processes=1, resident=1, anonymous=1, proportional=1, gpu={"0": 1})}
    return monitor


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return read


def targets() -> Iterator[tuple[str, str, str]]:
    """Every query with the title of its panel and the words of its legend."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], target["legendFormat"]


def labels_of(query: str) -> set[str]:
    """The labels that a query groups by."""
    return {label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}


@pytest.mark.parametrize(("title", "query", "legend"), list(targets()), ids=lambda value: str(value)[:40])
def test_a_query_asks_for_what_is_told(told: Names, title: str, query: str, legend: str) -> None:
    figures = _FIGURE.findall(query)
    assert figures, f"{title} asks for nothing of ours"
    for name, matchers in figures:
        assert name in told, f"{title}: there is no {name}"
        known = told[name] | ADDED
        assert set(_MATCHER.findall(matchers)) <= known, f"{title}: {name} has no such label"
        assert labels_of(query) <= known, f"{title}: {name} can't be grouped so"
        shown = set(re.findall(r"\{\{(\w+)\}\}", legend))
        assert shown <= (labels_of(query) or known), f"{title}: its legend shows what is not there"


def test_the_variables_are_filled_from_what_is_told(told: Names) -> None:
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            ((name, label),) = re.findall(r"label_values\((\w+), (\w+)\)", variable["definition"])
            assert label in told[name] | ADDED


def test_nothing_that_is_told_is_missing(told: Names) -> None:
    """But what others may look up: few want these on a page."""
    asked = {name for _, query, _ in targets() for name, _ in _FIGURE.findall(query)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told}
    assert families - {re.sub(r"_bucket$", "", name) for name in asked} == {
        "llamaswap_memory_free_bytes",
        "llamaswap_swap_total_bytes",
        "llamaswap_gpu_memory_util_percent",
        "llamaswap_gpu_fan_speed_percent",
        "modelyard_model_processes",
    }


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
