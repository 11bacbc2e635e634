"""References to environment variables (spec config 9)."""

from __future__ import annotations

import pytest

from modelyard.config.environment import Text, split_lines
from tests.config.helpers import load, problems, the_problem

MODEL = 'models: {alpha: {cmd: "run ${env.A}", proxy: "http://u"}}'


@pytest.mark.parametrize(
    ("text", "value", "cmd"),
    [
        (MODEL, "one two", "run one two"),
        (MODEL, "", "run "),
        (MODEL, 'q"w\\e', 'run q"w\\e'),
        (MODEL.replace('"run ${env.A}"', "'run ${env.A}'"), 'q"w\\e', 'run q\\"w\\\\e'),
        (MODEL, "${MODEL_ID}", "run alpha"),
        (MODEL.replace("${env.A}", "${env.1A} ${ENV.HOME}"), "", "run ${env.1A} ${ENV.HOME}"),
        ('macros: {M: "${env.A}/bin"}\n' + MODEL.replace("env.A", "M"), "/opt", "run /opt/bin"),
        (MODEL.replace("alpha", '"${env.B}"'), "a", "run a"),
        (MODEL, "${env.B}", "run alpha"),
    ],
)
def test_references_are_replaced(text: str, value: str, cmd: str) -> None:
    assert load(text, {"A": value, "B": "alpha"}).models["alpha"].cmd == cmd


def test_the_text_is_replaced_before_it_is_parsed() -> None:
    assert load("startPort: ${env.A}", {"A": "6400"}).start_port == 6400
    assert the_problem('startPort: "${env.A}"', {"A": "6400"}).path == "startPort"
    config = load("upstream: {ignorePaths: [${env.A}]}", {"A": "k1, k2"})
    assert config.ignore_paths == ("k1", "k2")


def test_references_in_comments_do_not_count() -> None:
    text = '# ${env.UNSET}\nlogLevel: "${env.A}" # ${env.UNSET2}'
    assert load(text, {"A": "warn"}).log_level == "warn"


def test_references_in_comments_count_where_the_text_is_no_yaml_without_its_values() -> None:
    text = "# ${env.UNSET}\nupstream: {ignorePaths: [${env.A}]}"
    assert "UNSET" in the_problem(text, {"A": "k"}).message


def test_a_hash_line_of_a_block_is_no_comment() -> None:
    text = "models:\n  alpha:\n    cmd: |\n      # ${env.UNSET}\n      run\n    proxy: http://u\n"
    problem = the_problem(text)
    assert (problem.line, problem.column) == (4, 9)


@pytest.mark.parametrize("text", [MODEL, "mystery: ${env.A}", "${env.A}: 1", "macros: {B: '${env.A}'}"])
def test_a_variable_that_is_not_set_is_refused_everywhere(text: str) -> None:
    assert "environment variable A is not set" in the_problem(text).message


@pytest.mark.parametrize("value", ["x\ny", "x\ry", "x\0y"])
def test_a_value_with_a_line_break_is_refused_and_not_shown(value: str) -> None:
    problem = the_problem(MODEL, {"A": value})
    assert "variable A holds a line break" in problem.message
    assert value not in str(problem)


def test_an_unset_variable_hides_no_other_mistake() -> None:
    found = problems("upstream: {ignorePaths: [${env.A}]}\nstartPort: ${env.B}\nglobalTTL: x")
    assert [(problem.line, problem.column) for problem in found] == [(1, 26), (2, 12), (3, 12)]


def test_a_reference_that_stays_after_two_passes_is_refused() -> None:
    environment = {"A": "${env.B}", "B": "${env.C}", "C": "${env.D}", "D": "deep"}
    problem = the_problem(MODEL, environment)
    assert problem.path == "models.alpha.cmd"
    assert "variable C is not set" in problem.message


def test_places_are_those_of_the_file_and_not_of_the_replaced_text() -> None:
    text = '"${env.LONG}": 1\nx: ["${env.LONG}", "${env.A}", *missing]'
    problem = the_problem(text, {"LONG": "v" * 50, "A": ""})
    assert (problem.line, problem.column) == (2, 32)
    assert problem.source_line == 'x: ["${env.LONG}", "${env.A}", *missing]'


def test_a_place_inside_a_value_is_that_of_its_reference() -> None:
    text = Text.of("f", "ab ${env.A} cd")
    text.replace({"A": "12345"})
    assert text.content == "ab 12345 cd"
    assert [text.place(index).column for index in (0, 3, 5, 8, 9)] == [1, 4, 4, 12, 13]


def test_lines_are_counted_as_yaml_counts_them() -> None:
    assert split_lines("a\r\nb\rc\x85d\u2028e\n") == ["a", "b", "c", "d", "e", ""]
    assert the_problem("# \u2028# \r\nstartPort: x").line == 3
