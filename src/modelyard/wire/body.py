"""Where a body names its model, and how that name is replaced while every other byte stays.

`msgspec` validates the JSON and skips what we do not ask for, so finding the model in a long prompt costs one pass
in C and no copies.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs

import msgspec

Buffer = bytes | bytearray | memoryview

FORM_TYPE = b"application/x-www-form-urlencoded"


class _Routing(msgspec.Struct, gc=False):
    """The two members that routing needs. The last duplicate wins, as in the engines."""

    model: str | int | float | bool | None = None
    stream: str | int | float | bool | None = None


_decode_routing = msgspec.json.Decoder(_Routing).decode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Naming(NamedTuple):
    """What a request says of its model: the name as written (empty: none), and whether the answer shall stream."""

    model: str
    stream: bool = False


NO_MODEL = Naming("")


def is_json(content_type: bytes) -> bool:
    """Whether a body counts as JSON: the exact text `application/json` in its type (spec http 4)."""
    return b"application/json" in content_type


def find_in_json(body: Buffer) -> Naming:
    """The top-level `model` of a JSON object. Anything that is not a JSON object names no model (spec http 4)."""
    try:
        routing = _decode_routing(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return NO_MODEL
    model = routing.model
    if model.__class__ is not str:
        model = "" if model is None else _as_text(model)
    return Naming(model, _is_true(routing.stream))


def find_in_query(query: bytes) -> Naming:
    """`model` (and `stream=true`) of a query string or of an URL-encoded form."""
    try:
        fields = parse_qs(query.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return NO_MODEL
    return Naming(fields.get("model", [""])[0], fields.get("stream", [""])[0] == "true")


def find_model(content_type: bytes, body: Buffer, query: bytes) -> Naming:
    """What a request with a body names, by the rules of spec http 4 (multipart bodies name nothing yet)."""
    if is_json(content_type):
        return find_in_json(body)
    if FORM_TYPE in content_type:
        named = find_in_query(bytes(body))
        if named.model:
            return named
    return find_in_query(query)


def replace_model(body: Buffer, name: str) -> bytes:
    """The JSON body with its top-level `model` set to `name`; the other members keep order and bytes.

    The body must have passed `find_in_json`.
    """
    members: dict[str, msgspec.Raw] = _decode_members(body)
    members["model"] = msgspec.Raw(msgspec.json.encode(name))
    return msgspec.json.encode(members)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_true(value: object) -> bool:
    return value is True or value == "true" or value == 1
