"""The configuration and its edits, as `/api/config/…` tells of them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from modelyard.config.comparing import ValueChange
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


class FileShown(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the configuration. `version` is the text's; `why` says why it can't be written, where it can't."""

    name: str
    version: str
    why: str


class FilesShown(msgspec.Struct, frozen=True, kw_only=True):
    """The files of the configuration, in the order in which they are merged. `why` says why none may be edited."""

    editable: bool
    why: str
    files: tuple[FileShown, ...]


class FileText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a file."""

    name: str
    version: str
    text: str


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another text for a file. `version` is that of the text which it was made from; a trial may leave it out."""

    name: str
    text: str
    version: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a text would do if it were applied: what is wrong with it, or what it changes.

    Of very much only the first is told; `left_out` counts the mistakes and values that are not. `version` is that of
    the file as it is now.
    """

    ok: bool
    problems: tuple[ProblemShown, ...] = ()
    warnings: tuple[str, ...] = ()
    changes: Changes = Changes()
    values: tuple[ValueChange, ...] = ()
    left_out: int = 0
    version: str = ""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a text that was applied: `backup` is the file that keeps the one before, `status` what the reload
    came to."""

    version: str
    backup: str
    status: ConfigStatus


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
