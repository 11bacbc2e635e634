"""`/v1/messages` and `/v1/messages/count_tokens`."""

from __future__ import annotations

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json
from modelyard.demo.generation import Generation
from modelyard.demo.protocols.asking import ask_for, dialogue, dialogue_prompt, number, text_of

NO_LIMIT = 4096
"""The protocol requires a limit; who says so much or more means none."""


async def messages(app: Application, exchange: Exchange) -> None:
    """POST `/v1/messages`."""
    body = exchange.json()
    limits = () if (number(body, "max_tokens") or 0) >= NO_LIMIT else ("max_tokens",)
    generation = app.generate(ask_for(body, _prompt(body), limits=limits, messages=body["messages"]))
    message: Json = {
        "id": f"msg_{exchange.entry.request}",
        "type": "message",
        "role": "assistant",
        "model": app.model_name(body),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": generation.prompt_tokens, "output_tokens": 0},
    }
    if body.get("stream"):
        await _stream(app, exchange, generation, message)
        return
    thought, text = await generation.thought(), await generation.text()
    usage = {"input_tokens": generation.prompt_tokens, "output_tokens": generation.completion_tokens}
    blocks = [_thinking(thought)] if thought else []
    content = {"content": [*blocks, {"type": "text", "text": text}], "usage": usage}
    exchange.answer_json(message | content | _ending(generation))


async def count_tokens(app: Application, exchange: Exchange) -> None:
    """POST `/v1/messages/count_tokens`."""
    prompt = _prompt(exchange.json())
    exchange.answer_json({"input_tokens": app.model.count(prompt)})


async def _stream(app: Application, exchange: Exchange, generation: Generation, message: Json) -> None:
    async def send(kind: str, **fields: object) -> None:
        await exchange.send_event({"type": kind} | fields, event=kind)

    exchange.start_events()
    await send("message_start", message=message)
    index = 0
    async for piece in generation.thoughts():
        if not index:
            await send("content_block_start", index=0, content_block=_thinking(""))
            index = 1
        await send("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": piece})
    if index:
        await send("content_block_stop", index=0)
    await send("content_block_start", index=index, content_block={"type": "text", "text": ""})
    await send("ping")
    async for piece in app.stream(generation):
        await send("content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
    await send("content_block_stop", index=index)
    usage = {"output_tokens": generation.completion_tokens}
    await send("message_delta", delta=_ending(generation), usage=usage)
    await send("message_stop")
    exchange.end_events()


def _thinking(thought: str) -> Json:
    return {"type": "thinking", "thinking": thought, "signature": ""}


def _ending(generation: Generation) -> Json:
    if generation.stopping_word:
        return {"stop_reason": "stop_sequence", "stop_sequence": generation.stopping_word}
    reason = "max_tokens" if generation.finish_reason == "length" else "end_turn"
    return {"stop_reason": reason, "stop_sequence": None}


def _prompt(body: Json) -> str:
    return dialogue_prompt(dialogue(body), text_of(body.get("system")))
