"""What is generated from the classes of the file is not stale, and the annotated example leaves nothing out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect

from modelyard.config.convert import free_value
from modelyard.config.document import Document
from modelyard.config.environment import Text
from modelyard.config.errors import Report
from modelyard.config.nodes import MappingNode, Node, compose
from modelyard.config.sources import load_config

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "complete.yaml"
ENVIRONMENT = {"HOME": "/home/me", "HF_TOKEN": "hf_example", "MODELYARD_KEY": "k-1"}
OLDER_PLACES = {"groups", "matrix"}
"""Keys that exclude their newer places, which the example shows."""


def keys_of(kind: inspect.Type, prefix: str = "") -> Iterator[str]:
    """All keys that may stand in a value, with dots; names that users choose are `*`."""
    match kind:
        case inspect.Metadata(type=inner):
            yield from keys_of(inner, prefix)
        case inspect.UnionType(types=types):
            for one in types:
                yield from keys_of(one, prefix)
        case inspect.DictType(value_type=inner):
            yield from keys_of(inner, f"{prefix}*.")
        case inspect.StructType(fields=fields):
            for field in fields:
                yield f"{prefix}{field.encode_name}"
                yield from keys_of(field.type, f"{prefix}{field.encode_name}.")


def keys_in(value: Any, known: set[str], prefix: str = "") -> Iterator[str]:
    """The keys of a value that are known, in the same spelling."""
    for name, below in value.items() if isinstance(value, dict) else ():
        key = name if f"{prefix}{name}" in known else "*"
        yield f"{prefix}{key}"
        yield from keys_in(below, known, f"{prefix}{key}.")


KNOWN = set(keys_of(inspect.type_info(Document)))


def written(path: Path) -> Node:
    text = Text.of(path.name, path.read_text(encoding="utf-8"))
    node = compose(text.content, text.place_of, Report())
    assert isinstance(node, MappingNode)
    return node


def test_nothing_generated_is_stale() -> None:
    script = PROJECT / "scripts" / "configuration-reference"
    checked = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_every_key_is_in_the_reference() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for key in KNOWN:
        last = key.rpartition("*.")[2].rpartition("matrix.")[2]  # what stands in a table of its own
        assert f"`{last}`" in page or f"`{last}." in page or f".{last}`" in page, key


def test_the_example_has_every_key() -> None:
    used = set(keys_in(free_value(written(EXAMPLE)), KNOWN))
    older = {key for key in KNOWN if key.partition(".")[0] in OLDER_PLACES}
    assert KNOWN - used - older == set()


def test_the_example_loads() -> None:
    config = load_config(str(EXAMPLE), environment=ENVIRONMENT)
    assert config.warnings == ()
    assert config.unbuildable == ()
    assert config.matrix_program is not None


@pytest.mark.parametrize("page", ["docs/configuration.md", "docs/getting-started.md"])
def test_the_example_is_linked(page: str) -> None:
    assert "../examples/complete.yaml" in (PROJECT / page).read_text(encoding="utf-8")
