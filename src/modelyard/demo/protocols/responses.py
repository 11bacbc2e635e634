"""`/v1/responses`: OpenAI's newer interface, plain and as a stream of named events."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Literal

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json, RefusedError
from modelyard.demo.generation import Generation
from modelyard.demo.protocols.asking import ask_for, dialogue, dialogue_prompt, required, text_of


async def responses(app: Application, exchange: Exchange) -> None:
    """POST `/v1/responses`."""
    body = exchange.json()
    generation = app.generate(ask_for(body, _prompt(body), limits=("max_output_tokens",), messages=body["input"]))
    answer = _Response(app.model_name(body), exchange.entry.request, generation)
    if body.get("stream"):
        await _stream(app, exchange, answer)
    else:
        answer.thought = await generation.thought()
        text = await generation.text()
        exchange.answer_json(answer.response("completed", text))


async def _stream(app: Application, exchange: Exchange, answer: _Response) -> None:
    numbers = iter(range(1 << 62))

    async def send(kind: str, fields: Json) -> None:
        await exchange.send_event({"type": kind, "sequence_number": next(numbers)} | fields, event=kind)

    exchange.start_events()
    await send("response.created", {"response": answer.response("in_progress")})
    await send("response.in_progress", {"response": answer.response("in_progress")})
    await _think(send, answer)
    index = answer.index
    await send("response.output_item.added", {"output_index": index, "item": answer.item("in_progress")})
    place = {"item_id": answer.item_id, "output_index": index, "content_index": 0}
    await send("response.content_part.added", place | {"part": _part("")})
    text = ""
    async for piece in app.stream(answer.generation):
        text += piece
        await send("response.output_text.delta", place | {"delta": piece, "logprobs": []})
    await send("response.output_text.done", place | {"text": text, "logprobs": []})
    await send("response.content_part.done", place | {"part": _part(text)})
    await send("response.output_item.done", {"output_index": index, "item": answer.item("completed", text)})
    final = answer.response("completed", text)
    await send(f"response.{final['status']}", {"response": final})
    exchange.end_events()


async def _think(send: Callable[[str, Json], Awaitable[None]], answer: _Response) -> None:
    place = {"item_id": answer.thought_id, "output_index": 0, "content_index": 0}
    async for piece in answer.generation.thoughts():
        if not answer.thought:
            await send("response.output_item.added", {"output_index": 0, "item": answer.thought_item("in_progress")})
            await send("response.content_part.added", place | {"part": _thought_part("")})
        answer.thought += piece
        await send("response.reasoning_text.delta", place | {"delta": piece})
    if answer.thought:
        await send("response.reasoning_text.done", place | {"text": answer.thought})
        await send("response.content_part.done", place | {"part": _thought_part(answer.thought)})
        await send("response.output_item.done", {"output_index": 0, "item": answer.thought_item("completed")})


Status = Literal["in_progress", "completed"]


class _Response:
    """Makes the response object as it stands at each moment."""

    def __init__(self, model: str, number: int, generation: Generation) -> None:
        self.generation = generation
        self.item_id = f"msg_{number}"
        self.thought_id = f"rs_{number}"
        self.thought = ""
        self._base = {
            "id": f"resp_{number}",
            "object": "response",
            "created_at": int(time.time()),
            "model": model,
            "error": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "temperature": generation.ask.temperature,
            "top_p": 1.0,
        }

    @property
    def index(self) -> int:
        """The place of the message among the items of the answer."""
        return 1 if self.thought else 0

    def response(self, status: Status, text: str = "") -> Json:
        if status == "in_progress":
            return self._base | {"status": status, "output": [], "incomplete_details": None}
        was_cut = self.generation.finish_reason == "length"
        return self._base | {
            "status": "incomplete" if was_cut else status,
            "incomplete_details": {"reason": "max_output_tokens"} if was_cut else None,
            "output": [*([self.thought_item("completed")] if self.thought else []), self.item("completed", text)],
            "usage": self._usage(),
        }

    def item(self, status: Status, text: str | None = None) -> Json:
        content = [] if text is None else [_part(text)]
        return {
            "id": self.item_id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def thought_item(self, status: Status) -> Json:
        """What was thought, as an item of the answer."""
        content = [_thought_part(self.thought)] if status == "completed" else []
        return {"id": self.thought_id, "type": "reasoning", "summary": [], "status": status, "content": content}

    def _usage(self) -> Json:
        return {
            "input_tokens": self.generation.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": self.generation.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": self.generation.reasoning_tokens},
            "total_tokens": self.generation.total_tokens,
        }


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _thought_part(text: str) -> Json:
    return {"type": "reasoning_text", "text": text}


def _prompt(body: Json) -> str:
    given = required(body, "input")
    instructions = text_of(body.get("instructions"))
    if isinstance(given, str):
        return f"{instructions}\n{given}".strip()
    if isinstance(given, list):
        return dialogue_prompt(dialogue(body, "input"), instructions)
    raise RefusedError(400, "'input' is neither a text nor a list")
