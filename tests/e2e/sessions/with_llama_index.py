"""LlamaIndex's OpenAILike: chats and completions, one after the other as its agents do, and at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from tests.e2e.sessions.report import Got, run

ROUNDS = 4


def llm_of(url: str, model: str, *, is_chat: bool) -> OpenAILike:
    return OpenAILike(
        model=model,
        api_base=f"{url}/v1",
        api_key="none",
        is_chat_model=is_chat,
        is_function_calling_model=False,
        context_window=4096,
        max_tokens=8,
        max_retries=0,
        timeout=60,
    )


def by_turns(url: str, models: Sequence[str]) -> list[Got]:
    """A question to each in turn, which costs a swap each time."""
    asked = [ChatMessage(role="user", content="speak")]
    found = [Got(model, "chat", str(llm_of(url, model, is_chat=True).chat(asked).message.content)) for model in models]
    for model in models:
        pieces = [chunk.delta or "" for chunk in llm_of(url, model, is_chat=True).stream_chat(asked)]
        found.append(Got(model, "streamed", "".join(pieces)))
    return found


async def completed(url: str, model: str) -> Got:
    """A completion without a chat."""
    answer = await llm_of(url, model, is_chat=False).acomplete("Once upon a time")
    return Got(model, "completion", answer.text)


async def streamed(url: str, model: str) -> Got:
    """A chat piece by piece."""
    chunks = await llm_of(url, model, is_chat=True).astream_complete("speak")
    return Got(model, "streamed", "".join([chunk.delta or "" async for chunk in chunks]))


def session(url: str, models: Sequence[str]) -> list[Got]:
    """By turns, then all at once."""

    async def work() -> list[Got]:
        calls = [call(url, model) for _ in range(ROUNDS) for model in models for call in (completed, streamed)]
        return await asyncio.gather(*calls)

    return by_turns(url, models) + asyncio.run(work())


if __name__ == "__main__":
    run(session)
