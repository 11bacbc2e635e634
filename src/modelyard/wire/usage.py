"""What an answer says of its tokens: the figures that engines report, in one shape (spec http 17.2).

Engines say it in three members: `usage` (OpenAI's and Anthropic's APIs, and everybody who speaks them), `timings`
(llama.cpp) and `metrics` (vLLM). Only these are decoded. `Tally` takes them in the order in which they come; its
`figures` are what they amount to in the end.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

NOT_REPORTED = -1
"""A figure that the engine did not report, on the wires that know no better (spec http 17.1)."""
MARKERS = (b'"usage"', b'"timings"', b'"metrics"')
"""Without one of these a text of JSON says nothing of tokens. In a string their quotes would be escaped."""
_LARGEST = 10**18
"""From here on a number is no count of anything."""
MAX_ERROR = 500
"""Bytes of an error message that are kept."""
_TOKEN = re.compile(
    rb'"(?:content|text|delta|reasoning_content|reasoning|thinking|partial_json|arguments)"\s*:\s*"[^"]'
)
"""Where an event brings something that was generated: a text that is not empty."""


class Figures(msgspec.Struct, frozen=True, gc=False):
    """What is known of one answer's tokens. `NOT_REPORTED` where the engine says nothing; speeds are tokens/s."""

    input: int = 0
    output: int = 0
    cached: int = 0
    drafted: int = 0
    accepted: int = 0
    prompt_speed: float = 0.0
    speed: float = 0.0
    reasoning: int = 0
    """Ours: those of `output` that were thought and not said."""
    cache_written: int = 0
    """Ours: those of the input that the engine put into its cache."""
    engine_ms: int = 0
    """How long the engine says that it worked (milliseconds); 0 where it does not say."""


NOTHING = Figures()
"""Of an answer that reports nothing at all: zeros, as clients know it (spec http 17.1)."""


class Said(msgspec.Struct, gc=False):
    """The members of one JSON object that say something, undecoded."""

    usage: msgspec.Raw = msgspec.Raw()
    timings: msgspec.Raw = msgspec.Raw()
    metrics: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()
    """Of an event: OpenAI's responses have their `usage` in here."""
    message: msgspec.Raw = msgspec.Raw()
    """Of an event: Anthropic's first one has its `usage` in here."""


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class _PlainUsage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    prompt_tokens: int
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: _PromptDetails | None = None


class _Plain(msgspec.Struct, gc=False):
    """What most answers say, decoded in one go."""

    usage: _PlainUsage
    timings: None = None
    metrics: None = None


class _Inner(msgspec.Struct, gc=False):
    usage: msgspec.Raw = msgspec.Raw()


_decode_said = msgspec.json.Decoder(Said).decode
_decode_plain = msgspec.json.Decoder(_Plain).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_inner = msgspec.json.Decoder(_Inner).decode
_decode = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def said_in(text: bytes) -> Said | None:
    """The members of a JSON object; None where it is none."""
    try:
        return _decode_said(text)
    except _UNREADABLE:
        return None


def said_last_in(text: bytes) -> Said | None:
    """The same of the last element, where the text is a list (`/infill`); an object is a list of one."""
    try:
        elements = _decode_list(text)
    except _UNREADABLE:
        return said_in(text)
    return said_in(bytes(elements[-1])) if elements else None


def plain_figures(text: bytes) -> Figures | None:
    """The figures of an answer that says no more than most do; None where it takes a closer look."""
    try:
        usage = _decode_plain(text).usage
    except _UNREADABLE:
        return None
    read, written, details = usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details
    if not 0 < read < _LARGEST or not 0 <= written < _LARGEST:
        return None
    cached = NOT_REPORTED
    if details is not None and details.cached_tokens is not None:
        cached = max(details.cached_tokens, 0)
    return Figures(
        read, written, cached, NOT_REPORTED, NOT_REPORTED, NOT_REPORTED, NOT_REPORTED, NOT_REPORTED, NOT_REPORTED
    )


class Tally:
    """Adds up what one answer says, object by object."""

    __slots__ = ("_cache_written", "_cached", "_found", "_input", "_metrics", "_output", "_reasoning", "_timings")

    def __init__(self) -> None:
        self._found = False
        self._input = 0
        self._output = 0
        self._cached = NOT_REPORTED
        self._reasoning = NOT_REPORTED
        self._cache_written = NOT_REPORTED
        self._timings: dict[str, Any] | None = None
        self._metrics: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Tally {self.figures()}>"

    def add(self, said: Said, *, nested: bool) -> None:
        """Take one object; `nested`: it is an event, whose usage may be further inside."""
        self._add_usage(said.usage)
        if nested:
            for raw in (said.response, said.message):
                if raw:
                    try:
                        self._add_usage(_decode_inner(raw).usage)
                    except _UNREADABLE:
                        pass
        self._timings = _object(said.timings) or self._timings
        self._metrics = _object(said.metrics) or self._metrics

    def _add_usage(self, raw: msgspec.Raw) -> None:
        """A count that is more than 0 replaces the one before: so Anthropic's two halves make a whole."""
        usage = _object(raw)
        if usage is None:
            return
        self._found = True
        read = _first(usage, "prompt_tokens", "input_tokens")
        written = _first(usage, "completion_tokens", "output_tokens")
        if read is None and written is None:
            read = usage.get("total_tokens")  # ours: of a reranking there is nothing else
        self._input = _count(read) or self._input
        self._output = _count(written) or self._output
        self._cached = _unless_missing(_cached_in(usage), self._cached)
        self._reasoning = _unless_missing(_reasoning_in(usage), self._reasoning)
        self._cache_written = _unless_missing(usage.get("cache_creation_input_tokens"), self._cache_written)

    def figures(self) -> Figures:
        """What it all amounts to."""
        if not self._found and self._timings is None and self._metrics is None:
            return NOTHING
        figures = Figures(
            input=self._input,
            output=self._output,
            cached=self._cached,
            drafted=NOT_REPORTED,
            accepted=NOT_REPORTED,
            prompt_speed=NOT_REPORTED,
            speed=NOT_REPORTED,
            reasoning=self._reasoning,
            cache_written=self._cache_written,
        )
        if self._timings is not None:
            figures = _with_timings(figures, self._timings)
        if self._metrics is not None:
            figures = _with_metrics(figures, self._metrics)
        return figures


