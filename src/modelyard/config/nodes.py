"""A configuration file as a tree of values with places.

Built from libyaml's events, not from its composed nodes: the composer recurses in C without a limit (a hundred
thousand brackets kill the process), resolves by YAML 1.1 and accepts duplicate keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from msgspec import Struct, field
from yaml import events
from yaml._yaml import Mark as CMark
from yaml.cyaml import CBaseLoader
from yaml.error import Mark, MarkedYAMLError
from yaml.reader import ReaderError

from modelyard.config.errors import Place, Report
from modelyard.config.scalars import ScalarValue, resolve_plain, resolve_tagged, text_of
from modelyard.config.secrets import HIDDEN, is_secret

MAX_DEPTH = 200
MAX_EXPANDED_NODES = 1_000_000
"""How many values a file may hold once every alias counts as a copy ("billion laughs")."""
MERGE_KEY = "<<"
UNKNOWN_VALUE = "\ue000unknown\ue000"
"""Stands in a text for something that a problem was noted about; a scalar with it is broken."""


class Broken(Enum):
    """Stands for a value that a problem was noted about: whoever meets it says nothing more."""

    BROKEN = "broken"


BROKEN = Broken.BROKEN
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


class Extent(NamedTuple):
    """How large a tree is, every alias counted as a copy."""

    size: int
    depth: int


ONE = Extent(1, 1)

# The nodes have gc=False: there are a hundred thousand of them, and a tree holds no cycles for a collector to find.


class ScalarNode(Struct, frozen=True, gc=False):
    """One value."""

    place: Place
    value: ScalarValue | Broken
    written: str | None = None
    """The text in the file, without quotes; None where nothing stands there, and for values that we made."""


class SequenceNode(Struct, frozen=True, gc=False):
    """A list of nodes."""

    place: Place
    items: tuple[Node, ...]
    extent: Extent = ONE


class Entry(Struct, frozen=True, gc=False):
    """A key's place and its value."""

    place: Place
    node: Node


class MappingNode(Struct, frozen=True, gc=False):
    """Entries by the text of their keys, in the order of the file; merge keys are applied."""

    place: Place
    entries: Mapping[str, Entry] = field(default_factory=dict)
    extent: Extent = ONE
    merge_key: Place | None = None
    """Where `<<` was used in this mapping."""
    has_text_keys: bool = True
    """Whether all its keys are texts as they are written, and not numbers for example."""

    def get(self, key: str) -> Node | None:
        """The value under a key."""
        entry = self.entries.get(key)
        return None if entry is None else entry.node


AnyMark = Mark | CMark
Node = ScalarNode | SequenceNode | MappingNode
Locate = Callable[[AnyMark], Place]
"""From a mark in the parsed text to its place in the file."""


class Unparsable(Exception):  # noqa: N818 - named by what is the case, as all our errors are
    """The text is not YAML."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


def first_document(text: str) -> Iterator[events.Event]:
    """The events of the first document, what follows is not read. Raises `Unparsable`."""
    try:
        parser = CBaseLoader(text)
        while True:
            event = parser.get_event()
            if event is None or isinstance(event, (events.DocumentEndEvent, events.StreamEndEvent)):
                return
            if isinstance(event, (events.NodeEvent, events.CollectionEndEvent)):
                yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or "not YAML"
        if error.context:
            message = f"{message} {error.context}"
        raise Unparsable(message, mark.index if mark else 0) from error
    except ReaderError as error:
        before = text.encode()[: error.position]  # libyaml counts bytes here, and characters elsewhere
        raise Unparsable(str(error).split("\n")[0], len(before.decode("utf-8", "ignore"))) from error
    except UnicodeEncodeError as error:
        raise Unparsable("half of a surrogate pair", error.start) from error


def start_of(event: events.Event) -> int:
    """The index of an event's first character."""
    assert event.start_mark is not None  # libyaml marks every event
    return event.start_mark.index


def end_of(event: events.Event) -> int:
    """The index behind an event's last character."""
    assert event.end_mark is not None
    return event.end_mark.index


def compose(text: str, locate: Locate, report: Report) -> Node | None:
    """The tree of the first document, None when there is no document.

    Duplicate keys, unknown anchors and the like are noted in `report`. Raises `Unparsable`.
    """
    return _Composer(text, locate, report).compose()


def extent_of(node: Node) -> Extent:
    """How large a tree is."""
    return ONE if isinstance(node, ScalarNode) else node.extent


