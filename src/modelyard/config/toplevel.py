"""The plain keys of the top level: defaults, bounds, checks (spec config 12)."""

from __future__ import annotations

from collections.abc import Iterable

import re2
from msgspec import structs

from modelyard.config.apikeys import check_keys
from modelyard.config.document import Document, Ui
from modelyard.config.notes import Notes
from modelyard.config.schema import DEFAULT_IGNORE_PATHS
from modelyard.config.storepath import why_not_a_store

SHORTEST_HEALTH_CHECK_TIMEOUT = 15
SHORTEST_PERFORMANCE_INTERVAL = 5.0
_LOG_LEVELS = ("debug", "info", "warn", "error")
_LOG_TARGETS = ("proxy", "upstream", "both", "none")
_LOG_TIME_FORMATS = (
    "ansic",
    "unixdate",
    "rubydate",
    "rfc822",
    "rfc822z",
    "rfc850",
    "rfc1123",
    "rfc1123z",
    "rfc3339",
    "rfc3339nano",
    "kitchen",
    "stamp",
    "stampmilli",
    "stampmicro",
    "stampnano",
)


def settled(document: Document, notes: Notes) -> Document:
    """The document with the defaults and bounds of its plain keys applied; mistakes in them are noted."""
    _check_logging(document, notes)
    check_keys(document.api_keys, notes)
    if document.store is not None and (refusal := why_not_a_store(document.store.path)) is not None:
        notes.problem(("store", "path"), *refusal)
    return structs.replace(
        document,
        health_check_timeout=_health_check_timeout(document, notes),
        unload_timeout=document.unload_timeout or Document().unload_timeout,
        performance=structs.replace(document.performance, every=_interval(document, notes)),
        ui=_ui(document.ui),
        upstream=structs.replace(document.upstream, ignore_paths=_patterns(document, notes)),
    )


def _health_check_timeout(document: Document, notes: Notes) -> int:
    seconds = document.health_check_timeout
    if seconds < SHORTEST_HEALTH_CHECK_TIMEOUT:
        notes.warning(("healthCheckTimeout",), f"raised to {SHORTEST_HEALTH_CHECK_TIMEOUT}, the least there is")
    return max(seconds, SHORTEST_HEALTH_CHECK_TIMEOUT)


def _interval(document: Document, notes: Notes) -> float:
    """Zero means the default; anything else that is too short is refused, also when nothing is measured."""
    seconds = document.performance.every
    if not seconds:
        return SHORTEST_PERFORMANCE_INTERVAL
    if seconds < SHORTEST_PERFORMANCE_INTERVAL:
        notes.problem(("performance", "every"), f"must be at least 5s, found {seconds:g}s", "write every: 5s")
    return seconds


def _check_logging(document: Document, notes: Notes) -> None:
    level = document.log_level
    if level.strip().lower() not in _LOG_LEVELS:
        notes.warning(("logLevel",), f'"{level}" means info', f"write one of {', '.join(_LOG_LEVELS)}")
    time_format = document.log_time_format.strip().lower()
    if time_format and time_format not in _LOG_TIME_FORMATS:
        remedy = notes.did_you_mean(time_format, _LOG_TIME_FORMATS) or "write rfc3339, for example"
        notes.warning(("logTimeFormat",), f'"{document.log_time_format}" is no format: no time is shown', remedy)
    if document.log_to_stdout not in _LOG_TARGETS:
        message = f'"{document.log_to_stdout}" is none of {", ".join(_LOG_TARGETS)}'
        notes.problem(("logToStdout",), message, notes.did_you_mean(document.log_to_stdout, _LOG_TARGETS))


def _headers(names: Iterable[str]) -> tuple[str, ...]:
    """Trimmed, without blanks, each once whatever its case."""
    found: dict[str, str] = {}
    for name in names:
        if name.strip():
            found.setdefault(name.strip().lower(), name.strip())
    return tuple(found.values())


def _patterns(document: Document, notes: Notes) -> tuple[str, ...]:
    options = re2.Options()
    options.log_errors = False  # RE2 would write its own line to stderr
    patterns = document.upstream.ignore_paths
    for index, pattern in enumerate(patterns):
        try:
            re2.compile(pattern, options)
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace")
            remedy = "RE2 has no look-around and no back-references"
            notes.problem(("upstream", "ignorePaths", index), f"not an RE2 pattern: {reason}", remedy)
    return patterns or DEFAULT_IGNORE_PATHS


def _ui(ui: Ui) -> Ui:
    return structs.replace(ui, activity=structs.replace(ui.activity, session_id=_headers(ui.activity.session_id)))
