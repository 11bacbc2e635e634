"""Which configuration serves, and what became of the last attempt to replace it, as `/api/config/status` tells it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from modelyard.config.diff import Changes
from modelyard.config.errors import Problem


class ProblemShown(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake of a configuration, as the API shows it. Lines and columns begin at 1; 0 is unknown."""

    file: str
    line: int
    column: int
    path: str
    message: str
    remedy: str


class ConfigStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which configuration serves, and what became of the last attempt to replace it. Times are RFC 3339."""

    sources: tuple[str, ...]
    loaded_at: str
    """When the configuration that serves was put to use."""
    reloads: int = 0
    """How many times it was replaced since the start."""
    reloading: bool = False
    checked_at: str
    """When the sources were last read."""
    error: str | None = None
    """Why what was read last is not in use; null where it is. Of very many mistakes only the first are told."""
    problems: tuple[ProblemShown, ...] = ()
    warnings: tuple[str, ...] = ()
    """Of the configuration that serves."""
    changes: Changes = Changes()
    """What the last reload changed."""


def problems_shown(problems: Iterable[Problem]) -> tuple[ProblemShown, ...]:
    """Mistakes as the API shows them."""
    return tuple(
        ProblemShown(
            file=problem.file,
            line=problem.line,
            column=problem.column,
            path=problem.path,
            message=problem.message,
            remedy=problem.remedy,
        )
        for problem in problems
    )
