"""Automatic ports: who gets which `${PORT}` (spec config 10, lifecycle at reloads)."""

from __future__ import annotations

from collections.abc import Iterable

from modelyard.config.schema import HeldPorts

LAST_PORT = 65535


def assign_ports(models: Iterable[str], start_port: int, held: HeldPorts) -> dict[str, int | None]:
    """A port for each model, in their order: the one that it holds, else the lowest that is free; None: none is left.

    On a fresh start ports simply count up from `start_port` in the order of the ids.
    """
    asking = list(models)
    kept = {model: held.by_model[model] for model in asking if model in held.by_model}
    busy = held.taken | set(kept.values())
    free = (port for port in range(start_port, LAST_PORT + 1) if port not in busy)
    return {model: kept[model] if model in kept else next(free, None) for model in asking}
