"""A recorded trace: JSON lines, one request each, in any order.

    {"at": 0.0, "model": "qwen", "caller": "key-1", "service": 3.2}

`at` is seconds from any moment (the first request of the trace is taken for the start), `caller` whoever is told
from others for fairness, `service` the seconds from the moment at which the request was forwarded to the end of its
answer (the machine model draws one where it is missing), `patience` the seconds after which a client that was not
served left. Other keys are for other readers and are ignored, and so are empty lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import msgspec
from msgspec import Struct

from modelyard.simulate.chance import Chance
from modelyard.simulate.clients import Ask
from modelyard.simulate.errors import WorkloadError, did_you_mean
from modelyard.simulate.machine import Machine
from modelyard.simulate.times import Seconds, draw

DEFAULT_CALLER = "trace"


class Line(Struct, frozen=True):
    """One request as it is written."""

    at: float
    model: str
    caller: str = DEFAULT_CALLER
    service: Seconds | None = None
    patience: Seconds | None = None


def parse_trace(text: str, file: str, names: Mapping[str, str]) -> list[Line]:
    """Read a trace, sorted by time and starting at 0, with ids in place of aliases.

    Raises `WorkloadError` with the number of the first line that can't be used.
    """
    decoder = msgspec.json.Decoder(Line)
    lines: list[Line] = []
    for number, written in enumerate(text.splitlines(), start=1):
        if not written.strip():
            continue
        try:
            line = decoder.decode(written)
        except msgspec.DecodeError as error:
            raise WorkloadError(f"{file}:{number}: {error}") from error
        if not isfinite(line.at):
            raise WorkloadError(f"{file}:{number}: `at` is too large")
        if line.model not in names:
            remedy = did_you_mean(line.model, names)
            raise WorkloadError(f'{file}:{number}: the configuration has no model "{line.model}"{remedy}')
        lines.append(msgspec.structs.replace(line, model=names[line.model]))
    if not lines:
        raise WorkloadError(f"{file}: no request in it")
    lines.sort(key=lambda line: line.at)
    return [msgspec.structs.replace(line, at=line.at - lines[0].at) for line in lines]


def asks_of(lines: Sequence[Line], machine: Machine, seed: int) -> list[Ask]:
    """The requests, with the times drawn that the trace does not know."""
    return [
        Ask(
            at=line.at,
            model=line.model,
            caller=line.caller,
            service=_service(line, number, machine, seed),
            patience=line.patience,
        )
        for number, line in enumerate(lines)
    ]


def _service(line: Line, number: int, machine: Machine, seed: int) -> float:
    if line.service is not None:
        return line.service
    return draw(machine.service_of(line.model), Chance(seed, "service", "trace", number))
