"""Figures as a table for a terminal or a page."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.simulate.figures import Figures

HEAD = (
    "policy",
    "requests",
    "swaps",
    "wasted",
    "loading",
    "p50 wait",
    "p95 wait",
    "max wait",
    "total wait",
    "/ optimum",
    "makespan",
    "fairness",
    "law allows",
)


def render(figures: Sequence[Figures]) -> str:
    """The table, with a line for each policy, and what must be known to read it."""
    rows = [HEAD, *(_row(one) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join([*lines, *_notes(figures)])


def duration(seconds: float) -> str:
    """Seconds as people read them: 0.3 s, 12 s, 4 min 5 s, 2 h 3 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _row(one: Figures) -> tuple[str, ...]:
    return (
        one.policy,
        str(one.requests),
        str(one.swaps),
        str(one.wasted_loads),
        duration(one.loading_time),
        duration(one.p50_wait),
        duration(one.p95_wait),
        duration(one.max_wait),
        duration(one.total_wait),
        _distance(one),
        duration(one.makespan),
        f"{one.fairness:.2f}",
        _bound(one),
    )


def _distance(one: Figures) -> str:
    """How many times the least total waiting that was possible this is."""
    if one.optimum is None:
        return ""
    sign = "" if one.optimum.exact else "≤ "
    if one.optimum.total_wait:
        return f"{sign}{one.total_wait / one.optimum.total_wait:.2f}"
    return "1.00" if not one.total_wait else "–"


def _bound(one: Figures) -> str:
    wait = one.longest_wait
    if wait.bound is None:
        return "–"
    return f"{duration(wait.bound)}, {'held' if wait.held else 'BROKEN'}"


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    last = len(row) - 1
    return [
        text.ljust(width) if column in (0, last) else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]


def _notes(figures: Sequence[Figures]) -> list[str]:
    notes = []
    for one in figures:
        refused = [f"{count} {what}" for what, count in (("rejected", one.rejected), ("left", one.left)) if count]
        if refused:
            notes.append(f"{one.policy}: {' and '.join(refused)}; waits are those of the {one.served} served")
        if one.peak_memory:
            notes.append(f"{one.policy}: at most {one.peak_memory:g} GB were occupied")
        if one.longest_wait.reason:
            notes.append(f"{one.policy}: no longest wait is promised, because {one.longest_wait.reason}")
    if any(one.optimum is not None and not one.optimum.exact for one in figures):
        notes.append("≤: the trace is too long to be searched; the optimum is at least what it is compared with")
    return ["", *notes] if notes else []
