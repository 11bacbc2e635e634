"""Notes about values find their places by paths."""

from __future__ import annotations

import pytest

from modelyard.config.environment import Text
from modelyard.config.errors import ConfigError, Report
from modelyard.config.nodes import compose
from modelyard.config.notes import Notes, Path, dotted

TEXT = """\
models:
  a.b:
    aliases: [x, ~, y]
    ttl: ~
"""


def notes_of(text: str) -> tuple[Notes, Report]:
    """Notes about a text."""
    report = Report()
    root = compose(text, Text.of("f", text).place_of, report)
    assert root is not None
    return Notes(root, report), report


@pytest.mark.parametrize(
    ("path", "text"), [((), ""), (("a", "b", 0, "c", 1), "a.b[0].c[1]"), (("models", "x.y"), "models.x.y")]
)
def test_paths_are_shown_dotted(path: Path, text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("models", "a.b", "aliases"), 3, 14),
        (("models", "a.b", "aliases", 0), 3, 15),
        (("models", "a.b", "aliases", 1), 3, 21),  # nulls are dropped from lists
        (("models", "a.b", "aliases", 2), 3, 14),
        (("models", "a.b", "cmd", "deep"), 3, 5),
        (("nothing",), 1, 1),
        (("models", 0), 2, 3),
    ],
)
def test_the_place_of_a_path_or_of_the_nearest_that_is_there(path: Path, line: int, column: int) -> None:
    place = notes_of(TEXT)[0].place(path)
    assert (place.line, place.column) == (line, column)


def test_the_place_of_a_key() -> None:
    place = notes_of(TEXT)[0].key_place(("models", "a.b", "aliases"))
    assert (place.line, place.column) == (3, 5)


def test_null_is_what_is_written_so() -> None:
    notes, _ = notes_of(TEXT)
    assert notes.is_null(("models", "a.b", "ttl"))
    assert not notes.is_null(("models", "a.b", "aliases"))


def test_what_follows_from_a_mistake_is_not_noted() -> None:
    notes, report = notes_of(TEXT)
    notes.problem(("models", "a.b", "aliases", 0), "first")
    notes.problem(("models", "a.b", "aliases", 0), "second")
    notes.problem(("models", "a.b", "aliases", 0, "deeper"), "third")
    notes.problem_of_absence(("models", "a.b", "aliases"), "fourth", "")
    notes.problem(("models", "a.b", "aliases", 1), "fifth")
    notes.problem(("models", "a.b"), "sixth")
    with pytest.raises(ConfigError) as caught:
        report.raise_problems()
    assert [problem.message for problem in caught.value.problems] == ["sixth", "first", "fifth"]
