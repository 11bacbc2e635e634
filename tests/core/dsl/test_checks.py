"""What is wrong with a matrix: the refusals of spec config 18 and 18.1, all of them at once, each with its place."""

from __future__ import annotations

import pytest

from modelyard.core.dsl.program import MatrixError, MatrixErrors, compile_matrix

MODELS = ("alpha", "beta", "gamma", "org/delta")
FINE = {"s": "alpha"}


def mistakes(
    sets: dict[str, str], variables: dict[str, str] | None = None, costs: dict[str, int] | None = None
) -> tuple[MatrixError, ...]:
    with pytest.raises(MatrixErrors) as caught:
        compile_matrix(MODELS, variables or {}, costs or {}, sets)
    return caught.value.errors


def the_mistake(
    sets: dict[str, str], variables: dict[str, str] | None = None, costs: dict[str, int] | None = None
) -> MatrixError:
    (mistake,) = mistakes(sets, variables, costs)
    return mistake


@pytest.mark.parametrize(
    ("variables", "name", "message"),
    [
        ({"a_b": "alpha"}, "a_b", '"a_b" can\'t be a var'),
        ({"": "alpha"}, "", '"" can\'t be a var'),
        ({"é": "alpha"}, "é", '"é" can\'t be a var'),
        ({"a\n": "alpha"}, "a\n", "can't be a var"),
        ({"v" * 33: "alpha"}, "v" * 33, "it has 33 characters, 32 are allowed"),
        ({"a": "ghost"}, "a", '"ghost" is not a model'),
        ({"a": "al"}, "a", '"al" is not a model'),
        ({"a": "beta", "b": "a"}, "b", '"a" is not a model'),
    ],
)
def test_vars(variables: dict[str, str], name: str, message: str) -> None:
    mistake = the_mistake(FINE, variables)
    assert mistake.where == ("vars", name)
    assert message in mistake.message
    assert mistake.position is None


@pytest.mark.parametrize("name", ["v" * 32, "b-1.x", "-", "9"])
def test_vars_that_are_fine(name: str) -> None:
    assert compile_matrix(MODELS, {name: "org/delta"}, {}, {"s": f"{name} & beta"}).together(["org/delta", "beta"])


@pytest.mark.parametrize(
    ("costs", "name", "message"),
    [
        ({"alpha": 0}, "alpha", 'the cost of "alpha" is 0'),
        ({"alpha": -3}, "alpha", 'the cost of "alpha" is -3'),
        ({"ghost": 3}, "ghost", '"ghost" is neither a var nor a model'),
        ({"alpha": 1, "a": 1}, "a", '"alpha" and "a" both give a cost to the model "alpha"'),
        ({"b": 2, "a": 1}, "a", '"b" and "a" both give a cost to the model "alpha"'),
    ],
)
def test_costs(costs: dict[str, int], name: str, message: str) -> None:
    """Spec config 18 and 24.15: which of two costs would count is nobody's guess."""
    mistake = the_mistake(FINE, {"a": "alpha", "b": "alpha"}, costs)
    assert mistake.where == ("evict_costs", name)
    assert message in mistake.message


def test_costs_are_by_model() -> None:
    program = compile_matrix(MODELS, {"a": "alpha"}, {"a": 9, "beta": 2}, FINE)
    assert program.costs == {"alpha": 9, "beta": 2}


def test_a_matrix_without_sets() -> None:
    mistake = the_mistake({})
    assert mistake.where == ()
    assert mistake.message == "there are no sets"
    assert str(mistake) == "matrix: there are no sets"


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "the expression is empty", None),
        (" \n", "the expression is empty", None),
        ("  alpha, beta", '"," at position 5 is not allowed', 5),
        ("alpha & ghost", '"ghost" at position 8 is neither a var nor a model', 8),
        ("al", '"al" at position 0 is neither a var nor a model', 0),
        ("alpha | ghost | ghost", '"ghost" at position 8 is neither', 8),
        ("alpha & +ghost", '"ghost" at position 8 is not the name of a set', 8),
        ("alpha & +alpha", '"alpha" at position 8 is not the name of a set', 8),
        ("alpha & +s", '"+s" at position 8 is a circular reference: s → s', 8),
    ],
)
def test_expressions(text: str, message: str, position: int | None) -> None:
    mistake = the_mistake({"s": text})
    assert mistake.where == ("sets", "s")
    assert message in mistake.message
    assert mistake.position == position
    assert str(mistake).startswith("sets.s: ")


def test_a_circle_of_references_is_shown_once() -> None:
    mistake = the_mistake({"x": "+t", "s": "alpha | +t", "t": "+u", "u": "beta & (+s | +t2)", "t2": "gamma"})
    assert mistake.where == ("sets", "s")
    assert mistake.message == '"+t" at position 8 is a circular reference: t → u → s → t'


def test_a_long_circle_is_shown_in_short() -> None:
    mistake = the_mistake({f"s{number}": f"+s{(number + 1) % 100}" for number in range(100)})
    assert mistake.message.endswith(": s0 → s1 → s2 → s3 → … → s98 → s99 → s0")


def test_two_circles_are_two_mistakes() -> None:
    found = mistakes({"a": "+a", "b": "+c", "c": "+b & +a"})
    assert [mistake.where for mistake in found] == [("sets", "a"), ("sets", "c")]


def test_a_reference_to_a_set_that_cannot_be_read_is_no_second_mistake() -> None:
    assert the_mistake({"broken": "alpha &", "s": "+broken | beta"}).where == ("sets", "broken")


def test_all_mistakes_at_once_in_the_order_of_the_file() -> None:
    """A look at a matrix shows everything that is wrong with it."""
    found = mistakes(
        {"s": "alfa | (beta & +nobody", "t": "alfa & +nobody & gamme", "u": ""},
        {"a_b": "delta"},
        {"ghost": 0},
    )
    assert [(mistake.where, mistake.position) for mistake in found] == [
        (("vars", "a_b"), None),
        (("vars", "a_b"), None),
        (("evict_costs", "ghost"), None),
        (("evict_costs", "ghost"), None),
        (("sets", "s"), 7),
        (("sets", "t"), 0),
        (("sets", "t"), 7),
        (("sets", "t"), 17),
        (("sets", "u"), None),
    ]


@pytest.mark.parametrize(
    ("sets", "variables", "remedy"),
    [
        ({"s": "alpah"}, {}, 'did you mean "alpha"?'),
        ({"s": "coder"}, {"coders": "alpha"}, 'did you mean "coders"?'),
        ({"pairs": "alpha", "s": "+pair"}, {}, 'did you mean "pairs"?'),
        (FINE, {"a": "bta"}, 'did you mean "beta"?'),
        (FINE, {"a": "xyz"}, "a var stands for the id of a model, not for an alias"),
        ({"s": "xyz"}, {}, ""),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(sets: dict[str, str], variables: dict[str, str], remedy: str) -> None:
    assert the_mistake(sets, variables).remedy == remedy


def test_suggestions_are_for_the_first_mistakes_only() -> None:
    """To compare a thousand wrong names with a thousand right ones takes a minute."""
    found = mistakes({f"s{number}": "alpah" for number in range(50)})
    assert sum(bool(mistake.remedy) for mistake in found) == 20


def test_the_mistakes_read_as_one_text() -> None:
    with pytest.raises(MatrixErrors, match=r'sets\.s: "x" at position 0 .*\nsets\.t: the expression is empty'):
        compile_matrix(MODELS, {}, {}, {"s": "x", "t": ""})
