"""Nodes to the classes of the file, key by key, as the types of their fields say (spec config 7).

The classes in `document` are walked once each; what comes out is a table of readers. Keys that no field has are
warned about. A mistake costs only its own key: that keeps its default, and everything else is read on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct, inspect

from modelyard.config.convert import (
    Reader,
    free_value,
    integer_reader,
    is_broken,
    is_empty,
    is_nothing,
    read_boolean,
    read_duration,
    read_size,
    read_string,
    word_reader,
    wrong,
)
from modelyard.config.errors import Report
from modelyard.config.keys import later_keys
from modelyard.config.nodes import BROKEN, Broken, Entry, MappingNode, Node, SequenceNode

StructT = TypeVar("StructT", bound=Struct)


class _Field(NamedTuple):
    """One key."""

    name: str
    """The attribute."""
    read: Reader
    null: Callable[[], Any] | None
    """What null means: nothing in a list, a mapping, or where None may be; else (None) the default."""


class _Shape(NamedTuple):
    """A class of the file, ready for reading."""

    cls: type[Struct]
    fields: Mapping[str, _Field]
    """By key."""


class _Hint(NamedTuple):
    """What messages about a field say beside its type."""

    unit: str = ""
    default: int = 0


def decode(cls: type[StructT], node: Node | None, path: str, report: Report) -> StructT:
    """Read a mapping as a section of the file. Nothing, and what is wrong, is a section of defaults."""
    if node is None or is_nothing(node):
        return cls()
    section = _read_section(_shape(cls), node, path, report)
    return section if isinstance(section, cls) else cls()


def decode_key(cls: type[Struct], key: str, node: Node | None, path: str, report: Report) -> Any:
    """Read the value of one key of a section. Nothing, and what is wrong, is the key's default."""
    field = _shape(cls).fields[key]
    value = BROKEN if node is None or is_nothing(node) else field.read(node, path, report)
    return getattr(cls(), field.name) if value is BROKEN else value


@functools.cache
def _shape(cls: type[Struct]) -> _Shape:
    return _Shape(
        cls,
        {
            field.encode_name: _Field(
                field.name,
                _reader(field.type, _Hint(default=_number(field.default))),
                _null(field.type),
            )
            for field in _struct_type(cls).fields
        },
    )


def _struct_type(cls: type[Struct]) -> inspect.StructType:
    kind = _bare(inspect.type_info(cls))
    assert isinstance(kind, inspect.StructType)
    return kind


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _number(default: object) -> int:
    return default if type(default) is int else 0


def _null(kind: inspect.Type) -> Callable[[], Any] | None:
    match _bare(kind):
        case inspect.VarTupleType():
            return tuple
        case inspect.DictType():
            return dict
        case inspect.UnionType():
            return lambda: None
        case _:
            return None


def _reader(kind: inspect.Type, hint: _Hint) -> Reader:
    """The reader of a type. Floats are durations: there are no others in the file."""
    match kind:
        case inspect.Metadata(type=inner, extra=extra):
            return _reader(inner, hint._replace(unit=(extra or {}).get("unit", hint.unit)))
        case inspect.BoolType():
            return read_boolean
        case inspect.IntType(ge=least):
            integers = integer_reader(least=least, unit=hint.unit, default=hint.default)
            return read_size if hint.unit == "bytes" else integers
        case inspect.FloatType():
            return read_duration
        case inspect.StrType():
            return read_string
        case inspect.LiteralType(values=words):
            return word_reader([str(word) for word in words])
        case inspect.VarTupleType(item_type=item):
            return _list_reader(_reader(item, _Hint()))
        case inspect.DictType(value_type=inspect.AnyType()):
            return _read_free_form
        case inspect.DictType(value_type=value):
            section = isinstance(_bare(value), inspect.StructType)
            return _mapping_reader(_reader(value, _Hint()), _zero(value), keeps_broken=section)
        case inspect.StructType(cls=cls):
            return functools.partial(_read_section, _shape(cls))
        case inspect.UnionType(types=types):
            return _union_reader(types, hint)
        case _:
            return _read_anything


