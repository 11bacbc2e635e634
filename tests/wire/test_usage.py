"""What answers say of their tokens, engine by engine (spec http 17.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.answers import figures_of_json
from modelyard.wire.usage import (
    NOTHING,
    Figures,
    Tally,
    brings_a_token,
    error_message,
    plain_figures,
    said_in,
    said_last_in,
    shortened,
)


def figures_of(answer: object, *, nested: bool = False) -> Figures:
    said = said_in(json.dumps(answer).encode())
    assert said is not None
    tally = Tally()
    tally.add(said, nested=nested)
    return tally.figures()


def reported(**figures: float) -> Figures:
    """Figures of an answer that reports only these."""
    unknown = {"cached", "drafted", "accepted", "prompt_speed", "speed", "reasoning", "cache_written"}
    return Figures(**{**dict.fromkeys(unknown, -1), **figures})  # type: ignore[arg-type]


ANSWERS: dict[str, tuple[dict[str, Any], Figures]] = {
    "OpenAI, chat": (
        {
            "usage": {
                "prompt_tokens": 12,
                "completion_tokens": 7,
                "total_tokens": 19,
                "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 5},
            }
        },
        reported(input=12, output=7, cached=4, reasoning=5),
    ),
    "OpenAI, embeddings (R58)": ({"usage": {"prompt_tokens": 8, "total_tokens": 8}}, reported(input=8)),
    "OpenAI, responses": (
        {
            "usage": {
                "input_tokens": 36,
                "output_tokens": 87,
                "input_tokens_details": {"cached_tokens": 2},
                "output_tokens_details": {"reasoning_tokens": 80},
            }
        },
        reported(input=36, output=87, cached=2, reasoning=80),
    ),
    "OpenAI, transcription": (
        {"text": "hi", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59}},
        reported(input=14, output=45),
    ),
    "whisper by the second": ({"text": "hi", "usage": {"type": "duration", "seconds": 3}}, reported()),
    "Anthropic, messages": (
        {
            "usage": {
                "input_tokens": 10,
                "output_tokens": 5,
                "cache_read_input_tokens": 3,
                "cache_creation_input_tokens": 100,
            }
        },
        reported(input=10, output=5, cached=3, cache_written=100),
    ),
    "llama.cpp": (
        {
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
            "timings": {
                "prompt_n": 20,
                "predicted_n": 50,
                "prompt_per_second": 100.5,
                "predicted_per_second": 40.25,
                "prompt_ms": 200.9,
                "predicted_ms": 12500.4,
                "cache_n": 8,
                "draft_n": 30,
                "draft_n_accepted": 12,
            },
        },
        reported(
            input=20, output=50, cached=8, drafted=30, accepted=12, prompt_speed=100.5, speed=40.25, engine_ms=12701
        ),
    ),
    "llama.cpp, half of the drafts": (
        {"timings": {"prompt_n": 2, "draft_n": 30}},
        reported(input=2, prompt_speed=0, speed=0),
    ),
    "vLLM (R58)": (
        {
            "usage": {"prompt_tokens": 42, "completion_tokens": 128, "prompt_tokens_details": {"cached_tokens": 20}},
            "metrics": {
                "time_to_first_token_ms": 100,
                "mean_itl_ms": 8,
                "tokens_per_second": 1,
                "speculative_decoding": {"num_draft_tokens": 20, "num_accepted_draft_tokens": 14},
            },
        },
        reported(input=42, output=128, cached=20, drafted=20, accepted=14, prompt_speed=220, speed=125),
    ),
    "vLLM, half of the drafts": (
        {"usage": {"prompt_tokens": 1}, "metrics": {"speculative_decoding": {"num_draft_tokens": 20}}},
        reported(input=1),
    ),
    "a reranking, which has no more": ({"results": [], "usage": {"total_tokens": 33}}, reported(input=33)),
    "numbers as texts, nulls": (
        {"usage": {"prompt_tokens": "12", "completion_tokens": None, "prompt_tokens_details": None}},
        reported(input=12),
    ),
    "nothing": ({"choices": []}, NOTHING),
    "no objects": ({"usage": 5, "timings": [1], "metrics": "x"}, NOTHING),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_the_figures_of_an_answer(answer: dict[str, Any], expected: Figures) -> None:
    assert figures_of(answer) == expected
    assert figures_of_json(json.dumps(answer).encode()) == expected


def test_usage_inside_of_another_member_counts_only_in_events() -> None:
    event = {"response": {"usage": {"input_tokens": 3}}, "message": {"usage": {"output_tokens": 4}}}
    assert figures_of(event, nested=True) == reported(input=3, output=4)
    assert figures_of(event) == NOTHING


def test_a_zero_takes_nothing_back_and_the_last_timings_win() -> None:
    tally = Tally()
    for event in (
        {"message": {"usage": {"input_tokens": 25, "cache_read_input_tokens": 5, "output_tokens": 1}}},
        {"usage": {"output_tokens": 15}},
        {"usage": {"input_tokens": 0, "output_tokens": 0}},
    ):
        said = said_in(json.dumps(event).encode())
        assert said is not None
        tally.add(said, nested=True)
    assert tally.figures() == reported(input=25, output=15, cached=5)
    for number in (1, 2):
        said = said_in(json.dumps({"timings": {"prompt_n": number, "predicted_n": number}}).encode())
        assert said is not None
        tally.add(said, nested=True)
    assert (tally.figures().input, tally.figures().output) == (2, 2)


def test_of_a_list_the_last_element_counts() -> None:
    text = json.dumps([{"timings": {"prompt_n": 1}}, {"timings": {"prompt_n": 2}}]).encode()
    assert figures_of_json(text, listed=True).input == 2
    assert figures_of_json(text[1:-1].rpartition(b", ")[2], listed=True).input == 2
    assert said_last_in(b"[]") is None
    assert figures_of_json(text) == NOTHING


COUNTS = st.one_of(st.integers(-5, 10**19), st.floats(allow_nan=False), st.none(), st.text(max_size=3), st.just("17"))


@given(
    st.dictionaries(
        st.sampled_from(
            ["prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "prompt_tokens_details"]
        ),
        st.one_of(COUNTS, st.fixed_dictionaries({}, optional={"cached_tokens": COUNTS})),
    ),
    st.fixed_dictionaries({}, optional={"timings": st.none(), "metrics": st.just({}), "id": st.text(max_size=3)}),
)
def test_the_short_way_finds_what_the_long_one_finds(usage: dict[str, Any], more: dict[str, Any]) -> None:
    answer = {"usage": usage, **more}
    short = plain_figures(json.dumps(answer).encode())
    assert short is None or short == figures_of(answer)


@pytest.mark.parametrize(
    ("event", "brings"),
    [
        (b'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}', False),
        (b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}', False),
        (b'data: {"choices":[{"delta":{"content":"Hi"}}]}', True),
        (b'data: {"choices":[{"delta":{"reasoning_content": "Hm"}}]}', True),
        (b'data: {"choices":[{"text":" a"}]}', True),
        (b'data: {"type":"message_start","message":{"content":[]}}', False),
        (b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}', True),
        (b'data: {"type":"response.output_text.delta","delta":"Hi"}', True),
        (b": heartbeat", False),
    ],
)
def test_which_event_brings_the_first_token(event: bytes, brings: bool) -> None:
    assert brings_a_token(event) is brings


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"rate limited"}}', "rate limited"),
        (b'{"error":"bad thing"}', "bad thing"),
        (b'{"message":"nope"}', "nope"),
        (b'{"detail":"oops"}', "oops"),
        (b'{"error":{"message":" "},"detail":"oops"}', "oops"),
        (b'{"error":{"code":42}}', ""),
        (b'{"detail":[{"loc":["body"]}]}', ""),
        (b"[1]", ""),
        (b"<html>", ""),
        (b"\xff", ""),
    ],
)
def test_the_message_of_a_failure(body: bytes, message: str) -> None:
    assert error_message(body) == message


def test_a_long_message_is_cut_between_characters() -> None:
    assert shortened("x" * 500) == "x" * 500
    assert shortened("x" * 501) == "x" * 500 + "..."
    assert shortened("x" * 499 + "é!") == "x" * 499 + "..."
