"""Where a request names its model, and whether it wants its answer piece by piece.

`msgspec` validates the JSON and skips what we do not ask for, so finding the model in a long prompt costs one pass
in C and no copies.
"""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlencode

import msgspec

Buffer = bytes | bytearray | memoryview

FORM_TYPE = b"application/x-www-form-urlencoded"


class _Streaming(msgspec.Struct, gc=False):
    stream: str | int | float | bool | None = None


class _Routing(msgspec.Struct, gc=False):
    """The member that routing needs. The last duplicate wins, as in the engines."""

    model: str | int | float | bool | None = None


_decode_streaming = msgspec.json.Decoder(_Streaming).decode
_decode_routing = msgspec.json.Decoder(_Routing).decode


def is_json(content_type: bytes) -> bool:
    """Whether a body counts as JSON: the exact text `application/json` in its type (spec http 4)."""
    return b"application/json" in content_type


def find_in_json(body: Buffer) -> str:
    """The top-level `model` of a JSON object as text, empty where there is none.

    Anything that is not a JSON object names no model (spec http 4), nor does one nested beyond the decoder's depth.
    """
    try:
        model = _decode_routing(body).model
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(model, str):
        return model
    if isinstance(model, bool):
        return "true" if model else "false"
    return "" if model is None else str(model)


def find_in_query(query: bytes, name: str = "model") -> str:
    """A field of a query string or of an URL-encoded form, empty where there is none."""
    try:
        fields = parse_qs(query.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return ""
    return fields.get(name, [""])[0]


def find_model(content_type: bytes, body: Buffer, query: bytes) -> str:
    """The model that a request with a body names, by the rules of spec http 4; multipart forms are `FormScanner`'s."""
    if b"application/json" in content_type:
        return find_in_json(body)
    if FORM_TYPE in content_type and (named := find_in_query(bytes(body))):
        return named
    return find_in_query(query)


def is_streamed(content_type: bytes, body: Buffer, query: bytes) -> bool:
    """Whether a request asks for its answer piece by piece (spec http 4, lifecycle 7)."""
    if is_json(content_type):
        try:
            stream = _decode_streaming(body).stream
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        return stream in (True, "true")  # and 1, which is the same as true
    form = bytes(body) if FORM_TYPE in content_type else b""
    return "true" in (find_in_query(form, "stream"), find_in_query(query, "stream"))


def replace_in_query(query: bytes, name: str) -> bytes:
    """A query string, or an URL-encoded form, with `model` set to `name`: by name, as scripts know it (spec http 6.3).

    Names and values that are no UTF-8 stay the bytes that they are.
    """
    fields = parse_qsl(query.decode("utf-8", "surrogateescape"), keep_blank_values=True, errors="surrogateescape")
    kept = [(field, value) for field, value in fields if field != "model"]
    ordered = sorted([*kept, ("model", name)], key=lambda field: field[0])
    return urlencode(ordered, errors="surrogateescape").encode("ascii")
