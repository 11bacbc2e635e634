"""How much work a question is: counted in members that were looked at, which is the same on every machine."""

from __future__ import annotations

from itertools import pairwise

import pytest

from modelyard.core.dsl.frontier import Frontier, Witness
from modelyard.core.dsl.program import MatrixProgram, compile_matrix


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every member that a query looked at, as its mask."""
    seen: list[int] = []
    add = Frontier.add

    def count(self: Frontier, mask: int, witness: Witness) -> None:
        seen.append(mask)
        add(self, mask, witness)

    monkeypatch.setattr(Frontier, "add", count)
    return seen


def choices(groups: int, size: int) -> tuple[list[str], str]:
    """One model of each group, all groups together."""
    names = [[f"m{group}-{number}" for number in range(size)] for group in range(groups)]
    expression = " & ".join(f"({' | '.join(group)})" for group in names)
    return [name for group in names for name in group], expression


def compiled(models: list[str], **sets: str) -> MatrixProgram:
    return compile_matrix(models, {}, {}, sets)


@pytest.mark.parametrize(("groups", "size"), [(6, 10), (20, 2), (10, 10), (70, 10)])
def test_a_million_combinations_and_far_more_are_little_work(looks: list[int], groups: int, size: int) -> None:
    """H24: the work goes with the length of the expression, also when every model of it runs."""
    models, expression = choices(groups, size)
    matrix = compiled(models, s=expression)
    assert looks == []
    for running in (models[size::size], models[1:]):
        looks.clear()
        solution = matrix.solve(models[0], running)
        assert len(looks) <= 2 * groups * size
        assert solution.evict == tuple(model for model in running if not model.endswith("-0"))
    looks.clear()
    assert matrix.together(models[::size])
    assert not matrix.together(models[:2])
    assert len(looks) <= 4 * groups * size


def test_models_that_occur_again_matter_only_until_their_last_join(looks: list[int]) -> None:
    """A million combinations of neighbours, everything running: never more than a few open ends at once."""
    models = [f"m{number}" for number in range(21)]
    expression = " & ".join(f"({one} | {two})" for one, two in pairwise(models))
    solution = compiled(models, s=expression).solve("m20", models[:20])
    assert solution.evict == ("m19",)
    assert len(looks) < 300


def test_any_three_of_twenty(looks: list[int]) -> None:
    """The same choice joined with itself: the work goes with what runs, not with what could."""
    models = [f"m{number:02}" for number in range(20)]
    matrix = compiled(models, any=" | ".join(models), s="+any & +any & +any")
    assert matrix.solve("m00", ["m17", "m18", "m19"]).evict == ("m19",)
    assert len(looks) < 200
    assert matrix.together(["m03", "m09", "m11"])
    assert not matrix.together(["m03", "m09", "m11", "m12"])


def test_a_set_that_others_refer_to_is_looked_at_once(looks: list[int]) -> None:
    """Each set names the one before twice: written out, the last would have 2^100 operands."""
    sets = {"s0": "a | b"} | {f"s{number}": f"(+s{number - 1} & c) | +s{number - 1}" for number in range(1, 101)}
    matrix = compile_matrix("abcd", {}, {}, sets)
    solution = matrix.solve("d", ["a", "c"])
    assert solution.evict == ("a", "c")
    solution = matrix.solve("b", ["a", "c"])
    assert (solution.evict, solution.set_name, solution.witness) == (("a",), "s1", ("b", "c"))
    assert matrix.together(["a", "c"])
    assert not matrix.together(["a", "b"])
    assert len(looks) < 5_000


def test_a_set_that_cannot_be_better_is_not_looked_at(looks: list[int]) -> None:
    matrix = compile_matrix("abcde", {}, {}, {"s1": "a & (b | c)", "s2": "(a | e) & (d | e) & b"})
    assert matrix.solve("a", ["b"]).set_name == "s1"
    few = len(looks)
    assert matrix.solve("a", ["c"]).set_name == "s1"
    assert len(looks) == 2 * few


def test_more_models_than_a_machine_word_has_bits() -> None:
    models = [f"m{number}" for number in range(300)]
    matrix = compiled(models, s=" & ".join(models[:200]), t=" & ".join(models[100:]))
    assert matrix.solve("m0", models[1:]).evict == tuple(models[200:])
    assert matrix.solve("m299", models[:299]).evict == tuple(models[:100])
    assert matrix.together(models[100:])


def shown(frontier: Frontier) -> list[tuple[int, int]]:
    return [(entry.mask, entry.weight) for entry in frontier.entries()]


WEIGHTS = {1: 1, 2: 1, 4: 1, 8: 5}


def test_what_is_decided_here_for_good_is_only_weighed() -> None:
    frontier = Frontier(0, WEIGHTS)
    for mask in (1, 2, 3, 4, 6):
        frontier.add(mask, 0)
    assert shown(frontier) == [(3, 2)]


def test_what_still_matters_is_kept_apart() -> None:
    frontier = Frontier(0b11, WEIGHTS)
    for mask in (1, 2, 1, 3):
        frontier.add(mask, 0)
    # the first two would come first, if whatever they are joined with has what they lack
    assert shown(frontier) == [(1, 0), (2, 0), (3, 0)]
    frontier.add(0b100, 0)
    assert shown(frontier)[-1] == (0b100, 1)
    frontier.add(0b1011, 0)
    assert shown(frontier) == [(0b1011, 5)]