class _Composer:
    def __init__(self, text: str, locate: Locate, report: Report) -> None:
        self._events = first_document(text)
        self._locate = locate
        self._report = report
        self._anchors: dict[str, Node | None] = {}  # None: still open, so an alias to it would contain itself
        self._steps: list[str] = []  # on the way to the node that is being composed

    def compose(self) -> Node | None:
        event = next(self._events, None)
        if event is None:
            return None
        root = self._node(event, in_flow_mapping=False)
        for _ in self._events:
            pass  # what comes after the root can only be a mistake, which the parser raises
        if extent_of(root).size > MAX_EXPANDED_NODES:
            self._problem(root.place, "the aliases expand to far too many values")
            return ScalarNode(root.place, BROKEN)
        return root

    def _place(self, event: events.Event) -> Place:
        assert event.start_mark is not None  # libyaml marks every event
        return self._locate(event.start_mark)

    def _node(self, event: events.Event, *, in_flow_mapping: bool) -> Node:
        match event:
            case events.AliasEvent():
                return self._alias(event)
            case events.ScalarEvent():
                node: Node = self._scalar(event, in_flow_mapping=in_flow_mapping)
            case _:
                node = self._collection(event)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _alias(self, event: events.AliasEvent) -> Node:
        place = self._place(event)
        if event.anchor not in self._anchors:
            name = HIDDEN if is_secret(self._path()) else event.anchor  # a key may begin with a *
            self._problem(place, f"unknown anchor {name!r}", f"define &{name} above")
            return ScalarNode(place, BROKEN)
        node = self._anchors[event.anchor]
        if node is None:
            self._problem(place, f"anchor {event.anchor!r} contains itself")
            return ScalarNode(place, BROKEN)
        return node

    def _scalar(self, event: events.ScalarEvent, *, in_flow_mapping: bool) -> ScalarNode:
        place = self._place(event)
        plain, quoted = event.implicit
        if UNKNOWN_VALUE in event.value:
            return ScalarNode(place, BROKEN)
        if not plain:
            if quoted or event.tag in (None, "!"):
                return ScalarNode(place, event.value, event.value)
            try:
                return ScalarNode(place, resolve_tagged(event.tag, event.value), event.value)
            except ValueError as error:
                self._problem(place, "does not fit its tag" if is_secret(self._path()) else str(error))
                return ScalarNode(place, BROKEN)
        if not event.value:
            # compatible: nothing after the colon inside braces is the empty text, not null (spec config 7, nulls)
            return ScalarNode(place, "" if in_flow_mapping else None)
        return ScalarNode(place, resolve_plain(event.value), event.value)

    def _collection(self, event: events.Event) -> Node:
        if len(self._steps) == MAX_DEPTH:
            raise Unparsable(_TOO_DEEP, start_of(event))
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = None
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(event)
        assert isinstance(event, events.MappingStartEvent)
        return self._mapping(event)

    def _sequence(self, start: events.SequenceStartEvent) -> SequenceNode:
        items: list[Node] = []
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            items.append(self._below(f"[{len(items)}]", event, in_flow_mapping=False))
        return SequenceNode(self._place(start), tuple(items), self._extent(start, items))

    def _mapping(self, start: events.MappingStartEvent) -> MappingNode:
        entries: dict[str, Entry] = {}
        merge_key: Place | None = None
        has_text_keys = True
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            place = self._place(event)
            key, is_text = self._key(event)
            node = self._below(f".{key}", next(self._events), in_flow_mapping=bool(start.flow_style))
            if key is None:
                continue
            if key in entries:
                self._already_defined(key, place, entries[key].place)
                continue
            entries[key] = Entry(place, node)
            has_text_keys = has_text_keys and is_text
            if key == MERGE_KEY and isinstance(event, events.ScalarEvent) and event.implicit[0]:
                merge_key = place
        if merge_key is not None:
            merged = self._merged(entries.pop(MERGE_KEY).node)
            for mapping in merged:
                entries = {**mapping.entries, **entries}
        extent = self._extent(start, [entry.node for entry in entries.values()])
        return MappingNode(self._place(start), entries, extent, merge_key, has_text_keys)

    def _below(self, step: str, event: events.Event, *, in_flow_mapping: bool) -> Node:
        self._steps.append(step)
        node = self._node(event, in_flow_mapping=in_flow_mapping)
        self._steps.pop()
        return node

    def _extent(self, start: events.Event, children: Sequence[Node]) -> Extent:
        size, depth = 1, 0
        for child in children:
            if isinstance(child, ScalarNode):
                size += 2
                continue
            size += 1 + child.extent.size
            depth = max(depth, child.extent.depth)
        depth = max(depth, 1 if children else 0) + 1
        if depth > MAX_DEPTH:
            raise Unparsable(_TOO_DEEP, start_of(start))
        return Extent(size, depth)

    def _key(self, event: events.Event) -> tuple[str | None, bool]:
        """A key as text, None for one that is a mistake, and whether it is a text as it is written."""
        node = self._node(event, in_flow_mapping=False)
        if not isinstance(node, ScalarNode):
            self._problem(self._place(event), "a key must be a scalar, not a list or a mapping")
            return None, False
        if isinstance(node.value, Broken):
            return None, False
        if node.value is None:
            return str(getattr(event, "value", "")), False
        return text_of(node.value), isinstance(node.value, str)

    def _already_defined(self, key: str, place: Place, first: Place) -> None:
        message = f'key "{key}" is already defined at line {first.line}'
        self._problem(place, message, "remove one of the two")

    def _problem(self, place: Place, message: str, remedy: str = "") -> None:
        self._report.problem(place, self._path(), message, remedy)

    def _path(self) -> str:
        return "".join(self._steps).removeprefix(".")

    def _merged(self, node: Node) -> list[MappingNode]:
        """The mappings that a merge key brings in, in the order in which they win."""
        if isinstance(node, MappingNode):
            return [node]
        if isinstance(node, SequenceNode) and all(isinstance(item, MappingNode) for item in node.items):
            return [item for item in node.items if isinstance(item, MappingNode)]
        if not (isinstance(node, ScalarNode) and node.value is BROKEN):
            self._problem(node.place, "<< takes a mapping or a list of mappings")
        return []
