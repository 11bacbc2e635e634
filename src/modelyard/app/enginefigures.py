"""The figures of the engines themselves, asked for when somebody wants them: never by a load, never for long."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

import httptools

from modelyard.runtime.health import ProbeTarget, probe_target
from modelyard.runtime.plainhttp import exchange_with
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.exposition import Family, write
from modelyard.wire.scraped import Scraped

LIMIT = 2.0
"""Seconds that an engine may take."""
MAX_TEXT = 4 << 20
"""Bytes that it may say."""


async def engine_figures(proxies: Mapping[str, str], tasks: TaskOwner) -> bytes:
    """What the engines at these URLs say at `/metrics`, by model; all are asked at the same time.

    An engine that says nothing within `LIMIT` seconds, or nothing of the kind, is left out.
    """
    asked = {
        model: tasks.spawn(_text_of(proxy), name=f"asking {model} for its figures") for model, proxy in proxies.items()
    }
    texts = {model: await task for model, task in asked.items()}
    up = Family("modelyard_engine_metrics_up", "gauge", "Whether the engine of a model that is ready gave its figures")
    scraped = Scraped()
    for model, text in sorted(texts.items()):
        up.add(int(text is not None), {"model": model})
        if text is not None:
            scraped.add(model, text)
    return write([up]) + scraped.text().encode()


async def _text_of(proxy: str) -> str | None:
    try:
        target = probe_target(proxy, "/metrics")
        async with asyncio.timeout(LIMIT):
            return await _ask(target)
    except (OSError, EOFError, ValueError, TimeoutError, httptools.HttpParserError):
        return None


async def _ask(target: ProbeTarget) -> str | None:
    request = (
        f"GET {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nUser-Agent: modelyard\r\n"
        "Accept: text/plain;version=0.0.4, text/plain;q=0.5\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    ).encode("ascii", "replace")
    tls = ssl.create_default_context() if target.scheme == "https" else None
    for address in target.addresses[:-1]:
        try:
            answer = await exchange_with(target, address, request, tls, keep=MAX_TEXT)
            break
        except OSError:
            pass  # of the two families of `localhost` an engine mostly serves one
    else:
        answer = await exchange_with(target, target.addresses[-1], request, tls, keep=MAX_TEXT)
    if answer.status != 200 or answer.is_cut:
        return None
    return answer.body.decode("utf-8", "replace")
