"""Does one member of a set have all of these models? The quick answer, where there is one.

The frontier answers this for any matrix, and looks at every node of a set for it. Mostly it is told by what each node
mentions: in `x & y` the models that only x mentions must be in a member of x, those that only y mentions in one of y;
in `x | y` all of them must be in a member of x, or all in one of y. Only a model that both sides of an `&` mention
makes a choice that must be weighed, and then this knows no answer.
"""

from __future__ import annotations

from modelyard.core.dsl.graph import Graph, Leaf
from modelyard.core.dsl.syntax import Both

_Question = tuple[int, int]
"""A node, and the models that one of its members must have (bits)."""


def find_cover(graph: Graph, node: int, wanted: int) -> bool | None:
    """Say whether a member of the node's family has all models of `wanted`; None where this can't be told quickly."""
    answers: dict[_Question, bool] = {}
    first = _narrow(graph, node, wanted)
    pending = [first]
    while pending:
        question = pending[-1]
        if question in answers:
            pending.pop()
            continue
        node, wanted = question
        here = graph.nodes[node]
        if graph.mentions[node] & wanted != wanted or isinstance(here, Leaf):
            answers[question] = graph.mentions[node] & wanted == wanted
            continue
        joined = isinstance(here, Both)
        left, right = (graph.mentions[side] & wanted if joined else wanted for side in (here.left, here.right))
        if joined and left & right:
            return None
        for one in (_narrow(graph, here.left, left), _narrow(graph, here.right, right)):
            answer = answers.get(one)
            if answer is None:
                pending.append(one)
                break
            if answer is not joined:  # one of two is enough to say yes to `|`, or no to `&`
                answers[question] = answer
                break
        else:
            answers[question] = joined
    return answers[first]


def _narrow(graph: Graph, node: int, wanted: int) -> _Question:
    """The lowest node that the answer is the same for. Long chains are gone down here."""
    nodes, mentions = graph.nodes, graph.mentions
    while mentions[node] & wanted == wanted:
        here = nodes[node]
        if isinstance(here, Leaf):
            break
        left, right = mentions[here.left] & wanted, mentions[here.right] & wanted
        if isinstance(here, Both):
            if left and right:
                break
            node = here.left if left else here.right
        elif left == right:
            break
        else:  # only one of the alternatives mentions them all, or none does
            node = here.left if left == wanted else here.right
    return node, wanted
