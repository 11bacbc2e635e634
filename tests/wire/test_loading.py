"""The words of a loading stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.endpoints import Dialect
from modelyard.wire.loading import (
    REMARKS,
    RULE,
    answer_as_event,
    closing,
    frame,
    opening,
    pause_after,
    position,
    remark,
)


def test_a_frame_is_an_event_with_reasoning() -> None:
    assert frame("llama") == b'data: {"choices":[{"delta":{"reasoning_content":"llama"}}]}\n\n'
    assert frame("<&>\n") == b'data: {"choices":[{"delta":{"reasoning_content":"\\u003c\\u0026\\u003e\\n"}}]}\n\n'


@given(st.text())
def test_a_frame_is_one_event_whatever_the_text(text: str) -> None:
    data = frame(text)
    assert data.startswith(b"data: ")
    assert data.count(b"\n") == 2
    assert json.loads(data[6:])["choices"][0]["delta"]["reasoning_content"] == text


def test_the_script() -> None:
    assert opening("slow") == [RULE, "\n", "model", "yard ", "loadi", "ng mo", "del: ", "slow", "\n"]
    assert closing(3.264) == ["\n", "Done!", " (3.2", "6s)", "\n", RULE, "\n", " ", "\n"]
    assert "".join(position(3)) == "\nQueue position: #3 "
    assert "".join(remark("Wait")) == "\nWait "


def test_typing_takes_its_time_by_bytes() -> None:
    assert pause_after("llama") == pytest.approx(5 / 75)
    assert pause_after(RULE) == pytest.approx(15 / 75)


def test_remarks_are_short_and_each_is_there_once() -> None:
    assert len(set(REMARKS)) == len(REMARKS) >= 30
    assert all(RULE not in text and len(text) < 80 for text in REMARKS)


@pytest.mark.parametrize(
    ("status", "body", "dialect", "expected"),
    [
        (400, b'{\n  "error": "no"\n}\n', Dialect.OPENAI, b'data: {"error":"no"}\n\n'),
        (400, b'{"type":"error"}', Dialect.ANTHROPIC, b'event: error\ndata: {"type":"error"}\n\n'),
        (200, b'{"id":"x"}', Dialect.ANTHROPIC, b'data: {"id":"x"}\n\n'),
    ],
)
def test_json_behind_the_words_becomes_an_event(status: int, body: bytes, dialect: Dialect, expected: bytes) -> None:
    assert answer_as_event(status, body, dialect) == expected


def test_of_what_is_no_json_the_status_is_told() -> None:
    told = answer_as_event(503, b"<html>", Dialect.OPENAI)
    assert json.loads(told[6:])["error"]["message"] == "upstream error: it answered 503, and no event stream"
