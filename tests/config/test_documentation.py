"""The examples of the user's reference load, and say nothing doubtful."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modelyard.config.keys import EXPANDED, LATER, MODEL_LATER
from tests.config.helpers import load

REFERENCE = Path(__file__).parents[2] / "docs" / "configuration.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads_without_warnings(example: str) -> None:
    config = load(example)
    assert config.models
    assert config.warnings == ()


def test_the_reference_has_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("key", sorted(EXPANDED | {"models", "macros"}))
def test_every_key_of_the_top_level_is_documented(key: str) -> None:
    assert f"`{key}" in TEXT


@pytest.mark.parametrize("key", sorted(LATER | MODEL_LATER))
def test_every_key_that_is_not_supported_yet_is_named(key: str) -> None:
    assert f"`{key}`" in TEXT.partition("## Not supported yet")[2]
