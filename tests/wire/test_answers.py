"""Answers read beside the client: however they are cut into pieces, packed or framed, the figures are the same."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.wire import answers, events
from modelyard.wire.answers import SHORT, Allowance, AnswerReader
from modelyard.wire.usage import NOTHING, Figures

JSON, EVENTS = b"application/json", b"text/event-stream"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"": bytes,
    b"identity": bytes,
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstandard.ZstdCompressor().compress,
}


def read(content_type: bytes, data: bytes, sizes: list[int], *, coding: bytes = b"", keep: int = 0) -> AnswerReader:
    """The answer in pieces of these sizes, over and over."""
    reader = AnswerReader(content_type, coding, b"/v1/x", keep=keep)
    at = 0
    while at < len(data):
        for size in sizes:
            if piece := data[at : at + size]:
                reader.take(piece)
            at += size
    return reader


def figures(content_type: bytes, data: bytes, sizes: list[int] | None = None, coding: bytes = b"") -> Figures:
    return read(content_type, data, sizes or [max(len(data), 1)], coding=coding).finish()


def chat(content: str = "", tokens: int = 7) -> bytes:
    answer = {
        "choices": [{"message": {"content": content, "usage": {"prompt_tokens": 99}}}],
        "usage": {"prompt_tokens": 12, "completion_tokens": tokens},
    }
    return json.dumps(answer).encode()


ANTHROPIC = (
    b"event: message_start\n"
    b'data: {"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}\n\n'
    b": ping\n\n"
    b'event: content_block_delta\ndata: {"delta":{"text":"\\"usage\\": {}"}}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta",\ndata: "usage":{"output_tokens":15}}\n\n'
)
OPENAI = (
    b"".join(b'data: {"choices":[{"delta":{"content":"%d"}}],"usage":null}\n\n' % n for n in range(50))
    + b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":50}}\n\ndata: [DONE]\n\n'
)


def in_lines(data: bytes, end: bytes) -> bytes:
    return data.replace(b"\n", end)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("sizes", [[1], [2, 3], [100], [10**6]])
def test_packed_in_any_way_and_in_any_pieces(coding: bytes, sizes: list[int]) -> None:
    for content_type, data in ((JSON, chat()), (EVENTS, ANTHROPIC), (EVENTS, OPENAI)):
        reader = read(content_type, CODINGS[coding](data), sizes, coding=coding, keep=10**6)
        assert reader.finish() == figures(content_type, data) != NOTHING
        assert reader.body == data
        assert reader.failure == ""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_event_streams_end_their_lines_as_they_like(end: bytes, sizes: list[int]) -> None:
    found = figures(EVENTS, in_lines(ANTHROPIC, end), sizes)
    assert (found.input, found.output) == (25, 15)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    b"\n", b"\r", b"\r\n", b"data: ", b"data:", b'{"usage":', b'{"prompt_tokens":3}', b"}", b":null",
                    b'"usage"', b'"timings"', b'{"timings":{"prompt_n":4}}',
                    b"[DONE]", b": x", b"event: a", b'{"message":{"usage":{"output_tokens":2}}}', b"{",
                ]
            ),
            st.binary(max_size=4),
        ),
        max_size=40,
    ).map(b"".join),
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
)  # fmt: skip
@settings(max_examples=400)
def test_no_cut_makes_a_difference_to_events(data: bytes, sizes: list[int]) -> None:
    whole = figures(EVENTS, data)
    assert figures(EVENTS, data, sizes) == whole


@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=6), st.just('"usage":{}\\')),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from(["usage", "timings", "a", 'us"age', "prompt_tokens", "prompt_n"]), inner),
        ),
        max_leaves=12,
    ),
    st.integers(0, 9),
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.booleans(),
)
@settings(max_examples=400)
def test_a_long_text_is_scanned_to_the_same_end(
    inner: object, tokens: int, sizes: list[int], usage_first: bool
) -> None:
    said = {"usage": {"prompt_tokens": tokens, "x": inner}}
    answer = {**said, "data": inner} if usage_first else {"data": inner, **said}
    data = json.dumps(answer, indent=1 if tokens % 2 else None).encode()
    whole = figures(JSON, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "SHORT", 0)  # everything is long
        assert figures(JSON, data, sizes) == whole == figures(JSON, data)


def test_megabytes_of_vectors_are_passed_over() -> None:
    vectors = json.dumps({"data": [{"embedding": [n / 7 for n in range(20_000)]}] * 3, "usage": {"prompt_tokens": 5}})
    assert len(vectors) > 10 * SHORT
    assert figures(JSON, vectors.encode(), [1000]).input == 5
    assert figures(JSON, vectors[:-1].encode(), [1000]) == NOTHING, "cut off"


def test_what_is_no_json_says_nothing() -> None:
    for data in (b"", b"<html>", b'{"usage":{"prompt_tokens":1}', b'[{"usage":{"prompt_tokens":1}}]'):
        assert figures(JSON, data) == NOTHING


def test_lines_without_empty_lines_between_them_are_looked_at_one_by_one() -> None:
    data = b'data: {"usage":{"prompt_tokens":1}}\ndata: {"usage":{"completion_tokens":2}}\n'
    found = figures(EVENTS, data)
    assert (found.input, found.output) == (1, 2)


@pytest.mark.parametrize("sizes", [[7], [64], [10**6]])
def test_an_event_that_is_too_long_is_left_out_and_the_next_one_is_not(sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "MAX_EVENT", 1000)
        long = b'data: {"usage":{"prompt_tokens":1},"x":"%b"}\n\n' % (b"x" * 2000)
        next_one = b'data: {"usage":{"completion_tokens":2}}\n\n'
        found = figures(EVENTS, long + next_one, sizes)
        assert (found.input, found.output) == (0, 2)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br"])
def test_a_packed_answer_that_is_cut_off_is_a_failure(coding: bytes) -> None:
    reader = read(JSON, CODINGS[coding](chat("x" * 500))[:-6], [50], coding=coding, keep=10**6)
    assert reader.finish() == NOTHING
    assert "cut off" in reader.failure
    assert reader.body is None


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"zstd"])
def test_what_is_not_what_it_says_is_a_failure(coding: bytes) -> None:
    reader = read(JSON, b"certainly neither of these" * 10, [50], coding=coding)
    assert reader.finish() == NOTHING
    assert reader.failure.startswith("response decompression failed: ")


def test_a_coding_that_nobody_knows_is_taken_as_it_is() -> None:
    assert figures(JSON, chat(), coding=b"snappy").input == 12
    assert figures(JSON, chat(), coding=b"gzip, br").input == 12


def test_gzip_may_have_members_and_deflate_no_head() -> None:
    half = len(chat()) // 2
    members = gzip.compress(chat()[:half]) + gzip.compress(chat()[half:]) + b"\0\0"
    for sizes in ([1], [10**6]):
        assert figures(JSON, members, sizes, b"gzip").input == 12
        assert figures(JSON, raw_deflate(chat()), sizes, b"deflate").input == 12


def test_an_answer_is_kept_up_to_its_bound() -> None:
    data = chat("x" * 300)
    fits = read(JSON, data, [10], keep=len(data))
    assert fits.finish().input == 12
    assert (fits.body, fits.kept_too_little) == (data, False)
    does_not = read(JSON, data, [10], keep=len(data) - 1)
    assert does_not.finish().input == 12
    assert (does_not.body, does_not.kept_too_little) == (None, True)
    assert does_not.size == len(data)


def test_answers_share_what_they_may_keep_until_they_end() -> None:
    """R43: a thousand answers at once take no more memory than a few."""
    allowance = Allowance(250)
    first, second = (AnswerReader(JSON, b"", b"/v1/x", keep=200, allowance=allowance) for _ in range(2))
    for _ in range(2):
        first.take(b"x" * 100)
    second.take(b"y" * 100)
    assert (second.kept_too_little, second.body) == (True, None)
    assert (allowance.used, first.body) == (200, b"x" * 200)
    first.take(b"x")
    assert (first.kept_too_little, allowance.used) == (True, 0)
    third = AnswerReader(JSON, b"", b"/v1/x", keep=200, allowance=allowance)
    third.take(b"z" * 200)
    assert allowance.used == 200
    third.finish()
    assert (allowance.used, third.body) == (0, b"z" * 200)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd"])
def test_a_bomb_goes_off_nowhere(coding: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelyard.wire.unpacking.MAX_UNPACKED", 3 << 20)
        reader = read(JSON, CODINGS[coding](b" " * (32 << 20)), [1000], coding=coding)
        assert reader.finish() == NOTHING
        assert reader.failure == "response decompression failed: too large"
