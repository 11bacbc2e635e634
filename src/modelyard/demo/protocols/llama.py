"""llama.cpp's own routes: completion, infill, props, slots, tokenize, detokenize, health."""

from __future__ import annotations

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json, RefusedError
from modelyard.demo.generation import Generation
from modelyard.demo.protocols.asking import ask_for, required, text_of, texts

CONTEXT = 4096
LIMITS = ("n_predict", "max_tokens")


async def health(_app: Application, exchange: Exchange) -> None:
    """GET `/health`; while loading, the application answers it."""
    exchange.answer_json({"status": "ok"})


async def completion(app: Application, exchange: Exchange) -> None:
    """POST `/completion`."""
    body = exchange.json()
    await _complete(app, exchange, body, "\n".join(texts(body, "prompt")))


async def infill(app: Application, exchange: Exchange) -> None:
    """POST `/infill`: what may stand between `input_prefix` and `input_suffix`."""
    body = exchange.json()
    prefix = str(required(body, "input_prefix"))
    required(body, "input_suffix")
    await _complete(app, exchange, body, prefix + text_of(body.get("prompt")))


async def props(app: Application, exchange: Exchange) -> None:
    """GET `/props`."""
    settings = {"n_ctx": CONTEXT, "params": {"n_predict": app.options.tokens}}
    exchange.answer_json(
        {
            "default_generation_settings": settings,
            "total_slots": 1,
            "model_alias": app.options.alias,
            "model_path": f"{app.options.alias}.corpus",
            "chat_template": "{% for message in messages %}{{ message.content }}\n{% endfor %}",
            "modalities": {"vision": False, "audio": False},
            "build_info": "modelyard-demo",
            "is_sleeping": False,
        }
    )


async def slots(app: Application, exchange: Exchange) -> None:
    """GET `/slots`: one that is busy per open inference request, at least one."""
    busy = sum(entry.method == "POST" for entry in app.journal.open_entries())
    exchange.answer_json(
        [{"id": number, "n_ctx": CONTEXT, "is_processing": number < busy} for number in range(max(busy, 1))]
    )


async def tokenize(app: Application, exchange: Exchange) -> None:
    """POST `/tokenize`."""
    body = exchange.json()
    ids = app.model.encode(str(required(body, "content")))
    if body.get("with_pieces"):
        exchange.answer_json({"tokens": [{"id": number, "piece": app.model.decode([number])} for number in ids]})
    else:
        exchange.answer_json({"tokens": ids})


async def detokenize(app: Application, exchange: Exchange) -> None:
    """POST `/detokenize`."""
    ids = required(exchange.json(), "tokens")
    try:
        content = app.model.decode(ids if isinstance(ids, list) else [ids])  # type: ignore[list-item]
    except (IndexError, TypeError) as error:
        raise RefusedError(400, "'tokens' is not a list of token ids") from error
    exchange.answer_json({"content": content})


async def _complete(app: Application, exchange: Exchange, body: Json, prompt: str) -> None:
    generation = app.generate(ask_for(body, prompt, limits=LIMITS, continues=True))
    if not body.get("stream"):
        text = await generation.text()
        exchange.answer_json(_final(app, body, generation, text))
        return
    exchange.start_events()
    async for piece in app.stream(generation):
        await exchange.send_event(_partial(app, generation, piece))
    await exchange.send_event(_final(app, body, generation, ""))
    exchange.end_events()


def _partial(app: Application, generation: Generation, piece: str) -> Json:
    return {
        "index": 0,
        "content": piece,
        "tokens": app.model.encode(piece),
        "stop": False,
        "id_slot": 0,
        "tokens_predicted": generation.completion_tokens,
        "tokens_evaluated": generation.prompt_tokens,
    }


def _final(app: Application, body: Json, generation: Generation, text: str) -> Json:
    ask = generation.ask
    return {
        "index": 0,
        "content": text,
        "tokens": [],
        "id_slot": 0,
        "stop": True,
        "model": app.model_name(body),
        "tokens_predicted": generation.completion_tokens,
        "tokens_evaluated": generation.prompt_tokens,
        "generation_settings": {"n_predict": ask.limit, "temperature": ask.temperature, "seed": ask.seed},
        "prompt": ask.prompt,
        "has_new_line": "\n" in text,
        "truncated": False,
        "stop_type": _stop_type(generation),
        "stopping_word": generation.stopping_word,
        "tokens_cached": generation.total_tokens,
        "timings": generation.timings(),
    }


def _stop_type(generation: Generation) -> str:
    if generation.stopping_word:
        return "word"
    return "limit" if generation.finish_reason == "length" else "eos"
