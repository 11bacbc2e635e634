"""One answer: its end, its pieces, its account."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from modelyard.demo.generation import Ask, Generation, cut
from modelyard.demo.language import built_in

SEA = Ask(prompt="the sea", temperature=0)


@pytest.mark.parametrize(
    ("text", "stops", "expected"),
    [
        ("some text", (), ("some text", "", "")),
        ("some text", ("x",), ("some te", "", "x")),
        ("some text", ("text!",), ("some ", "text", "")),
        ("some text", ("t", "e"), ("som", "", "e")),
        ("some text", ("",), ("some text", "", "")),
        ("aab", ("aac", "abc"), ("a", "ab", "")),
        ("", ("x",), ("", "", "")),
    ],
)
def test_cut(text: str, stops: tuple[str, ...], expected: tuple[str, str, str]) -> None:
    assert cut(text, stops) == expected


def test_default_length_is_a_natural_end_and_a_limit_is_not() -> None:
    natural, limited = _generate(SEA), _generate(replace(SEA, limit=5))
    assert (natural.completion_tokens, natural.finish_reason) == (20, "stop")
    assert (limited.completion_tokens, limited.finish_reason) == (5, "length")


def test_a_held_back_beginning_of_a_stop_string_is_sent_at_the_end() -> None:
    whole = asyncio.run(_make(replace(SEA, limit=6)).text())
    held = asyncio.run(_make(replace(SEA, limit=6, stop=(whole[-3:] + "never",))).text())
    assert held == whole


def test_no_tokens() -> None:
    generation = _make(replace(SEA, limit=0))
    assert asyncio.run(generation.text()) == ""
    assert generation.finish_reason == "length"


def test_pace_and_timings_agree() -> None:
    generation = _generate(replace(SEA, limit=10), tokens_per_second=100)
    timings = generation.timings()
    assert timings["predicted_n"] == 10
    assert timings["predicted_ms"] >= 100
    assert timings["predicted_per_second"] <= 100
    assert timings["prompt_n"] == generation.prompt_tokens


def _generate(ask: Ask, tokens_per_second: float = 0) -> Generation:
    generation = _make(ask, tokens_per_second)
    asyncio.run(generation.text())
    return generation


def _make(ask: Ask, tokens_per_second: float = 0) -> Generation:
    return Generation(ask, built_in(), tokens_per_second, 20)
