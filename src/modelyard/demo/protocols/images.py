"""`/v1/images/generations` of OpenAI, and `/sdapi/v1/txt2img` as Stable Diffusion's web UI has it."""

from __future__ import annotations

import asyncio
import base64
import re
import time
import zlib

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json, RefusedError
from modelyard.demo.journal import log
from modelyard.demo.protocols.asking import number, required

MOST_IMAGES = 8
LARGEST, SMALLEST = 2048, 16
DEFAULT_SIDE = 512
LORAS = ("ink", "watercolour")


async def generations(app: Application, exchange: Exchange) -> None:
    """POST `/v1/images/generations`; `seed` is as in servers of open models."""
    body = exchange.json()
    if body.get("response_format", "b64_json") != "b64_json":
        raise RefusedError(400, "'response_format' can only be b64_json")
    width, height = _size(str(body.get("size") or "auto"))
    images = await _draw(app, body, width, height, _whole(body, "n", 1, MOST_IMAGES) or 1)
    data = [{"b64_json": image} for image in images]
    exchange.answer_json({"created": int(time.time()), "output_format": "png", "data": data})


async def txt2img(app: Application, exchange: Exchange) -> None:
    """POST `/sdapi/v1/txt2img`."""
    body = exchange.json()
    width = _whole(body, "width", SMALLEST, LARGEST) or DEFAULT_SIDE
    height = _whole(body, "height", SMALLEST, LARGEST) or DEFAULT_SIDE
    images = await _draw(app, body, width, height, _whole(body, "batch_size", 1, MOST_IMAGES) or 1)
    exchange.answer_json({"images": images, "parameters": body, "info": ""})


async def loras(_app: Application, exchange: Exchange) -> None:
    """GET `/sdapi/v1/loras`."""
    exchange.answer_json([{"name": name, "path": f"{name}.safetensors"} for name in LORAS])


async def _draw(app: Application, body: Json, width: int, height: int, count: int) -> list[str]:
    from modelyard.demo import picture

    prompt = required(body, "prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise RefusedError(400, "'prompt' is not a text")
    given = number(body, "seed")
    # Without a seed, as with none of a prompt's own, each call is another picture.
    seed = zlib.crc32(f"{prompt} {time.monotonic_ns()}".encode()) if given is None or given < 0 else int(given)
    images = []
    for offset in range(count):
        began = time.monotonic()
        images.append(base64.b64encode(picture.draw(prompt, width, height, seed + offset)).decode())
        log(f"drew {width}x{height} with seed {seed + offset} in {1000 * (time.monotonic() - began):.0f} ms")
        await asyncio.sleep(app.options.draw)
    return images


def _size(size: str) -> tuple[int, int]:
    if size == "auto":
        return DEFAULT_SIDE, DEFAULT_SIDE
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(SMALLEST <= side <= LARGEST for side in sides):
        raise RefusedError(400, f"'size' is not WIDTHxHEIGHT, each from {SMALLEST} to {LARGEST}")
    return sides


def _whole(body: Json, key: str, least: int, most: int) -> int | None:
    value = number(body, key)
    if value is not None and not (least <= value <= most and value == int(value)):
        raise RefusedError(400, f"'{key}' is not a whole number from {least} to {most}")
    return None if value is None else int(value)
