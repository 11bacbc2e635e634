"""The workload file: who asks for what and when, and how slow the machine is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import yaml
from msgspec import Struct, field, structs

from modelyard.simulate.clients import Client
from modelyard.simulate.errors import MOST_REQUESTS, WorkloadError, did_you_mean
from modelyard.simulate.machine import Machine, ModelMachine
from modelyard.simulate.streams import NAMING, AnyStream, Positive, Stage, Zipf

_DEFAULT_DURATION = 600.0


class Workload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workload. All but `requests` has defaults, and a recorded trace may stand in for those."""

    seed: int = 1
    duration: Positive = _DEFAULT_DURATION
    """Nothing is asked for after so many seconds."""
    machine: Machine = field(default_factory=Machine)
    requests: tuple[AnyStream, ...] = ()

    def clients(self, seed: int) -> list[Client]:
        """All who ask, at their beginning."""
        stage = Stage(machine=self.machine, end=self.duration, seed=seed)
        return [
            client
            for number, stream in enumerate(self.requests, start=1)
            for client in stream.clients(stage, f"{type(stream).__struct_config__.tag}-{number}")
        ]


def default_workload(models: Sequence[str]) -> Workload:
    """Ten minutes in which twenty requests a minute go to all models, the first of them the most popular."""
    return Workload(requests=(Zipf(per_minute=20.0, models=tuple(models), callers=4),))


def parse_workload(text: str, file: str, names: Mapping[str, str]) -> Workload:
    """Read a workload. `names` are all names of models with the ids that they mean, ids included.

    Raises `WorkloadError` with the path of the mistake.
    """
    try:
        tree = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise WorkloadError(f"{file}{_place(error)}: {_problem(error)}") from error
    try:
        return _checked(_decode(tree), names)
    except WorkloadError as error:
        raise WorkloadError(f"{file}: {error}") from error


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f":{mark.line + 1}:{mark.column + 1}"


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or str(error)


def _decode(tree: Any) -> Workload:
    machine = tree.get("machine") if isinstance(tree, dict) else None
    models = machine.pop("models", None) if isinstance(machine, dict) else None
    workload: Workload = _convert({} if tree is None else tree, Workload, "")
    # One by one: the library's messages don't say under which key of a mapping a mistake is.
    entries = {
        name: _convert(entry, ModelMachine, f"machine.models.{name}")
        for name, entry in _convert(models or {}, dict[str, Any], "machine.models").items()
    }
    return structs.replace(workload, machine=structs.replace(workload.machine, models=entries))


def _convert(tree: Any, wanted: Any, path: str) -> Any:
    try:
        return msgspec.convert(tree, wanted)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        full = f"{path}{place.rstrip('`')}".lstrip(".")
        raise WorkloadError(f"{full}: {message}" if full else message) from error


def _checked(workload: Workload, names: Mapping[str, str]) -> Workload:
    """The same with ids in place of aliases. Raises `WorkloadError` where a name means no model."""
    models = {_id_of(name, f"machine.models.{name}", names): entry for name, entry in workload.machine.models.items()}
    requests = tuple(_resolved(stream, f"requests[{index}]", names) for index, stream in enumerate(workload.requests))
    _check_volume(requests, workload.duration)
    return structs.replace(workload, machine=structs.replace(workload.machine, models=models), requests=requests)


def _resolved(stream: AnyStream, path: str, names: Mapping[str, str]) -> AnyStream:
    changes: dict[str, str | tuple[str, ...]] = {}
    for key in NAMING:
        written = getattr(stream, key, None)
        if isinstance(written, str):
            changes[key] = _id_of(written, f"{path}.{key}", names)
        elif written is not None:
            changes[key] = tuple(_id_of(name, f"{path}.{key}[{index}]", names) for index, name in enumerate(written))
    if isinstance(stream, Zipf) and not stream.models:
        changes["models"] = tuple(dict.fromkeys(names.values()))
    return structs.replace(stream, **changes)


def _id_of(name: str, path: str, names: Mapping[str, str]) -> str:
    if name not in names:
        raise WorkloadError(f'{path}: the configuration has no model "{name}"{did_you_mean(name, names)}')
    return names[name]


def _check_volume(requests: Sequence[AnyStream], duration: float) -> None:
    for index, stream in enumerate(requests):
        expected = stream.expected(duration)
        if expected > MOST_REQUESTS:
            raise WorkloadError(
                f"requests[{index}]: some {expected:,.0f} requests, more than {MOST_REQUESTS:,}; "
                "make the rate or the duration smaller"
            )
