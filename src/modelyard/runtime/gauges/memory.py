"""How much memory the processes of each model hold.

All of /proc is looked through once, whatever the number of models: a process belongs to a child by the rules of
`platform.family`, whose reasons stand there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import ProcessMemory
from modelyard.runtime.gauges.system import parse_meminfo
from modelyard.runtime.platform.base import ProcessStat, child_needle
from modelyard.runtime.platform.here import system
from modelyard.runtime.tree import TreeRoot

GpuMemory = Mapping[int, Mapping[str, int]]
"""Bytes on GPUs by pid, then by the GPU's id."""


def measure(machine: Machine, roots: Iterable[TreeRoot], gpus: GpuMemory, *, walk: bool) -> dict[str, ProcessMemory]:
    """What each model holds now. `walk`: count shared pages in parts, too, which takes long for large processes.

    Blocks for milliseconds as a rule.
    """
    trees = members(machine, list(roots))
    return {model: _sum(machine, pids, gpus, walk=walk) for model, pids in trees.items()}


def members(machine: Machine, roots: list[TreeRoot]) -> dict[str, list[int]]:
    """The living processes of each model."""
    if not roots:
        return {}
    everyone = {stat.pid: stat for stat in system.all_processes()}
    owners = _owners(machine, roots, everyone)
    trees: dict[str, list[int]] = {root.model: [] for root in roots}
    for pid in everyone:
        model = _owner_by_descent(pid, everyone, owners)
        if model and everyone[pid].alive:
            trees[model].append(pid)
    return trees


def _owners(machine: Machine, roots: list[TreeRoot], everyone: Mapping[int, ProcessStat]) -> dict[int, str]:
    """Whose a process is by its session or its environment; "" is nobody's."""
    sessions = {root.leader.pid: root for root in roots}
    needles = {child_needle(root.cookie).rstrip(b"\0").decode(errors="surrogateescape"): root.model for root in roots}
    since = min(root.leader.start_time for root in roots)
    owners = {}
    for stat in everyone.values():
        if stat.start_time < since:
            continue
        root = sessions.get(stat.session)
        if root is not None and stat.start_time >= root.leader.start_time:
            owners[stat.pid] = root.model
        elif model := _by_environment(machine, stat.pid, needles):
            owners[stat.pid] = model
    return owners


def _by_environment(machine: Machine, pid: int, needles: Mapping[str, str]) -> str:
    try:
        entries = machine.path(f"/proc/{pid}/environ").read_bytes().decode(errors="surrogateescape").split("\0")
    except OSError:
        return ""  # gone, or another user's
    return next((needles[entry] for entry in entries if entry in needles), "")


def _owner_by_descent(pid: int, everyone: Mapping[int, ProcessStat], owners: dict[int, str]) -> str:
    """Whose the process is, or the nearest of those it descends from that is somebody's; noted for its like."""
    path = []
    at: int | None = pid
    while at is not None and at not in owners:
        path.append(at)
        stat = everyone.get(at)
        at = stat.parent if stat is not None and stat.parent not in path else None
    owner = owners[at] if at is not None else ""
    owners.update(dict.fromkeys(path, owner))
    return owner


def _sum(machine: Machine, pids: list[int], gpus: GpuMemory, *, walk: bool) -> ProcessMemory:
    resident = anonymous = proportional = 0
    held: dict[str, int] = {}
    for pid in pids:
        facts = parse_meminfo(machine.text(f"/proc/{pid}/status"))
        resident += facts.get("VmRSS", 0)
        anonymous += facts.get("RssAnon", 0) + facts.get("RssShmem", 0)
        if walk:
            proportional += parse_meminfo(machine.text(f"/proc/{pid}/smaps_rollup")).get("Pss", 0)
        for gpu, size in gpus.get(pid, {}).items():
            held[gpu] = held.get(gpu, 0) + size
    return ProcessMemory(
        processes=len(pids),
        resident=resident,
        anonymous=anonymous,
        proportional=proportional if walk else None,
        gpu=held,
    )