def _with_timings(figures: Figures, timings: dict[str, Any]) -> Figures:
    """llama.cpp measures itself; what it says replaces `usage`."""
    drafted, accepted = timings.get("draft_n"), timings.get("draft_n_accepted")
    both = "draft_n" in timings and "draft_n_accepted" in timings
    return msgspec.structs.replace(
        figures,
        input=_count(timings.get("prompt_n")),
        output=_count(timings.get("predicted_n")),
        prompt_speed=_number(timings.get("prompt_per_second")),
        speed=_number(timings.get("predicted_per_second")),
        cached=_count(timings["cache_n"]) if "cache_n" in timings else figures.cached,
        drafted=_count(drafted) if both else NOT_REPORTED,
        accepted=_count(accepted) if both else NOT_REPORTED,
        engine_ms=int(_number(timings.get("prompt_ms")) + _number(timings.get("predicted_ms"))),
    )


def _with_metrics(figures: Figures, metrics: dict[str, Any]) -> Figures:
    """vLLM reports times, from which the speeds follow."""
    changes: dict[str, int | float] = {}
    speculative = metrics.get("speculative_decoding")
    if isinstance(speculative, dict):
        drafted, accepted = speculative.get("num_draft_tokens"), speculative.get("num_accepted_draft_tokens")
        if drafted is not None and accepted is not None:
            changes |= {"drafted": _count(drafted), "accepted": _count(accepted)}
    if (first_ms := _number(metrics.get("time_to_first_token_ms"))) > 0:
        changes["prompt_speed"] = (figures.input - max(figures.cached, 0)) / (first_ms / 1000)
    if (between_ms := _number(metrics.get("mean_itl_ms"))) > 0:
        changes["speed"] = 1000 / between_ms
    return msgspec.structs.replace(figures, **changes)


def brings_a_token(data: bytes) -> bool:
    """Whether a piece of an event stream holds something that was generated, as far as that shows."""
    return _TOKEN.search(data) is not None


def error_message(body: bytes) -> str:
    """What a failed answer says of itself (spec http 17.3); empty where it says nothing."""
    try:
        content = _decode(body)
    except _UNREADABLE:
        return ""
    if not isinstance(content, dict):
        return ""
    error = content.get("error")
    inner = error.get("message") if isinstance(error, dict) else None
    for text in (inner, error, content.get("message"), content.get("detail")):
        if isinstance(text, str) and text.strip():
            return shortened(text)
    return ""


def shortened(text: str) -> str:
    """At most so many bytes of a message as are kept."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= MAX_ERROR else encoded[:MAX_ERROR].decode("utf-8", "ignore") + "..."


# -------------------------------------------------------------------- values as engines write them


def _object(raw: msgspec.Raw) -> dict[str, Any] | None:
    if not raw:
        return None
    try:
        value = _decode(raw)
    except _UNREADABLE:
        return None
    return value if isinstance(value, dict) else None


def _number(value: object) -> float:
    """Numbers, and texts of numbers; anything else is 0."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return 0.0
    if not isinstance(value, int | float) or not -_LARGEST < value < _LARGEST:
        return 0.0
    return float(value)


def _count(value: object) -> int:
    return int(_number(value))


def _first(members: dict[str, Any], *names: str) -> object:
    return next((members[name] for name in names if name in members), None)


def _unless_missing(value: object, before: int) -> int:
    return before if value is None else max(_count(value), 0)


def _cached_in(usage: dict[str, Any]) -> object:
    if "cache_read_input_tokens" in usage:
        return usage["cache_read_input_tokens"]
    return _detail(usage, "cached_tokens", "input_tokens_details", "prompt_tokens_details")


def _reasoning_in(usage: dict[str, Any]) -> object:
    return _detail(usage, "reasoning_tokens", "output_tokens_details", "completion_tokens_details")


def _detail(usage: dict[str, Any], name: str, *sections: str) -> object:
    for section in sections:
        details = usage.get(section)
        if isinstance(details, dict) and name in details:
            return details[name]
    return None
