from __future__ import annotations

import pytest

from modelyard.runtime.progress import REMEMBERED, Progress


@pytest.mark.parametrize(
    ("pieces", "news"),
    [
        ([b"one\ntwo\n"], 2),
        ([b"on", b"e\ntw", b"o\n"], 2),
        ([b"no end yet"], 0),
        ([b"10 %\r11 %\r12 %\r"], 3),
        ([b"one\r\n\r\n  \ntwo\r\n"], 2),
        ([b"retrying\n"] * 5, 1),
        ([b'INFO: 127.0.0.1:4711 - "GET /health HTTP/1.1" 503\n'], 0),
        ([b"GET of the tokenizer\n", b"the /health of this model\n"], 2),
    ],
)
def test_what_is_news(pieces: list[bytes], news: int) -> None:
    progress = Progress("/health")
    for piece in pieces:
        progress.take(piece)
    assert progress.news == news


def test_taking_says_whether_there_was_news() -> None:
    progress = Progress("/health")
    assert [progress.take(data) for data in (b"one\n", b"one\n", b"two", b"\n")] == [True, False, False, True]


def test_what_it_remembers_is_bounded() -> None:
    progress = Progress("/health")
    progress.take(b"first\n")
    progress.take(b"".join(b"line %d\n" % number for number in range(REMEMBERED)))
    assert progress.take(b"first\n")
    assert not progress.take(b"line %d\n" % (REMEMBERED - 1))
