"""A configuration and its traffic, as the simulation takes them."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.app.world import World
from modelyard.config.schema import Config
from modelyard.simulate.clients import Client, Crowd
from modelyard.simulate.room import Setting
from modelyard.simulate.trace import Line, asks_of
from modelyard.simulate.workload import Workload


def make_setting(config: Config, workload: Workload, trace: Sequence[Line], seed: int | None) -> Setting:
    """What the daemon would tell its scheduler, and the traffic."""
    chosen = workload.seed if seed is None else seed

    def clients() -> list[Client]:
        recorded: list[Client] = [Crowd(asks_of(trace, workload.machine, chosen))] if trace else []
        return [*recorded, *workload.clients(chosen)]

    return Setting(
        specs=World(config).specs(),
        machine=workload.machine,
        clients=clients,
        seed=chosen,
    )


def names_of(config: Config) -> dict[str, str]:
    """Every name that a request may use, with the id that it means (spec config 14)."""
    return {**{model: model for model in config.models}, **_aliases(config)}


def _aliases(config: Config) -> dict[str, str]:
    return {alias: model for alias, model in config.aliases.items() if alias not in config.models}
