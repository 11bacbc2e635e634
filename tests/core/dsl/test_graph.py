"""The graph: order of the sets, and what its nodes know of the models in and beside them."""

from __future__ import annotations

import pytest

from modelyard.core.dsl.checks import Checker
from modelyard.core.dsl.graph import Graph, Leaf, link
from modelyard.core.dsl.syntax import Both, Either

MODELS = "abcd"


def graph(**sets: str) -> Graph:
    checker = Checker(MODELS, {"v": "d"})
    sources = checker.read_sets(sets)
    assert not checker.errors
    return link(sources, checker.names)


def models(mask: int, of: Graph) -> str:
    return "".join(sorted(model for model, bit in of.bits.items() if bit & mask))


@pytest.mark.parametrize(
    ("sets", "order"),
    [
        ({"z": "a", "m": "b", "c": "c"}, "z m c"),
        ({"x": "a & +z", "y": "b", "z": "c"}, "z x y"),
        ({"x": "+y | +z", "z": "a", "y": "+z & b"}, "z y x"),
        ({"x": "+z | +y | +z", "y": "a", "z": "b"}, "z y x"),
        ({"x2": "+x10", "x10": "a"}, "x10 x2"),
    ],
)
def test_sets_that_are_referred_to_come_first(sets: dict[str, str], order: str) -> None:
    """Spec config 18.2 and 24.1."""
    assert [named.name for named in graph(**sets).sets] == order.split()


def test_a_reference_is_the_root_of_its_set() -> None:
    linked = graph(pair="a | v", t="+pair & b", same="+pair")
    assert linked.nodes == (Leaf("a"), Leaf("d"), Either(0, 1), Leaf("b"), Both(2, 3))
    assert [(named.first, named.root, named.references) for named in linked.sets] == [
        (0, 2, ()),
        (3, 4, (0,)),
        (5, 2, (0,)),
    ]


def test_what_is_joined_is_context_and_alternatives_are_not() -> None:
    linked = graph(s="(a | b) & (b | c)")
    shown = [(models(linked.mentions[n], linked), models(linked.contexts[n], linked)) for n in range(7)]
    assert shown == [
        ("a", "bc"),
        ("b", "bc"),
        ("ab", "bc"),
        ("b", "ab"),
        ("c", "ab"),
        ("bc", "ab"),
        ("abc", ""),
    ]


def test_the_context_of_a_set_is_that_of_all_its_uses() -> None:
    linked = graph(pair="a | b", t="+pair & c", u="(+pair | c) & d", twice="+pair & +pair")
    assert models(linked.contexts[linked.sets[0].root], linked) == "abcd"


def test_a_circle_of_a_thousand_sets_and_a_chain_of_as_many() -> None:
    """Neither is a matter of depth."""
    chain = {f"s{number}": f"+s{number + 1} | a" for number in range(5_000)} | {"s5000": "b"}
    assert graph(**chain).sets[0].name == "s5000"
    checker = Checker(MODELS, {})
    checker.read_sets(chain | {"s5000": "+s0"})
    assert len(checker.errors) == 1
