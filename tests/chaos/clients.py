"""Clients: ask for something at random, read all of the answer or leave."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.chaos.engines import MODELS, STEADY

LONGEST = 60.0
"""Seconds after which a request counts as forgotten. Nothing here may take a third of that."""

EXPECTED = frozenset({200, 404, 409, 429, 500, 502, 503})
"""Whatever happens to models, a client gets one of these."""


@dataclass
class Seen:
    """What one client saw."""

    statuses: Counter[str] = field(default_factory=Counter)
    oddities: list[str] = field(default_factory=list)
    steady: list[float] = field(default_factory=list)
    """How long requests for the steady model took (seconds)."""

    def add(self, other: Seen) -> None:
        """What another client saw, too."""
        self.statuses += other.statuses
        self.oddities += other.oddities
        self.steady += other.steady


def ask(url: str, seed: int, stop: threading.Event) -> Seen:
    """One client, until the storm is over."""
    dice = random.Random(seed)
    seen = Seen()
    with httpx.Client(base_url=url, timeout=LONGEST) as client:
        while not stop.is_set():
            model = STEADY if dice.random() < 0.3 else dice.choice(MODELS)
            began = time.monotonic()
            try:
                outcome = _ask_once(client, model, dice)
            except httpx.TimeoutException:
                outcome = f"{model}: no answer within {LONGEST:g} s"
                seen.oddities.append(outcome)
            except httpx.HTTPError as error:
                outcome = "broken off"
                if model == STEADY:
                    seen.oddities.append(f"{model}: {error!r}")
            seen.statuses[outcome] += 1
            if model == STEADY:
                seen.steady.append(time.monotonic() - began)
            if outcome.isdigit() and int(outcome) not in EXPECTED:
                seen.oddities.append(f"{model}: status {outcome}")
            stop.wait(dice.random() * 0.05)
    return seen


def _ask_once(client: httpx.Client, model: str, dice: random.Random) -> str:
    stream = dice.random() < 0.5
    leaves = model != STEADY and dice.random() < 0.3
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": stream, "max_tokens": 20}
    timeout = httpx.Timeout(LONGEST, read=dice.uniform(0.01, 1.0)) if leaves else httpx.USE_CLIENT_DEFAULT
    try:
        with client.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as answer:
            for _ in answer.iter_bytes():
                if leaves:
                    return "left"
            return str(answer.status_code)
    except httpx.ReadTimeout:
        if leaves:
            return "left"
        raise
