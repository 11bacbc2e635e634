"""Mutation testing of the core: `scripts/mutate`, or `scripts/mutate dispatch residency` for some of its modules."""

from __future__ import annotations

import argparse
import sys

import pytest

from tests.mutation.session import Session, Verdict

MODULES = (
    "scheduler",
    "dispatch",
    "residency",
    "waiting",
    "lifecycle",
    "disciplines",
    "planners.base",
    "planners.groups",
    "planners.matrix",
    "planners.checked",
    "economics",
    "estimates",
    "forecast",
    "shares",
    "obstacles",
    "brake",
    "idle",
    "admission",
    "model",
    "together",
)
TESTS = ("tests/core", "--ignore=tests/core/dsl", "--ignore=tests/core/test_simulation.py")
SLOW = (
    "tests/core/test_state_machine.py",
    "tests/core/test_limits.py::test_tens_of_thousands_may_wait",
    "tests/core/test_explain.py::test_what_it_says_is_what_then_happens",
    "tests/core/test_lifecycle.py::test_the_page_is_drawn_from_the_table",
    "tests/core/planners/test_groups.py::test_the_page_is_drawn_from_the_tables",
)
"""Each of these takes longer than all others together, or starts a program that would not see the change."""


def main() -> int:
    """Say how many mutants were killed, and which were not (on the standard error); 2 where a test fails by itself."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="modules of modelyard.core; all by default")
    parser.add_argument("--processes", type=int, default=1, help="how many mutants to judge at a time (1)")
    options = parser.parse_args()
    session = Session([f"modelyard.core.{name}" for name in options.modules or MODULES], options.processes, _show)
    quiet = ("-q", "--no-header", "--no-summary", "-o", "addopts=", "-o", "timeout=0")
    pytest.main([*TESTS, *(f"--deselect={slow}" for slow in SLOW), *quiet], plugins=[session])
    if session.failed or not session.verdicts:
        print("These fail without any change:", *session.failed, sep="\n  ", file=sys.stderr)
        return 2
    print(f"{session.tests} tests take {session.seconds:.1f} s")
    killed = sum(verdict.killed for verdict in session.verdicts)
    mutants = sum(verdict.mutants for verdict in session.verdicts)
    print(f"{killed} of {mutants} mutants were killed ({killed / max(1, mutants):.1%})")
    return 0


def _show(verdict: Verdict) -> None:
    """While pytest holds the standard streams: on the real one."""
    share = verdict.killed / verdict.mutants if verdict.mutants else 1.0
    lines = [f"{verdict.module}: {verdict.killed} of {verdict.mutants} ({share:.0%})"]
    lines += [f"    {one}{'   (no test runs it)' if one in verdict.unseen else ''}" for one in verdict.survivors]
    print(*lines, sep="\n", file=sys.__stderr__, flush=True)


if __name__ == "__main__":
    sys.exit(main())
