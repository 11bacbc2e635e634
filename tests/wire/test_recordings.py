"""What engines answer, as files, and the figures that are found in it.

The files that begin with `llama-` are what llama.cpp's own server (the one of our tests, on a random model) has
answered, but for the speculative ones and the list; these and all others are written from the documentation of who
answers so.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.wire.answers import AnswerReader, figures_of_json
from modelyard.wire.usage import NOTHING, Figures, brings_a_token

FOLDER = Path(__file__).parent / "recordings"
JSON, EVENTS = b"application/json; charset=utf-8", b"text/event-stream"


class Answer(NamedTuple):
    """The figures of one answer. Left out: -1, not reported."""

    file: str
    input: int
    output: int
    cached: int = -1
    drafted: int = -1
    accepted: int = -1
    prompt_speed: float = -1
    speed: float = -1
    reasoning: int = -1
    cache_written: int = -1
    engine_ms: int = 0
    path: str = "/v1/chat/completions"

    @property
    def figures(self) -> Figures:
        return Figures(*self[1:-1])

    @property
    def data(self) -> bytes:
        return (FOLDER / self.file).read_bytes()

    @property
    def content_type(self) -> bytes:
        return EVENTS if self.file.endswith(".sse") else JSON


TABLE = [
    Answer("llama-chat.json", 43, 6, 0, prompt_speed=36348.26711749788, speed=10775.862068965516, engine_ms=1),
    Answer("llama-chat-stream.sse", 1, 6, 42, prompt_speed=2739.72602739726, speed=7716.04938271605, engine_ms=1),
    Answer("llama-chat-stream-usage.sse", 1, 6, 42, prompt_speed=3164.5569620253164, speed=9124.087591240876),
    Answer(
        "llama-chat-stream-timings-each.sse",
        1, 6, 42, prompt_speed=2906.9767441860467, speed=6906.077348066299, engine_ms=1,
    ),
    Answer("llama-completions.json", 9, 5, 4, prompt_speed=24258.76010781671, speed=14084.507042253523),
    Answer("llama-completions-stream.sse", 1, 5, 12, prompt_speed=2570.694087403599, speed=7590.132827324478),
    Answer("llama-completion.json", 1, 5, 12, prompt_speed=5847.953216374269, speed=17094.017094017094),
    Answer("llama-completion-stream.sse", 1, 5, 12, prompt_speed=6172.83950617284, speed=16666.666666666668),
    Answer("llama-messages.json", 1, 6, 42),
    Answer("llama-messages-stream.sse", 1, 6, 42),
    Answer("llama-responses.json", 35, 6, 21),
    Answer(
        "llama-responses-stream.sse",
        1, 6, 34, prompt_speed=2159.827213822894, speed=6385.696040868454, engine_ms=1,
    ),
    Answer("llama-embeddings.json", 22, 0),
    Answer("llama-rerank.json", 34, 0),
    Answer("llama-speculative.json", 20, 50, 8, 30, 12, 100.5, 40.25, engine_ms=12701),
    Answer("llama-speculative-stream.sse", 20, 50, 8, 30, 12, 100.5, 40.25, engine_ms=12701),
    Answer("llama-infill-list.json", 7, 4, prompt_speed=70.0, speed=35.5, path="/infill"),
    Answer("vllm-chat.json", 21, 12),
    Answer("vllm-chat-stream-continuous-usage.sse", 21, 4, 16),
    Answer("vllm-chat-metrics.json", 42, 128, 20, 20, 14, 220.0, 125.0),
    Answer("vllm-audio-stream-crlf.sse", 9, 3),
    Answer("openai-chat-reasoning.json", 1117, 146, 1024, reasoning=64),
    Answer("openai-chat-stream.sse", 19, 10, 0, reasoning=0),
    Answer("openai-responses.json", 328, 52, 256, reasoning=40),
    Answer("openai-responses-stream.sse", 328, 52, 256, reasoning=40),
    Answer("openai-embeddings.json", 8, 0),
    Answer("openai-transcription.json", 14, 45),
    Answer("openai-transcription-duration.json", 0, 0),
    Answer("anthropic-message.json", 2095, 503, 512, cache_written=2051),
    Answer("anthropic-stream.sse", 25, 15, 5, cache_written=10),
    Answer("tei-embeddings.json", 12, 0),
    Answer("jina-rerank.json", 815, 0),
]  # fmt: skip
SILENT = ["llama-count-tokens.json", "llama-error.json", "whisper-cpp.json", "tei-rerank.json"]
"""Say nothing of tokens, or nothing that could be told apart from an answer."""

CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"": bytes,
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstandard.compress,
}


def read(content_type: bytes, data: bytes, sizes: list[int], *, coding: bytes = b"", path: str = "/v1/x") -> Figures:
    """As found in pieces of these sizes, over and over."""
    reader = AnswerReader(content_type, coding, path.encode())
    at, turn = 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        reader.take(data[at : at + size])
        at, turn = at + size, turn + 1
    return reader.finish()


def test_every_file_is_in_the_table() -> None:
    assert sorted([answer.file for answer in TABLE] + SILENT) == sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("answer", TABLE, ids=lambda answer: answer.file)
def test_the_figures_of_an_answer(answer: Answer) -> None:
    assert read(answer.content_type, answer.data, [10**6], path=answer.path) == answer.figures
    if answer.content_type == JSON:
        assert figures_of_json(answer.data, listed=answer.path == "/infill") == answer.figures


@pytest.mark.parametrize("file", SILENT)
def test_what_says_nothing_of_tokens(file: str) -> None:
    assert read(JSON, (FOLDER / file).read_bytes(), [10**6]) == NOTHING


@pytest.mark.parametrize("answer", [answer for answer in TABLE if answer.content_type == EVENTS], ids=lambda a: a.file)
def test_some_event_of_every_stream_brings_a_token(answer: Answer) -> None:
    events = answer.data.replace(b"\r", b"").split(b"\n\n")
    assert any(brings_a_token(event) for event in events)
    assert not brings_a_token(b"data: [DONE]")


@pytest.mark.parametrize("coding", CODINGS)
@given(
    answer=st.sampled_from(TABLE),
    sizes=st.lists(st.integers(1, 200), min_size=1, max_size=6),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
@settings(deadline=None)
def test_no_cut_coding_or_end_of_line_makes_a_difference(
    coding: bytes, answer: Answer, sizes: list[int], end: bytes
) -> None:
    data = answer.data
    if answer.content_type == EVENTS:
        data = data.replace(b"\r\n", b"\n").replace(b"\n", end)
    found = read(answer.content_type, CODINGS[coding](data), sizes, coding=coding, path=answer.path)
    assert found == answer.figures
