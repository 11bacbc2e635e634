"""The examples of the user's reference load, and say nothing doubtful."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modelyard.config.keys import EXPANDED, LATER, MODEL_LATER
from tests.config.helpers import load

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
# Not the pages in docs/compatibility: their examples are fragments, and the conformance cases test them.
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
EXAMPLES = [
    pytest.param(example, id=f"{page.name}-{number}")
    for page in PAGES
    for number, example in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads_without_warnings(example: str) -> None:
    config = load(example)
    assert config.models
    assert config.warnings == ()


def test_the_reference_has_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("key", sorted(EXPANDED | {"models", "macros"}))
def test_every_key_of_the_top_level_is_documented(key: str) -> None:
    assert f"`{key}" in TEXT


@pytest.mark.parametrize("key", sorted(LATER | MODEL_LATER))
def test_every_key_that_is_not_supported_yet_is_named(key: str) -> None:
    assert f"`{key}`" in TEXT.partition("## Not supported yet")[2]
