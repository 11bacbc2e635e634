"""Sizes with and without units."""

from __future__ import annotations

import pytest

from modelyard.config.sizes import parse_size
from tests.config.helpers import load, the_problem


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("2GB", 2 * 10**9),
        ("2 gb", 2 * 10**9),
        ("2G", 2 * 10**9),
        ("1.5MiB", 1536 * 1024),
        ("100B", 100),
        ("1TiB", 2**40),
        ("", None),
        ("GB", None),
        ("-1", None),
        ("2 XB", None),
        ("2GBB", None),
        ("1e9", None),
        ("2  GB", None),
        ("٢GB", None),
        ("9" * 30, None),
    ],
)
def test_how_sizes_are_written(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(("written", "size"), [("2GB", 2 * 10**9), ("7", 7), ("0", 0), ("~", 0), ('"5 MiB"', 5 << 20)])
def test_the_largest_body(written: str, size: int) -> None:
    config = load(f"maxBody: {written}")
    assert config.max_body == size
    assert config.warnings == config.without_effect == ()


@pytest.mark.parametrize("written", ["-1", "lots", "2.5", "true", "[]", "99999999999 TB"])
def test_what_is_no_size(written: str) -> None:
    problem = the_problem(f"maxBody: {written}")
    assert problem.message.startswith("expected a size, in bytes or with a unit")
    assert problem.remedy == "write maxBody: 2GB"


def test_a_heartbeat_of_all_models_and_of_one() -> None:
    config = load('heartbeat: 15\nmodels: {a: {cmd: "x ${PORT}"}, b: {cmd: "x ${PORT}", heartbeat: 0}}')
    assert {model.id: model.heartbeat for model in config.models.values()} == {"a": 15, "b": 0}
    assert load('models: {a: {cmd: "x ${PORT}"}}').models["a"].heartbeat == 0
