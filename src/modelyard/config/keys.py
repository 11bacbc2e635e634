"""The keys that are known and that nothing acts upon yet. All others are fields of the classes in `document`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, inspect

from modelyard.config.document import Document, ModelEntry

_COMING: Mapping[type[Struct], frozenset[str]] = {
    Document: frozenset(),
    ModelEntry: frozenset(
        [
            "sleep",
            "files",
            "maxServe",
            "hooks",
        ]
    ),
}
WITHOUT_EFFECT = frozenset(
    [
        "logRequests",
    ]
)
"""Keys of the top level that are read, checked and kept, for what comes."""
MODEL_WITHOUT_EFFECT = frozenset(
    [
        "healthCheckTimeout",
    ]
)
"""Keys of a model that are read, checked and kept, for what comes."""
LATER = WITHOUT_EFFECT | _COMING[Document]
"""Keys of the top level that exist and are not supported yet."""
MODEL_LATER = MODEL_WITHOUT_EFFECT | _COMING[ModelEntry]
"""Keys of a model that exist and are not supported yet."""


def later_keys(section: type[Struct]) -> frozenset[str]:
    """The keys of a section that exist and are not read yet."""
    return _COMING.get(section, frozenset())


def _keys_of(section: type[Struct]) -> frozenset[str]:
    kind = inspect.type_info(section)
    assert isinstance(kind, inspect.StructType)
    return frozenset(field.encode_name for field in kind.fields)


EXPANDED = (_keys_of(Document) | _COMING[Document]) - {"macros", "models"}
"""Keys of the top level whose values take global macros. `macros` and `models` have rules of their own."""
