"""What the classes of the file share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

Seconds = Annotated[int, Meta(extra={"unit": "seconds"})]
Duration = Annotated[
    float,
    Meta(
        extra={"kind": "duration"},
        extra_json_schema={
            "type": "string",
            "pattern": r"^[+-]?(0|([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$",
            "examples": ["15s", "1m30s"],
        },
    ),
]
"""Written as in `1h2m3.5s`; seconds once decoded."""
Size = Annotated[
    int,
    Meta(
        ge=0,
        extra={"unit": "bytes"},
        extra_json_schema={
            "pattern": r"^[0-9]+(\.[0-9]+)? ?([kKmMgGtT](i?[bB])?|[bB])?$",
            "examples": ["2GB", "512MiB"],
        },
    ),
]
"""Bytes, as a number or with a unit."""
FreeForm = Mapping[str, Any]
"""Anything: kept as it is, shown or forwarded as JSON."""


class Section(Struct, frozen=True, kw_only=True, rename="camel"):
    """One mapping of the file. A field's default is what a missing key, or null, means."""
