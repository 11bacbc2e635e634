"""`/v1/embeddings` and the four spellings of `/v1/rerank`: meaning by the words that texts share."""

from __future__ import annotations

import base64
import math
import re
import struct
import zlib

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json, RefusedError
from modelyard.demo.protocols.asking import number, required, text_of, texts

DIMENSIONS = 64
_WORD = re.compile(r"\w+")


async def embeddings(app: Application, exchange: Exchange) -> None:
    """POST `/v1/embeddings`; `encoding_format` is `float` or `base64` (little-endian 32-bit floats)."""
    body = exchange.json()
    wants_base64 = body.get("encoding_format") == "base64"
    inputs = _inputs(app, body)
    data = [
        {"object": "embedding", "index": index, "embedding": _as_base64(vector) if wants_base64 else vector}
        for index, vector in enumerate(map(embed, inputs))
    ]
    usage = _usage(app, inputs)
    exchange.answer_json({"object": "list", "model": app.model_name(body), "data": data, "usage": usage})


async def rerank(app: Application, exchange: Exchange) -> None:
    """POST `/v1/rerank`: documents by the share of the query's words that they hold, the best first."""
    body = exchange.json()
    query, documents = str(required(body, "query")), _documents(body)
    results: list[Json] = [
        {"index": index, "relevance_score": relevance(query, document)} for index, document in enumerate(documents)
    ]
    results.sort(key=lambda result: -result["relevance_score"])
    top = number(body, "top_n")
    exchange.answer_json(
        {
            "model": app.model_name(body),
            "object": "list",
            "usage": _usage(app, [query, *documents]),
            "results": results if top is None else results[: int(top)],
        }
    )


def embed(text: str) -> list[float]:
    """A vector of length 1. Each word votes for a few directions, so texts that share words point alike."""
    vector = [0.0] * DIMENSIONS
    for word in _WORD.findall(text.lower()) or [text]:
        for salt in range(4):
            digest = zlib.crc32(word.encode(errors="replace"), salt)
            vector[digest % DIMENSIONS] += 1.0 if digest & 0x10000 else -1.0
    length = math.hypot(*vector) or 1.0
    return [round(value / length, 6) for value in vector]


def relevance(query: str, document: str) -> float:
    """Between 0 and 1: how many of the query's words the document holds."""
    wanted = set(_WORD.findall(query.lower()))
    return round(len(wanted & set(_WORD.findall(document.lower()))) / max(len(wanted), 1), 6)


def _as_base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _inputs(app: Application, body: Json) -> list[str]:
    """`input` as texts; it may also be token ids, or lists of them."""
    given = required(body, "input")
    if isinstance(given, list) and given and not isinstance(given[0], str):
        lists = given if isinstance(given[0], list) else [given]
        try:
            return [app.model.decode(ids) for ids in lists]
        except (IndexError, TypeError) as error:
            raise RefusedError(400, "'input' is neither texts nor token ids") from error
    return texts(body, "input")


def _documents(body: Json) -> list[str]:
    documents = body.get("documents", body.get("texts"))
    if not isinstance(documents, list):
        raise RefusedError(400, "'documents' is not a list")
    return [document if isinstance(document, str) else text_of([document]) for document in documents]


def _usage(app: Application, inputs: list[str]) -> Json:
    tokens = sum(app.model.count(text) for text in inputs)
    return {"prompt_tokens": tokens, "total_tokens": tokens}
