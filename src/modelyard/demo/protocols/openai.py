"""`/v1/chat/completions`, `/v1/completions`, `/v1/models`, with llama.cpp's additions."""

from __future__ import annotations

import time
from collections.abc import Callable

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json
from modelyard.demo.generation import Generation
from modelyard.demo.protocols.asking import ask_for, dialogue, dialogue_prompt, texts

LIMITS = ("max_completion_tokens", "max_tokens", "n_predict")

Choice = Callable[[str | None, str | None], Json]
"""Makes a choice of a streamed chunk of a piece of text (or none) and a finish reason (None: it goes on)."""


async def models(app: Application, exchange: Exchange) -> None:
    """GET `/v1/models`."""
    model = {"id": app.options.alias, "object": "model", "created": app.started, "owned_by": "modelyard-demo"}
    meta = {"n_vocab": app.model.vocabulary_size, "n_ctx_train": 4096}
    exchange.answer_json({"object": "list", "data": [model | {"meta": meta}]})


async def chat(app: Application, exchange: Exchange) -> None:
    """POST `/v1/chat/completions`."""
    body = exchange.json()
    prompt = dialogue_prompt(dialogue(body))
    generation = app.generate(ask_for(body, prompt, limits=LIMITS, messages=body["messages"]))
    base = _base(app, exchange, body, "chatcmpl")
    if body.get("stream"):
        await _stream(app, exchange, body, generation, base | {"object": "chat.completion.chunk"}, _chat_choice)
        return
    thought, text = await generation.thought(), await generation.text()
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text} | ({"reasoning_content": thought} if thought else {}),
        "logprobs": None,
        "finish_reason": generation.finish_reason,
    }
    exchange.answer_json(base | {"object": "chat.completion", "choices": [choice]} | _account(generation))


async def completions(app: Application, exchange: Exchange) -> None:
    """POST `/v1/completions`."""
    body = exchange.json()
    prompt = "\n".join(texts(body, "prompt"))
    generation = app.generate(ask_for(body, prompt, limits=LIMITS, continues=True))
    base = _base(app, exchange, body, "cmpl") | {"object": "text_completion"}
    if body.get("stream"):
        await _stream(app, exchange, body, generation, base, _text_choice)
        return
    choice = _text_choice(await generation.text(), generation.finish_reason)
    exchange.answer_json(base | {"choices": [choice]} | _account(generation))


async def _stream(
    app: Application, exchange: Exchange, body: Json, generation: Generation, base: Json, choice: Choice
) -> None:
    """Chunks as OpenAI sends them. The last has llama.cpp's `timings`, and `usage` where that was asked for."""
    exchange.start_events()
    if choice is _chat_choice:
        opening = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
        await exchange.send_event(base | {"choices": [opening]})
    async for piece in generation.thoughts():
        delta = {"reasoning_content": piece}
        await exchange.send_event(base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    async for piece in app.stream(generation):
        await exchange.send_event(base | {"choices": [choice(piece, None)]})
    last = base | {"choices": [choice(None, generation.finish_reason)]}
    if (body.get("stream_options") or {}).get("include_usage"):
        await exchange.send_event(last)
        last = base | {"choices": [], "usage": _usage(generation)}
    await exchange.send_event(last | {"timings": generation.timings()})
    await exchange.send_event("[DONE]")
    exchange.end_events()


def _chat_choice(text: str | None, finish_reason: str | None) -> Json:
    return {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish_reason}


def _text_choice(text: str | None, finish_reason: str | None) -> Json:
    return {"index": 0, "text": text or "", "logprobs": None, "finish_reason": finish_reason}


def _base(app: Application, exchange: Exchange, body: Json, prefix: str) -> Json:
    return {
        "id": f"{prefix}-{exchange.entry.request}",
        "created": int(time.time()),
        "model": app.model_name(body),
        "system_fingerprint": "modelyard-demo",
    }


def _account(generation: Generation) -> Json:
    return {"usage": _usage(generation), "timings": generation.timings()}


def _usage(generation: Generation) -> Json:
    return {
        "prompt_tokens": generation.prompt_tokens,
        "completion_tokens": generation.completion_tokens,
        "total_tokens": generation.total_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": generation.reasoning_tokens},
    }