def _union_reader(types: tuple[inspect.Type, ...], hint: _Hint) -> Reader:
    """What may be missing, a text or a section, or any value at all."""
    match types:
        case (inspect.StrType(), inspect.StructType(cls=cls)):
            return functools.partial(_read_text_or_section, _shape(cls))
        case _ if inspect.NoneType() in types:
            (inner,) = (one for one in types if not isinstance(one, inspect.NoneType))
            return _reader(inner, hint)
        case _:
            return _read_anything


def _read_anything(node: Node, path: str, report: Report) -> Any:
    return free_value(node)


def _zero(kind: inspect.Type) -> Callable[[], Any]:
    """What a null entry of a mapping means: the type's zero, a section of defaults (spec config 7, 24.11)."""
    match _bare(kind):
        case inspect.StructType(cls=cls):
            return cls
        case inspect.DictType():
            return dict
        case inspect.IntType():
            return int
        case _:
            return str


def _read_section(shape: _Shape, node: Node, path: str, report: Report) -> Struct | Broken:
    if not isinstance(node, MappingNode):
        return wrong(node, path, report, "a mapping", "write its keys below it, indented")
    values = {}
    for key, entry in node.entries.items():
        field = shape.fields.get(key)
        place_path = f"{path}.{key}" if path else key
        if field is None:
            _unknown(shape, key, entry, place_path, report)
        elif not is_nothing(entry.node):
            value = field.read(entry.node, place_path, report)
            if value is not BROKEN:
                values[field.name] = value
        elif field.null is not None and not is_broken(entry.node):
            values[field.name] = field.null()
    return shape.cls(**values)


def _read_text_or_section(shape: _Shape, node: Node, path: str, report: Report) -> str | Struct | Broken:
    if isinstance(node, MappingNode):
        return _read_section(shape, node, path, report)
    text: str | Broken = read_string(node, path, report)
    return text


def _unknown(shape: _Shape, key: str, entry: Entry, path: str, report: Report) -> None:
    later = later_keys(shape.cls)
    if key in later:
        if not is_empty(entry.node):
            report.warning(entry.place, path, "not supported yet, ignored")
    elif not key.startswith("x-"):
        report.warning(entry.place, path, "unknown key, ignored", report.did_you_mean(key, [*shape.fields, *later]))


def _list_reader(read_item: Reader) -> Reader:
    def read(node: Node, path: str, report: Report) -> tuple[Any, ...] | Broken:
        if not isinstance(node, SequenceNode):
            return wrong(node, path, report, "a list of strings ([]string)", f"write {path.rpartition('.')[2]}: [a, b]")
        items = (
            read_item(item, f"{path}[{index}]", report) for index, item in enumerate(node.items) if not is_nothing(item)
        )
        return tuple(item for item in items if item is not BROKEN)

    return read


def _mapping_reader(read_value: Reader, zero: Callable[[], Any], *, keeps_broken: bool) -> Reader:
    """Reads mappings whose keys are names. A section that is broken is kept, empty: its name may be used elsewhere."""

    def read(node: Node, path: str, report: Report) -> dict[str, Any] | Broken:
        if not isinstance(node, MappingNode):
            return wrong(node, path, report, "a mapping", "write its names below it, indented")
        values = {}
        for name, entry in node.entries.items():
            value = BROKEN if is_broken(entry.node) else zero()
            if not is_nothing(entry.node):
                value = read_value(entry.node, f"{path}.{name}", report)
            if value is not BROKEN:
                values[name] = value
            elif keeps_broken:
                values[name] = zero()
        return values

    return read


def _read_free_form(node: Node, path: str, report: Report) -> dict[str, Any] | Broken:
    if not isinstance(node, MappingNode):
        return wrong(node, path, report, "a mapping")
    return {name: free_value(entry.node) for name, entry in node.entries.items()}
