"""How mistakes are shown."""

from __future__ import annotations

import pytest

from modelyard.config.errors import ConfigError, Place, Problem, Report
from modelyard.config.sources import Source, parse_config
from tests.config.helpers import the_problem


def test_a_problem_reads_like_a_compilers() -> None:
    problem = the_problem('models:\n  alpha:\n    cmd: run ${PORT}\n    ttl: "abc"\n')
    assert (problem.file, problem.line, problem.column, problem.path) == ("models.yaml", 4, 10, "models.alpha.ttl")
    assert problem.message == 'expected an integer number of seconds, found the string "abc"'
    assert problem.remedy == "write ttl: 300"


def test_rendered_problems_have_a_caret_under_their_place() -> None:
    error = ConfigError(
        [
            Problem(
                place=Place("a.yaml", 2, 4),
                path="x.y",
                message="is wrong",
                remedy="right it",
                source_line="\ty: z",
            ),
            Problem(place=Place("a.yaml"), path="", message="is odd"),
        ]
    )
    assert str(error) == "a.yaml:2:4: x.y: is wrong (right it)\na.yaml: is odd"
    assert error.render(color=False) == (
        "a.yaml:2:4: x.y: is wrong (right it)\n  \ty: z\n  \t  ^\na.yaml: is odd\n2 problems"
    )


@pytest.mark.parametrize(
    ("column", "shown", "caret"),
    [(1, "x" * 100, 0), (500, "…" + "x" * 99 + "!" + "x" * 100, 101), (1000, "…" + "x" * 101, 101)],
)
def test_of_a_line_as_long_as_a_book_only_the_place_is_shown(column: int, shown: str, caret: int) -> None:
    line = "x" * 498 + "!" + "x" * 501
    problem = Problem(place=Place("a", 1, column), path="", message="m", source_line=line)
    _, excerpt, pointer = problem.render(color=False).split("\n")
    assert (excerpt, pointer.index("^")) == (f"  {shown}", caret + 2)


def test_colors_change_nothing_but_the_colors() -> None:
    error = ConfigError([Problem(place=Place("a", 1, 1), path="", message="m", source_line="line")])
    colored = error.render(color=True)
    assert "\x1b[31m" in colored
    for code in ("\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m"):
        colored = colored.replace(code, "")
    assert colored == error.render(color=False)


def test_a_report_without_problems_raises_nothing() -> None:
    report = Report()
    report.warning(Place("a", 2, 1), "p", "second")
    report.warning(Place("a", 1, 1), "p", "first")
    report.raise_problems()
    assert report.warnings() == ("a:1:1: p: first", "a:2:1: p: second")


def test_problems_come_with_the_warnings_that_may_explain_them() -> None:
    """A misspelled `cmd` is a warning; that the command lacks its port, as none was read, is the problem."""
    with pytest.raises(ConfigError) as caught:
        parse_config([Source("m.yaml", "models:\n  a:\n    cmdd: run\n")], {})
    shown = caught.value.render(color=False)
    assert 'warning: m.yaml:3:5: models.a.cmdd: unknown key, ignored (did you mean "cmd"?)\n' in shown
    assert shown.endswith("\n1 problem")


def test_a_report_notes_the_same_thing_once() -> None:
    report = Report()
    for _ in range(2):
        report.problem(Place("a", 1, 1), "p", "m")
    with pytest.raises(ConfigError) as caught:
        report.raise_problems()
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("name", "remedy"), [("alhpa", 'did you mean "alpha"?'), ("zzz", ""), ("bet", 'did you mean "beta"?')]
)
def test_suggestions(name: str, remedy: str) -> None:
    assert Report().did_you_mean(name, ["alpha", "beta"]) == remedy


def test_suggestions_end_after_fifty() -> None:
    report = Report()
    remedies = [report.did_you_mean("alhpa", ["alpha"]) for _ in range(60)]
    assert [bool(remedy) for remedy in remedies] == [True] * 50 + [False] * 10


@pytest.mark.parametrize(
    "text",
    [
        "apiKeys: s3cret",
        'apiKeys: ["s3cret key"]',
        "apiKeys: [[s3cret]]",
        "peers: {p: {proxy: http://h, models: [m], apiKey: [s3cret]}}",
    ],
)
def test_secrets_are_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config([Source("m.yaml", text)], {})
    assert "s3cret" not in caught.value.render(color=False)
