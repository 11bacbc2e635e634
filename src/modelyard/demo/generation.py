"""One answer on its way: text at the asked pace, and the account of it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelyard.demo.language import LanguageModel
    from modelyard.demo.options import Reasoning

FinishReason = Literal["stop", "length"]
THOUGHT_TOKENS = 24
"""Length of what is thought before an answer."""
DEFAULT_TEMPERATURE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a request wants, whatever its protocol. `limit` None leaves the length to the engine."""

    prompt: str
    continues: bool = False
    """Go on after the prompt's last words, rather than answer it."""
    limit: int | None = None
    temperature: float = DEFAULT_TEMPERATURE
    seed: int | None = None
    stop: tuple[str, ...] = ()
    last: str = ""
    """The words of the last message, where there are messages."""
    opening: str = ""
    """What the answer begins with, whatever the model says then."""


@dataclass(slots=True)
class Generation:
    """Iterate `thoughts()`, then `pieces()`, each once; the rest says how it went."""

    ask: Ask
    model: LanguageModel
    tokens_per_second: float
    default_length: int
    thinking: Reasoning | None = None
    echoes: bool = False
    """Say what was said."""
    finish_reason: FinishReason = "stop"
    stopping_word: str = ""
    completion_tokens: int = 0
    """Thoughts included."""
    reasoning_tokens: int = 0
    prompt_tokens: int = field(init=False)
    _began: float = field(default_factory=time.monotonic)
    _prompt_done: float = 0.0
    _ended: float = 0.0

    def __post_init__(self) -> None:
        self.prompt_tokens = self.model.count(self.ask.prompt)

    async def thoughts(self) -> AsyncIterator[str]:
        """What is thought before the answer; nothing where that is part of the answer's text, or not asked for."""
        if self.thinking == "field":
            async for piece in self._think():
                yield piece

    async def pieces(self) -> AsyncIterator[str]:
        """Texts, never empty, without stop strings. Ends at a stop string, the limit, or the default length."""
        if self.thinking == "tags":
            yield "<think>\n"
            async for piece in self._think():
                yield piece
            yield "\n</think>\n\n"
        limit = self._limit()
        source = self._source()
        self._prompt_done = self._prompt_done or time.monotonic()
        held = ""
        while self.completion_tokens < limit and (said := next(source, None)) is not None:
            held += said
            self.completion_tokens += 1
            await self._keep_pace()
            ready, held, self.stopping_word = cut(held, self.ask.stop)
            if ready:
                yield ready
            if self.stopping_word:
                break
        if not self.stopping_word:
            if held:
                yield held
            reached = self.ask.limit is not None and self.completion_tokens >= self.ask.limit
            self.finish_reason = "length" if reached else "stop"
        self._ended = time.monotonic()

    async def text(self) -> str:
        """The whole answer."""
        return "".join([piece async for piece in self.pieces()])

    @property
    def total_tokens(self) -> int:
        """Prompt and answer."""
        return self.prompt_tokens + self.completion_tokens

    def timings(self) -> dict[str, float]:
        """llama.cpp's account of the speeds; milliseconds and tokens per second."""
        prompt_ms = max((self._prompt_done - self._began) * 1000, 0.001)
        predicted_ms = max(((self._ended or time.monotonic()) - self._prompt_done) * 1000, 0.001)
        return {
            "cache_n": 0,
            **_speed("prompt", self.prompt_tokens, prompt_ms),
            **_speed("predicted", self.completion_tokens, predicted_ms),
        }

    async def thought(self) -> str:
        """All that is thought before the answer."""
        return "".join([piece async for piece in self.thoughts()])

    def _limit(self) -> float:
        if self.ask.limit is not None:
            return self.ask.limit
        return math.inf if self.echoes else self.default_length + self.reasoning_tokens

    async def _think(self) -> AsyncIterator[str]:
        self._prompt_done = time.monotonic()
        ask = self.ask
        limit = THOUGHT_TOKENS if ask.limit is None else min(THOUGHT_TOKENS, ask.limit)
        # Another prompt, for another text than the answer's.
        source = self.model.answer(f"{ask.prompt}\nthought", temperature=ask.temperature, seed=ask.seed)
        for piece in islice(source, limit):
            self.completion_tokens += 1
            self.reasoning_tokens += 1
            await self._keep_pace()
            yield piece

    def _source(self) -> Iterator[str]:
        ask = self.ask
        if self.echoes and not ask.continues:
            return iter(self.model.pieces(ask.last or ask.prompt))
        start = self.model.continue_text if ask.continues else self.model.answer
        said = start(ask.prompt, temperature=ask.temperature, seed=ask.seed)
        return chain(self.model.pieces(ask.opening), said)

    async def _keep_pace(self) -> None:
        if self.tokens_per_second <= 0:
            await asyncio.sleep(0)
            return
        due = self._prompt_done + self.completion_tokens / self.tokens_per_second
        await asyncio.sleep(due - time.monotonic())


def cut(text: str, stops: tuple[str, ...]) -> tuple[str, str, str]:
    """What of `text` may be sent, what waits since a stop string may begin in it, and the stop string found."""
    found = [(at, stop) for stop in stops if stop and (at := text.find(stop)) >= 0]
    if found:
        at, stop = min(found)
        return text[:at], "", stop
    longest = max((len(stop) for stop in stops), default=0) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(stop.startswith(text[-length:]) for stop in stops):
            return text[:-length], text[-length:], ""
    return text, "", ""


def _speed(what: str, tokens: int, milliseconds: float) -> dict[str, float]:
    return {
        f"{what}_n": tokens,
        f"{what}_ms": round(milliseconds, 3),
        f"{what}_per_token_ms": round(milliseconds / max(tokens, 1), 3),
        f"{what}_per_second": round(tokens * 1000 / milliseconds, 3),
    }
