"""Compiling and asking: the examples of spec config 18.2 and 18.3, and everything against families written out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.core.dsl.program import MatrixProgram, compile_matrix
from tests.core.dsl.families import MODELS, Matrix, matrices


def program(costs: dict[str, int] | None = None, /, **sets: str) -> MatrixProgram:
    """A matrix over the models a to f, without vars."""
    return compile_matrix(MODELS, {}, costs or {}, sets)


S = "a & (b | c | d)"
TWO = {"s1": "(a | b) & c", "s2": "d"}


@pytest.mark.parametrize(
    ("costs", "sets", "target", "running", "evict", "chosen", "cost"),
    [
        pytest.param({}, TWO, "a", "c", "", "s1", 0, id="both are in one member"),
        pytest.param({}, TWO, "b", "ac", "a", "s1", 1, id="alternatives exclude each other"),
        pytest.param({}, TWO, "d", "ac", "ac", "s2", 2, id="a set of one"),
        pytest.param({}, TWO, "c", "ab", "b", "s1", 1, id="of two alternatives the first stays"),
        pytest.param({}, TWO, "e", "ac", "ac", "", 0, id="in no set, so alone"),
        pytest.param({}, TWO, "e", "", "", "", 0, id="in no set, and nobody there"),
        pytest.param({}, TWO, "a", "e", "e", "s1", 1, id="the one in no set goes"),
        pytest.param({"c": 5}, {"s1": "a & b", "s2": "a & c"}, "a", "bc", "b", "s2", 1, id="the cheaper one goes"),
        pytest.param({}, {"s1": "a & b", "s2": "a & c"}, "a", "bc", "c", "s1", 1, id="a tie goes to the first set"),
        pytest.param({}, {"s": S}, "a", "bcd", "cd", "s", 2, id="a tie goes to the first alternative"),
        pytest.param({}, {"s1": "+s2 & a", "s2": "b | c"}, "b", "c", "c", "s2", 1, id="the referenced set is first"),
        pytest.param({}, {"s1": "+s2 & a", "s2": "b | c"}, "a", "", "", "s1", 0, id="the one that refers is second"),
        pytest.param({}, {"s": "a & (b | (b & c))"}, "a", "bc", "", "s", 0, id="the larger alternative is better"),
        pytest.param({}, {"s1": "a", "s2": "a & b"}, "a", "a", "", "s1", 0, id="it runs"),
        pytest.param({}, {"s1": "a", "s2": "a & b"}, "a", "ab", "", "s2", 0, id="it runs with another"),
        pytest.param({}, {"s1": "a", "s2": "a & b"}, "a", "ae", "", "", 0, id="it runs beside what is not allowed"),
        pytest.param({}, {"z": "a & c", "b": "a & b"}, "a", "bc", "b", "z", 1, id="order of definition, not of names"),
        pytest.param({}, {"s": "a & b"}, "a", ["b", "gone"], ["gone"], "s", 1, id="no longer in the configuration"),
    ],
)
def test_who_goes(
    costs: dict[str, int], sets: dict[str, str], target: str, running: str, evict: str, chosen: str, cost: int
) -> None:
    """Spec config 18.3 and 24.1 (order of definition)."""
    solution = program(costs, **sets).solve(target, list(running))
    assert solution.evict == tuple(evict)
    assert solution.set_name == chosen
    assert solution.cost == cost
    assert solution.expression == sets.get(chosen, "")


@pytest.mark.parametrize(
    ("sets", "models", "allowed"),
    [
        ({"s": "a&b|c"}, "ab", True),
        ({"s": "a&b|c"}, "bc", False),
        ({"s": "a & (b | c)"}, "ab", True),
        ({"s": "a & (b | c)"}, "ac", True),
        ({"s": "a & (b | c)"}, "bc", False),
        ({"pair": "b | c", "t": "+pair & a"}, "ac", True),
        ({"x": "+y & a", "y": "b"}, "ab", True),
        ({"s": "a & b", "t": "b & c"}, "abc", False),
        ({"s": "a & b"}, "a", True),
        ({"s": "a & b"}, "", True),
        ({"s": "a & b"}, "e", False),
        ({"s": "a & b"}, ["a", "nobody"], False),
        ({"s": "a & a & (a | b)"}, "ab", True),
    ],
)
def test_who_may_be_together(sets: dict[str, str], models: str, allowed: bool) -> None:
    """Spec config 18.1 and 18.3."""
    assert program(**sets).together(list(models)) is allowed


@pytest.mark.parametrize("joined", [" & ", " | "])
def test_who_is_together_in_long_chains_is_seen_without_folding_them(joined: str) -> None:
    """Selectors ask this of all that they spill over to, thousands of times."""
    names = [f"m{number}" for number in range(3_000)]
    matrix = compile_matrix(names, {}, {}, {"all": joined.join(names)})
    assert matrix.together(["m0", "m1500", "m2999"]) is (joined == " & ")
    assert matrix.together(["m0"])
    assert matrix.together(["m2999"])


def test_a_model_on_both_sides_is_weighed() -> None:
    """a alone would do on the left, and then there is room for b only where a is on the right, too."""
    matrix = program(s="(a | b) & (a & c | d)")
    assert matrix.together("abc")
    assert matrix.together("ad")
    assert not matrix.together("acd")
    assert not matrix.together("abd")


def test_a_var_stands_for_its_model_and_hides_the_model_of_its_name() -> None:
    """Spec config 18, table of vars, rows 1 and 6."""
    matrix = compile_matrix(["alpha", "beta", "org/gamma"], {"beta": "alpha", "g-1.x": "org/gamma"}, {"g-1.x": 7}, S2)
    assert matrix.together(["alpha", "org/gamma"])
    assert not matrix.together(["beta", "org/gamma"])
    assert matrix.costs == {"org/gamma": 7}


S2 = {"s": " beta & g-1.x\n"}


def test_the_answer_names_the_expression_without_the_space_around_it_and_one_whole_member() -> None:
    solution = program(s="  f & (e | b) & (d | a)  ").solve("f", ["a"])
    assert solution.expression == "f & (e | b) & (d | a)"
    assert solution.witness == ("a", "e", "f")


def test_the_chosen_member_of_a_running_target_has_all_that_run() -> None:
    assert program(s="c & (a | b)").solve("b", ["b", "c"]).witness == ("b", "c")


def test_programs_are_equal_by_content() -> None:
    one, same = program({"a": 2}, s="a & b", t="c"), program({"a": 2}, s=" a & b ", t="c")
    assert one == same
    assert hash(one) == hash(same)
    others = [program(s="a & b", t="c"), program({"a": 2}, t="c", s="a & b"), program({"a": 2}, s="a & b"), "one"]
    assert all(one != other for other in others)
    assert repr(one) == "<MatrixProgram ['s', 't']>"


@settings(max_examples=250)
@given(matrix=matrices(), target=st.sampled_from(MODELS), running=st.sets(st.sampled_from(MODELS)))
def test_it_answers_as_if_all_members_were_written_out(matrix: Matrix, target: str, running: set[str]) -> None:
    """Same evicted models, same set, same cost; the witness is a member that has the target and all that stay."""
    ordered = sorted(running)
    solution = matrix.compile().solve(target, ordered)
    assert (solution.evict, solution.set_name, solution.cost) == matrix.solve(target, ordered)
    if solution.set_name:
        assert frozenset(solution.witness) in matrix.members(solution.set_name)
        assert {target, *running} - set(solution.evict) <= set(solution.witness)


@settings(max_examples=100)
@given(matrix=matrices(), models=st.sets(st.sampled_from(MODELS)))
def test_who_is_together_is_as_if_all_members_were_written_out(matrix: Matrix, models: set[str]) -> None:
    assert matrix.compile().together(models) is matrix.together(sorted(models))


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(matrix=matrices(), asked=st.lists(st.sampled_from(MODELS), max_size=12))
def test_whoever_comes_what_runs_then_is_allowed(matrix: Matrix, asked: list[str]) -> None:
    """A plan leads from an allowed situation to an allowed one: models that run are together, or it is one alone."""
    compiled = matrix.compile()
    running: set[str] = set()
    for target in asked:
        running -= set(compiled.solve(target, sorted(running)).evict)
        running.add(target)
        assert len(running) == 1 or compiled.together(running)
