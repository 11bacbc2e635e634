"""Several files to one tree (spec config 6).

Files are merged from left to right. Anchors are resolved by then, each file's own. Mappings merge key by key and
lists are appended; what can't be both is a conflict that names both places. Things with an identity, a model for
example, are never merged: they stand in one file.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from modelyard.config.errors import Report
from modelyard.config.nodes import BROKEN, Entry, MappingNode, Node, ScalarNode, SequenceNode
from modelyard.config.secrets import HIDDEN, is_secret, masked

IDENTITY_MAPS = frozenset(
    [
        "models",
        "groups",
        "profiles",
        "selectors",
        "peers",
        "matrix",
        "routing.router.settings.groups",
        "routing.router.settings.matrix",
    ]
)
"""Mappings whose entries are whole things: one that is in two files is a mistake, even if they are alike."""


def merge(trees: Sequence[MappingNode], report: Report) -> MappingNode:
    """One tree of at least one. Conflicts are noted, the left side stays."""
    merged = trees[0]
    for tree in trees[1:]:
        merged = _merged_mappings(merged, tree, "", report)
    return merged


def _merged_mappings(left: MappingNode, right: MappingNode, path: str, report: Report) -> MappingNode:
    entries = dict(left.entries)
    for key, entry in right.entries.items():
        there = entries.get(key)
        below = f"{path}.{key}" if path else key
        entries[key] = entry if there is None else Entry(there.place, _merged(there, entry, below, report))
    return structs.replace(left, entries=entries, merge_key=left.merge_key or right.merge_key)


def _merged(there: Entry, here: Entry, path: str, report: Report) -> Node:
    left, right = there.node, here.node
    if path in IDENTITY_MAPS:
        return _merged_identities(there, here, path, report)
    if _stands_empty(right):
        return left
    if _stands_empty(left):
        return right
    match left, right:
        case MappingNode(), MappingNode():
            return _merged_mappings(left, right, path, report)
        case SequenceNode(), SequenceNode():
            return structs.replace(left, items=(*left.items, *right.items))
        case ScalarNode(), ScalarNode() if _is_same(left, right):
            pass
        case _:
            message = f"is {_shown(right, path)} here and {_shown(left, path)} at {left.place}"
            report.problem(right.place, path, message, "keep one of the two")
    return left


def _merged_identities(there: Entry, here: Entry, path: str, report: Report) -> Node:
    left, right = there.node, here.node
    if not isinstance(left, MappingNode) or not isinstance(right, MappingNode):
        message = f"is {_shown(right, path)} here and {_shown(left, path)} at {left.place}, and both must be a mapping"
        report.problem(right.place, path, message, "remove one of the two")
        return left
    entries = dict(left.entries)
    for name, entry in right.entries.items():
        if name in entries:
            message = f'"{name}" is already defined at {entries[name].place}'
            report.problem(entry.place, f"{path}.{name}", message, "keep one of the two")
        else:
            entries[name] = entry
    return structs.replace(left, entries=entries, merge_key=left.merge_key or right.merge_key)


def _stands_empty(node: Node) -> bool:
    """Whether nothing is written behind the colon: that yields to anything; a null that is written does not."""
    return isinstance(node, ScalarNode) and node.written is None and node.value is not BROKEN


def _is_same(left: ScalarNode, right: ScalarNode) -> bool:
    if left.value is BROKEN or right.value is BROKEN:
        return True  # one of them has its problem already
    return left.written == right.written and type(left.value) is type(right.value)


def _shown(node: Node, path: str) -> str:
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a list"
        case ScalarNode(written=None):
            return "empty"
        case _ if is_secret(path):
            return HIDDEN
        case ScalarNode(value=str()):
            return f'"{masked(str(node.written))}"'
        case _:
            return str(node.written)
