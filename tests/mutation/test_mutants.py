"""The maker of mutants: changes what it says it changes, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from types import ModuleType

import pytest

from tests.mutation.mutants import Mutant, mutants_of


def changes(source: str) -> list[str]:
    return [f"{mutant.before} → {mutant.after}" for mutant in mutants_of(source)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("return a < b", {"a < b → a <= b", "return a < b → return None"}),
        ("return a and b", {"a and b → a or b", "return a and b → return None"}),
        ("return not a", {"not a → a", "return not a → return None"}),
        ("if a: b()", {"if a:\n    b() → if not a:\n    b()", "b() → pass"}),
        ("a = min(b, 3)", {"min(b, 3) → max(b, 3)", "3 → 4", "a = min(b, 3) → a = None"}),
        ("a += 2", {"a += 2 → a -= 2", "a += 2 → a = 2", "2 → 3"}),
        ("return True", {"True → False"}),
        ("return 'x'", {"'x' → 'XXx'"}),
        ("while a < b: break", {"a < b → a <= b", "break → continue"}),
        (
            "return [x for x in a if x]",
            {"for x in a if x →  for x in a if not x", "return [x for x in a if x] → return None"},
        ),
        ("assert a < b", set()),
        ("a: int", set()),
        ("'words'", set()),
    ],
)
def test_what_can_be_changed(statement: str, expected: set[str]) -> None:
    found = changes(f"def f(a, b):\n  {statement}\n")
    assert {change.strip() for change in found} == {change.strip() for change in expected}


def test_what_is_left_alone() -> None:
    assert not changes('"""Words."""\nclass A:\n  limit: int = 3\n  def __repr__(self):\n    return "a"\n')
    assert not changes('def f(a: int = 3) -> None:\n  """Words."""\n')


@pytest.fixture
def module() -> ModuleType:
    """A module that is loaded from a text."""
    made = ModuleType("made")
    made.__file__ = "made.py"
    made.__dict__["SOURCE"] = (
        "LIMIT = 3\nclass A:\n  @property\n  def low(self):\n    return LIMIT < 3\ndef f(a):\n  return a + 1\n"
    )
    exec(made.__dict__["SOURCE"], made.__dict__)
    return made


def mutant(module: ModuleType, before: str) -> Mutant:
    return next(one for one in mutants_of(module.__dict__["SOURCE"]) if one.before == before)


def test_a_mutant_changes_functions_that_others_hold(module: ModuleType) -> None:
    held = module.__dict__["f"]
    mutant(module, "a + 1").apply(module)
    assert held(3) == 2


def test_properties_and_names_of_a_module_are_changed_too(module: ModuleType) -> None:
    a = module.__dict__["A"]()
    assert not a.low
    mutant(module, "LIMIT < 3").apply(module)
    assert a.low
    mutant(module, "3").apply(module)
    assert not a.low
    assert module.__dict__["LIMIT"] == 4


def test_the_program_tells_who_was_killed() -> None:
    program = [sys.executable, "-m", "tests.mutation", "brake"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told = re.search(r"(\d+) of (\d+) mutants were killed", ran.stdout)
    assert told, ran.stdout
    killed, mutants = map(int, told.groups())
    assert 0.9 * mutants <= killed <= mutants
