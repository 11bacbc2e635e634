"""The JSON Schema of the file, for editors and other checkers: made from the classes in `document`.

It accepts what the loader accepts, before environment variables and macros are filled in: null wherever a default
exists, numbers and booleans where text is wanted, the words for booleans, and texts with `${...}` in place of numbers,
booleans and words. What only the loader can see, such as a name that no model has, passes.

Draft 7, since that is what editors understand. Unknown keys are valid, as they are for the loader, which warns of them;
`deprecationMessage`, which validators ignore, makes editors warn of them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, json

from modelyard.config import document
from modelyard.config.document import Document
from modelyard.config.keys import later_keys

SCHEMA_ID = "https://raw.githubusercontent.com/modelyard/modelyard/main/docs/modelyard.schema.json"
UNKNOWN = "Unknown key, ignored. Is it misspelled? Keys that begin with x- are free for use."
LATER = "Not supported yet: ignored."

Schema = dict[str, Any]

_REFERENCE = r"\$\{[^}]+\}"
_BOOLEAN_WORDS = "^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$"
# Editors that read YAML 1.2 take these for texts; the loader takes them for numbers (spec config 7).
_INTEGER_WORDS = "^[-+]?(?:0[bB][01_]+|[0-9][0-9_]*_[0-9_]*)$"
_KEYS_THAT_PASS = rf"^x-|{_REFERENCE}"
_MACRO_NAMES = rf"^[A-Za-z0-9_-]{{1,63}}$|{_REFERENCE}"
_ANNOTATIONS = ("title", "description", "default", "examples")


def document_schema() -> Schema:
    """The schema, ready to be written as JSON."""
    (root,), components = json.schema_components([Document], ref_template="#/definitions/{name}")
    definitions = {name: _definition(name, component) for name, component in components.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA_ID,
        "title": "Modelyard",
        "allOf": [root],
        "definitions": definitions,
    }


def schema_text() -> str:
    """The schema as it is printed and kept: JSON, indented, with a line end."""
    return json.format(json.encode(document_schema()), indent=2).decode() + "\n"


def _definition(name: str, component: Mapping[str, Any]) -> Schema:
    """A section: one class of the file."""
    section: type[Struct] = getattr(document, name)
    properties = {key: _value(value) for key, value in component["properties"].items()}
    if "macros" in properties:
        properties["macros"]["propertyNames"] = {"pattern": _MACRO_NAMES}
    later = {key: {"description": LATER, "deprecationMessage": LATER} for key in sorted(later_keys(section))}
    return {
        "title": _words(name),
        "description": component["description"],
        "type": ["object", "null"],
        "properties": {**properties, **later},
        "patternProperties": {_KEYS_THAT_PASS: True},
        "additionalProperties": {"deprecationMessage": UNKNOWN},
    }


def _words(name: str) -> str:
    """A class's name as a title: `ModelEntry` is "Model entry"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()


def _value(schema: Mapping[str, Any]) -> Schema:
    """What msgspec says of a value, made as lenient as the loader."""
    notes = {key: schema[key] for key in _ANNOTATIONS if key in schema}
    return notes | _leniently(schema, notes)


def _leniently(schema: Mapping[str, Any], notes: Schema) -> Schema:
    if "$ref" in schema:
        return {"allOf": [{"$ref": schema["$ref"]}]}  # draft 7 ignores what stands beside a $ref
    if "anyOf" in schema:
        return _one_of_several(schema["anyOf"])
    if "enum" in schema:
        nothing = [None, ""] if schema.get("default") == "" else [None]
        return {"anyOf": [{"enum": [*schema["enum"], *nothing]}, {"type": "string", "pattern": _REFERENCE}]}
    if "pattern" in schema:
        return _size(schema) if schema["type"] == "integer" else _duration(schema, notes)
    match schema.get("type"):
        case "object":
            return _mapping(schema)
        case "array":
            return {"type": ["array", "null"], "items": _value(schema["items"])}
        case "boolean":
            return {"type": ["boolean", "string", "null"], "pattern": _either(_BOOLEAN_WORDS, _REFERENCE)}
        case "integer":
            return {
                "type": ["number", "string", "null"],
                "pattern": _either(_INTEGER_WORDS, _REFERENCE),
                **_least(schema.get("minimum")),
            }
        case "string":
            return {"type": ["string", "number", "boolean", "null"]}
        case other:
            raise AssertionError(f"the file has no values of type {other}")


def _one_of_several(choices: Iterable[Mapping[str, Any]]) -> Schema:
    """A value that may be missing, or any scalar but null."""
    some = [choice for choice in choices if choice.get("type") != "null"]
    if len(some) == 1:
        return _value(some[0])
    if any("$ref" in choice for choice in some):
        return {"anyOf": [_value(choice) for choice in some]}
    return {"type": list(dict.fromkeys("number" if one["type"] == "integer" else one["type"] for one in some))}


def _mapping(schema: Mapping[str, Any]) -> Schema:
    mapping: Schema = {"type": ["object", "null"]}
    if "additionalProperties" in schema:
        mapping["additionalProperties"] = _value(schema["additionalProperties"])
    return mapping


def _least(bound: int | None) -> Schema:
    """A lower bound. Fractions are cut off, so that -0.5 is 0."""
    if bound is None:
        return {}
    return {"exclusiveMinimum": bound - 1} if bound <= 0 else {"minimum": bound}


def _duration(schema: Mapping[str, Any], notes: Schema) -> Schema:
    if "default" in notes:
        notes["default"] = f"{notes['default']:g}s"
    return {"type": ["string", "null"], "pattern": _either(schema["pattern"], _REFERENCE)}


def _size(schema: Mapping[str, Any]) -> Schema:
    pattern = _either(schema["pattern"], _INTEGER_WORDS, _REFERENCE)
    return {"type": ["string", "number", "null"], "pattern": pattern, **_least(0)}


def _either(*patterns: str) -> str:
    return "|".join(patterns)
