"""Reads what a request wants from the words of any protocol."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from modelyard.demo import sight
from modelyard.demo.exchange import Json, RefusedError
from modelyard.demo.generation import DEFAULT_TEMPERATURE, Ask


def ask_for(body: Json, prompt: str, *, limits: Sequence[str], continues: bool = False, messages: object = None) -> Ask:
    """An `Ask` with the sampling settings of `body`; the first key of `limits` that is there bounds the length.

    `messages` are those that the prompt was made of, where it was: the pictures of the last one are looked at.
    A negative limit means none, as in llama.cpp. Raises `RefusedError` for a value of the wrong type.
    """
    limit = next((value for key in limits if (value := number(body, key)) is not None), None)
    temperature, seed = number(body, "temperature"), number(body, "seed")
    return Ask(
        prompt=prompt,
        continues=continues,
        limit=None if limit is None or limit < 0 else int(limit),
        temperature=DEFAULT_TEMPERATURE if temperature is None else temperature,
        seed=None if seed is None or seed < 0 else int(seed),
        stop=_texts(body, "stop") or _texts(body, "stop_sequences"),
        last=_last_words(messages),
        opening=_sights(messages),
    )


def number(body: Json, key: str) -> float | None:
    """A number, or None where it is missing or null. Raises `RefusedError` for anything else."""
    value = body.get(key)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise RefusedError(400, f"'{key}' is not a number")


def required(body: Json, key: str) -> object:
    """A value that must be there. Raises `RefusedError` when it is missing or null."""
    if (value := body.get(key)) is None:
        raise RefusedError(400, f"'{key}' is required")
    return value


def dialogue(body: Json, key: str = "messages") -> list[tuple[str, str]]:
    """(role, text) of each message. Raises `RefusedError` when there is none."""
    messages = required(body, key)
    if not isinstance(messages, list) or not messages:
        raise RefusedError(400, f"'{key}' is not a list of messages")
    if not all(isinstance(message, dict) for message in messages):
        raise RefusedError(400, f"'{key}' holds something that is no message")
    return [(str(message.get("role", "user")), text_of(message.get("content"))) for message in messages]


def dialogue_prompt(turns: Sequence[tuple[str, str]], system: str = "") -> str:
    """One prompt of a dialogue: its words, the last turn's at the end where they count most."""
    return "\n".join([system, *(text for _, text in turns)]).strip()


def text_of(content: object) -> str:
    """The words of a message's content: a text, or a list of parts of which those with text count."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(
            part if isinstance(part, str) else str(part.get("text", ""))
            for part in content
            if isinstance(part, str | dict)
        )
    return ""


def _last(messages: object) -> object:
    """The content of the last message; what is no list of messages is the content itself."""
    last = messages[-1] if isinstance(messages, list) and messages else messages
    return last.get("content") if isinstance(last, dict) else last


def _last_words(messages: object) -> str:
    return text_of(_last(messages))


def _sights(messages: object) -> str:
    """What is seen of the pictures of the last message, in the dialect of any protocol."""
    content = _last(messages)
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    seen = [_sight(part) for part in parts if part.get("type") in ("image", "image_url", "input_image")]
    return "".join(f"I see {sight}. " for sight in seen)


def _sight(part: Json) -> str:
    url = part.get("image_url")
    if isinstance(url, dict):
        url = url.get("url")
    source = part.get("source")
    encoded = source.get("data") if isinstance(source, dict) else None
    if isinstance(url, str) and url.startswith("data:"):
        encoded = url.partition(",")[2]
    elif isinstance(url, str) or (isinstance(source, dict) and source.get("type") == "url"):
        return "that there is a picture elsewhere, which this engine does not fetch"
    try:
        data = base64.b64decode(encoded if isinstance(encoded, str) else "", validate=True)
    except ValueError:
        data = b""
    if (seen := sight.describe(data)) is None:
        raise RefusedError(400, "a picture is no PNG, JPEG, GIF or WebP in base64")
    return f"a {seen}"


def texts(body: Json, key: str) -> list[str]:
    """A required text or list of texts. Raises `RefusedError` otherwise."""
    value = required(body, key)
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise RefusedError(400, f"'{key}' is neither a text nor a list of texts")


def _texts(body: Json, key: str) -> tuple[str, ...]:
    return () if body.get(key) is None else tuple(texts(body, key))
