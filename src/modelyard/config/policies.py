"""Planners and disciplines of other packages: which are chosen, and their settings (DESIGN section 3).

Their settings have keys that we can't know, so they are taken out of the tree before it is decoded. Keys of a
discipline's settings that are ours (`maxWait`, `priority` …) are read as those of `fifo`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from msgspec import Struct, field, inspect, structs

from modelyard.config.convert import free_value
from modelyard.config.document import Fifo
from modelyard.config.nodes import Entry, MappingNode, Node, ScalarNode

Kind = Literal["planners", "disciplines"]
Installed = Callable[[Kind], Collection[str]]
"""The names that other packages provide. Asked only when a name is none of ours: looking takes a moment."""
GROUP = "group"
MATRIX = "matrix"
FIFO = "fifo"
_SECTIONS: Mapping[Kind, str] = {"planners": "router", "disciplines": "scheduler"}
_OURS: Mapping[Kind, tuple[str, ...]] = {"planners": ("", GROUP, MATRIX), "disciplines": ("", FIFO)}


class Policies(Struct, frozen=True, kw_only=True):
    """What was chosen from other packages; empty names where our own policies count."""

    planner: str = ""
    planner_settings: Mapping[str, Any] = field(default_factory=dict)
    discipline: str = ""
    discipline_settings: Mapping[str, Any] = field(default_factory=dict)


def nothing_installed(kind: Kind) -> Collection[str]:
    """The answer where there are no other packages."""
    return ()


def take_policies(tree: MappingNode, installed: Installed) -> tuple[MappingNode, Policies]:
    """The tree without the settings of policies that other packages provide, and those policies."""
    planner, tree, planner_settings = _take(tree, "planners", installed)
    discipline, tree, discipline_settings = _take(tree, "disciplines", installed)
    return tree, Policies(
        planner=planner,
        planner_settings=planner_settings,
        discipline=discipline,
        discipline_settings=discipline_settings,
    )


def _take(tree: MappingNode, kind: Kind, installed: Installed) -> tuple[str, MappingNode, Mapping[str, Any]]:
    path = ("routing", _SECTIONS[kind])
    section = _below(tree, *path)
    use = section.get("use") if isinstance(section, MappingNode) else None
    name = use.value if isinstance(use, ScalarNode) else None
    if not isinstance(name, str) or name in _OURS[kind] or name not in installed(kind):
        return "", tree, {}
    settings = _below(tree, *path, "settings", name)
    if not isinstance(settings, MappingNode):
        return name, tree, {}
    ours = _keys_of_fifo() if kind == "disciplines" else frozenset[str]()
    theirs = {key: free_value(entry.node) for key, entry in settings.entries.items() if key not in ours}
    kept = {key: entry for key, entry in settings.entries.items() if key in ours}

    def without(node: MappingNode) -> MappingNode:
        entries = {key: entry for key, entry in node.entries.items() if key != name}
        if kept:
            entries[FIFO] = Entry(node.entries[name].place, structs.replace(settings, entries=kept))
        return structs.replace(node, entries=entries)

    return name, _changed(tree, (*path, "settings"), without), theirs


def _below(node: Node | None, *path: str) -> Node | None:
    for key in path:
        node = node.get(key) if isinstance(node, MappingNode) else None
    return node


def _changed(tree: MappingNode, path: tuple[str, ...], change: Callable[[MappingNode], MappingNode]) -> MappingNode:
    """The tree with the mapping at the path, which is there, changed."""
    if not path:
        return change(tree)
    entry = tree.entries[path[0]]
    assert isinstance(entry.node, MappingNode)
    below = Entry(entry.place, _changed(entry.node, path[1:], change))
    return structs.replace(tree, entries={**tree.entries, path[0]: below})


def _keys_of_fifo() -> frozenset[str]:
    kind = inspect.type_info(Fifo)
    assert isinstance(kind, inspect.StructType)
    return frozenset(one.encode_name for one in kind.fields)
