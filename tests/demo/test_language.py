"""The n-gram model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.demo.language import BYTE_TOKENS, LanguageModel, built_in

RHYME = "The cat sat on the mat. The dog sat on the log. The cat saw the dog." + " And so on." * 30


@given(st.text(st.characters(codec="utf-8")))
def test_decode_undoes_encode(text: str) -> None:
    model = built_in()
    assert model.decode(model.encode(text)) == text


def test_known_words_are_one_token_and_unknown_ones_bytes() -> None:
    model = LanguageModel(RHYME)
    known, *unknown = model.encode("The ☃")
    assert known >= BYTE_TOKENS
    assert bytes(unknown).decode() == " ☃"


@pytest.mark.parametrize("number", [-1, 10**9])
def test_an_id_out_of_range_is_an_index_error(number: int) -> None:
    with pytest.raises(IndexError):
        built_in().decode([number])


def test_greedy_continuation_follows_the_longest_context() -> None:
    model = LanguageModel(RHYME)
    assert _first(model.continue_text("My cat saw the", temperature=0, seed=None), 2) == " dog."
    assert _first(model.continue_text("My the", temperature=0, seed=None), 1) == " cat"


def test_unknown_context_begins_a_sentence() -> None:
    model = LanguageModel(RHYME)
    assert _first(model.continue_text("xyzzy", temperature=0, seed=None), 1) in ("The", "And")


def test_answer_is_about_the_prompt() -> None:
    text = _first(built_in().answer("Who is Sherlock Holmes?", temperature=0, seed=None), 60)
    assert "Holmes" in text


def test_a_very_long_prompt_is_read_from_its_end() -> None:
    model = built_in()
    long = "the whale " * 1_000_000
    assert model.count(long) == pytest.approx(2_500_000, rel=0.1)
    assert "Holmes" in _first(model.answer(long + "Sherlock Holmes?", temperature=0, seed=None), 60)


def test_greedy_text_does_not_loop() -> None:
    words = _first(built_in().answer("the sea", temperature=0, seed=None), 400).split()
    assert len(set(zip(words, words[1:], words[2:], words[3:], words[4:], strict=False))) > 0.8 * len(words)


def test_temperature_and_seed_matter() -> None:
    def text(temperature: float, seed: int) -> str:
        return _first(built_in().answer("the sea", temperature=temperature, seed=seed), 40)

    assert text(0, 1) == text(0, 2)
    assert text(0.8, 1) == text(0.8, 1)
    assert len({text(temperature, 1) for temperature in (0, 0.8, 1, 3)}) == 4
    assert len({text(1, seed) for seed in range(5)}) == 5


def _first(pieces: Iterator[str], count: int) -> str:
    return "".join(islice(pieces, count))
