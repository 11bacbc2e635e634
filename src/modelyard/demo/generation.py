"""One answer on its way: text at the asked pace, and the account of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelyard.demo.language import LanguageModel

FinishReason = Literal["stop", "length"]
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


@dataclass(slots=True)
class Generation:
    """Iterate `pieces()` once; the rest says how it went."""

    ask: Ask
    model: LanguageModel
    tokens_per_second: float
    default_length: int
    finish_reason: FinishReason = "stop"
    stopping_word: str = ""
    completion_tokens: int = 0
    prompt_tokens: int = field(init=False)
    _began: float = field(default_factory=time.monotonic)
    _prompt_done: float = 0.0
    _ended: float = 0.0

    def __post_init__(self) -> None:
        self.prompt_tokens = self.model.count(self.ask.prompt)

    async def pieces(self) -> AsyncIterator[str]:
        """Texts, never empty, without stop strings. Ends at a stop string, the limit, or the default length."""
        source = self._source()
        limit = self.default_length if self.ask.limit is None else self.ask.limit
        self._prompt_done = time.monotonic()
        held = ""
        while self.completion_tokens < limit:
            held += next(source)
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
            self.finish_reason = "stop" if self.ask.limit is None else "length"
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

    def _source(self) -> Iterator[str]:
        ask = self.ask
        start = self.model.continue_text if ask.continues else self.model.answer
        return start(ask.prompt, temperature=ask.temperature, seed=ask.seed)

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
