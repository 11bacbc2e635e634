"""Causes and their responses."""

from __future__ import annotations

import json

import pytest

from modelyard.core.errors import (
    Braked,
    Cancelled,
    Cause,
    Held,
    LoadFailed,
    ModelUnloaded,
    Overloaded,
    ShuttingDown,
    UnknownModel,
)
from modelyard.wire.endpoints import Dialect
from modelyard.wire.errors import NO_MODEL, HttpError, event, of_cause, render

BRAKED = "m has failed to start 4 times in a row and is not tried for a while: exit 1"


@pytest.mark.parametrize(
    ("cause", "status", "code", "message"),
    [
        (UnknownModel("x"), 404, "not_found", "no router for requested model"),
        (Overloaded("m", explicit=True, retry_after=9), 429, "concurrency_limit", "Too many requests"),
        (Overloaded("m", explicit=False, retry_after=9), 429, "queue_limit", "too many requests wait for m"),
        (Held("m", "h"), 409, "model_held", "m needs the place of h, which must not be evicted"),
        (
            Braked("m", "exit 1", 4, 1.5, 9.0),
            503,
            "model_failed",
            "m has failed to start 4 times in a row and is not tried for a while: exit 1",
        ),
        (Cancelled("m"), 502, "cancelled", "the request was cancelled by an operator while it waited"),
        (LoadFailed("m", "aborted"), 500, "internal_error", "unspecific error: aborted"),
        (ModelUnloaded("m", "group"), 500, "internal_error", "unspecific error: group: model unloaded"),
        (ShuttingDown("group"), 500, "internal_error", "unspecific error: group is shutting down"),
    ],
)
def test_what_a_cause_becomes(cause: Cause, status: int, code: str, message: str) -> None:
    """R50: errors are objects in OpenAI's envelope."""
    got, headers, body = render(of_cause(cause), "", Dialect.OPENAI)
    assert got == status
    assert (b"Content-Type", b"application/json") in headers
    envelope = json.loads(body)
    assert envelope["src"] == "modelyard"
    assert envelope["error"]["code"] == code
    assert envelope["error"]["message"] == message
    assert envelope["error"]["param"] is None


def test_retry_after_is_whole_seconds_and_at_least_one() -> None:
    for estimate, header in ((0.2, b"1"), (3.1, b"4")):
        _, headers, _ = render(of_cause(Overloaded("m", explicit=False, retry_after=estimate)), "", Dialect.OPENAI)
        assert (b"Retry-After", header) in headers


def test_accept_chooses_the_form_but_not_for_limits() -> None:
    assert render(NO_MODEL, "text/plain, */*", Dialect.OPENAI)[2] == b"modelyard: no model id could be identified"
    page = render(HttpError(404, "<b>"), "text/html", Dialect.OPENAI)[2]
    assert page == b"<html><body><h1>modelyard</h1><p>&lt;b&gt;</p></body></html>"
    limited = of_cause(Overloaded("m", explicit=True, retry_after=1))
    assert json.loads(render(limited, "text/plain", Dialect.OPENAI)[2])["error"]["type"] == "rate_limit_error"


def test_anthropic_routes_get_anthropic_errors() -> None:
    body = json.loads(render(NO_MODEL, "", Dialect.ANTHROPIC)[2])
    assert body == {"type": "error", "error": {"type": "not_found_error", "message": NO_MODEL.message}}


def test_a_hint_is_a_field_of_its_own() -> None:
    error = HttpError(404, "fixed", hint="try this")
    for dialect in Dialect:
        said = json.loads(render(error, "", dialect)[2])["error"]
        assert (said["message"], said["hint"]) == ("fixed", "try this")
    assert render(error, "text/plain", Dialect.OPENAI)[2] == b"modelyard: fixed"


def test_an_error_inside_a_stream_is_one_event() -> None:
    """R37: a committed stream tells its failure in the stream's own dialect."""
    error = HttpError(502, "gone")
    assert event(error, Dialect.OPENAI).startswith(b'data: {"src":"modelyard","error":{')
    assert event(error, Dialect.ANTHROPIC).startswith(b'event: error\ndata: {"type":"error"')
    assert event(error, Dialect.OPENAI).endswith(b"}}\n\n")


def test_a_page_escapes_the_message() -> None:
    _, _, body = render(HttpError(404, 'profile "<a>" isn\'t there'), "text/html", Dialect.OPENAI)
    assert b"<p>profile &#34;&lt;a&gt;&#34; isn&#39;t there</p>" in body
