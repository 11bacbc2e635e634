"""langchain-openai: chats, batches, the Responses API, embeddings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from tests.e2e.sessions.report import Got, run

ROUNDS = 6


def chat_of(url: str, model: str, **more: object) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{url}/v1", api_key="none", model=model, max_tokens=8, max_retries=0, **more)


async def streamed(url: str, model: str) -> Got:
    """Piece by piece, with the numbers at the end."""
    pieces, tokens = [], 0
    async for chunk in chat_of(url, model, stream_usage=True).astream(f"speak, {model}"):
        pieces.append(str(chunk.content))
        tokens = (chunk.usage_metadata or {}).get("output_tokens", 0) or tokens
    return Got(model, "streamed", "".join(pieces), tokens)


async def batched(url: str, model: str) -> Got:
    """Several at a time."""
    answers = await chat_of(url, model).abatch([f"speak, {model}"] * 3, config={"max_concurrency": 2})
    tokens = sum((answer.usage_metadata or {}).get("output_tokens", 0) for answer in answers)
    return Got(model, "batched", "|".join(str(answer.content) for answer in answers), tokens)


async def responses(url: str, model: str) -> Got:
    """Through the Responses API."""
    answer = await chat_of(url, model, use_responses_api=True).ainvoke(f"speak, {model}")
    return Got(model, "responses", str(answer.text), (answer.usage_metadata or {}).get("output_tokens", 0))


async def embedded(url: str, model: str) -> Got:
    """Two vectors."""
    embeddings = OpenAIEmbeddings(
        base_url=f"{url}/v1", api_key="none", model=model, check_embedding_ctx_length=False, max_retries=0
    )
    return Got(model, "embedding", str(len(await embeddings.aembed_documents(["a", "b"]))))


def session(url: str, models: Sequence[str]) -> list[Got]:
    """All of it for both models, all at once."""

    async def work() -> list[Got]:
        calls = [call(url, model) for _ in range(ROUNDS) for model in models for call in (streamed, batched, responses)]
        return await asyncio.gather(*calls, *(embedded(url, model) for model in models))

    return asyncio.run(work())


if __name__ == "__main__":
    run(session)
