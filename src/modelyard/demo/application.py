"""The engine between HTTP and the model: is it ready, what does a path mean, how is text made."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from modelyard.demo import process
from modelyard.demo.exchange import Exchange, Json, RefusedError, Request
from modelyard.demo.generation import Ask, Generation
from modelyard.demo.journal import Journal, log
from modelyard.demo.options import CRASH_PIECES, Options

if TYPE_CHECKING:
    from modelyard.demo.language import LanguageModel

Handler = Callable[["Application", Exchange], Awaitable[None]]
Routes = Mapping[tuple[str, str], Handler]

LOAD_STEPS = 10
MAX_CHATTER_WAIT = 0.1
"""Seconds between bursts of chatter at most."""


class Application:
    """One engine: `load` makes it ready, `handle` answers requests before and after."""

    def __init__(self, options: Options, routes: Routes) -> None:
        self.options = options
        self.journal = Journal()
        self.started = int(time.time())
        self.last_headers: Json | None = None
        self._routes = routes
        self._ready = asyncio.Event()
        self._memory: list[bytearray] = []

    def __repr__(self) -> str:
        return f"<Application {self.options.alias} ready={self.is_ready}>"

    @property
    def is_ready(self) -> bool:
        """Whether the model is loaded."""
        return self._ready.is_set()

    @property
    def model(self) -> LanguageModel:
        """The language model, read when first used: an engine that only loads and dies need not wait for it."""
        from modelyard.demo import language

        return language.built_in()

    def model_name(self, body: Json) -> str:
        """What an answer calls the model: our name, else the name that the request used."""
        asked = body.get("model")
        return self.options.name or (asked if isinstance(asked, str) and asked else self.options.alias)

    async def load(self) -> None:
        """Become ready, in the time and with the memory that the options say; or crash on the way."""
        options = self.options
        log(f"loading model '{options.alias}': {options.load:g} s, {options.memory} MB")
        loading = asyncio.get_running_loop().create_task(self._load_in_steps(), name="load")
        if options.crash == "load":
            await asyncio.wait((loading,), timeout=options.crash_after or 0.0)
            process.crash("out of memory while loading model")
        await loading
        self._ready.set()
        log(f"model loaded, pid {os.getpid()}")

    async def stay_ready(self) -> None:
        """Never returns; crashes where the options say so."""
        if self.options.crash == "ready":
            await asyncio.sleep(self.options.crash_after or 0.0)
            process.crash("device lost")
        await asyncio.get_running_loop().create_future()

    async def chatter(self) -> None:
        """Write log lines at the rate asked for, for ever."""
        rate = self.options.chatter
        began, written = time.monotonic(), 0
        while True:
            await asyncio.sleep(min(1 / rate, MAX_CHATTER_WAIT))
            due = int((time.monotonic() - began) * rate)
            for number in range(written, due):
                log(f"chatter {number}: slot 0 is idle, all is well")
            written = due

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request. Raises `RefusedError` for one that gets an error instead."""
        request = exchange.request
        is_debug = request.path.startswith("/debug/")
        if not self.is_ready and not is_debug:
            await self._wait_or_refuse()
        handler = self._find(request)
        if request.method == "POST" and not is_debug:
            self._remember(request)
            await asyncio.sleep(self.options.slow_body)
        await handler(self, exchange)

    def generate(self, ask: Ask) -> Generation:
        """Begin an answer."""
        options = self.options
        thinking = None if ask.continues else options.reasoning
        return Generation(ask, self.model, options.tps, options.tokens, thinking, options.echo)

    async def stream(self, generation: Generation) -> AsyncIterator[str]:
        """The pieces of an answer that is sent as it comes; the process may crash among them."""
        last = int(CRASH_PIECES if self.options.crash_after is None else self.options.crash_after)
        sent = 0
        async for piece in generation.pieces():
            if self.options.crash == "mid-stream" and sent >= last:
                process.crash(f"illegal memory access after {sent} pieces")
            yield piece
            sent += 1

    async def _load_in_steps(self) -> None:
        options = self.options
        steps = LOAD_STEPS if options.load else 1
        began = time.monotonic()
        for step in range(1, steps + 1):
            share = options.memory * step // steps - options.memory * (step - 1) // steps
            if share:
                self._memory.append(process.hold_memory(share))
            await asyncio.sleep(began + options.load * step / steps - time.monotonic())
            if options.load:
                log(f"load_tensors: {100 * step // steps} %")

    async def _wait_or_refuse(self) -> None:
        if self.options.load_mode != "hang":
            raise RefusedError(503, "Loading model", "unavailable_error", status_word="loading model")
        await self._ready.wait()

    def _find(self, request: Request) -> Handler:
        method = "GET" if request.method == "HEAD" else request.method
        if handler := self._routes.get((method, request.path)):
            return handler
        if any(path == request.path for _, path in self._routes):
            raise RefusedError(405, f"{request.method} is not allowed here")
        raise RefusedError(404, "File Not Found", "not_found_error")

    def _remember(self, request: Request) -> None:
        self.last_headers = {"method": request.method, "path": request.path, "headers": request.headers}
