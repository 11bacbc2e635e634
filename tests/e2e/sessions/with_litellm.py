"""litellm: the calls that aider makes, and both dialects that litellm speaks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from tests.e2e.sessions.report import Got, run

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # prices are otherwise fetched when it is imported

import litellm

ROUNDS = 6
AIDER = {"HTTP-Referer": "https://aider.chat", "X-Title": "Aider"}


def asked(model: str) -> list[dict[str, str]]:
    """As aider asks: a long system prompt, a question, and what it was told before."""
    return [
        {"role": "system", "content": "Act as an expert software developer. " * 40},
        {"role": "user", "content": f"I switched to a new code base, {model}."},
        {"role": "assistant", "content": "Ok."},
        {"role": "user", "content": "Say what you would change."},
    ]


async def aider(url: str, model: str) -> Got:
    """A streamed chat with the numbers at its end."""
    stream = await litellm.acompletion(
        model=f"openai/{model}",
        api_base=f"{url}/v1",
        api_key="none",
        messages=asked(model),
        temperature=0,
        max_tokens=8,
        stream=True,
        stream_options={"include_usage": True},
        extra_headers=AIDER,
        num_retries=0,
    )
    pieces, tokens = [], 0
    async for chunk in stream:
        pieces += [choice.delta.content or "" for choice in chunk.choices]
        usage = getattr(chunk, "usage", None)
        tokens = usage.completion_tokens if usage else tokens
    return Got(model, "aider", "".join(pieces), tokens)


async def whole(url: str, model: str) -> Got:
    """A chat in one piece, as aider's commit messages are asked for."""
    answer = await litellm.acompletion(
        model=f"openai/{model}", api_base=f"{url}/v1", api_key="none", messages=asked(model), max_tokens=8
    )
    return Got(model, "whole", answer.choices[0].message.content, answer.usage.completion_tokens)


async def anthropic(url: str, model: str) -> Got:
    """The same through Anthropic's protocol."""
    answer = await litellm.acompletion(
        model=f"anthropic/{model}", api_base=url, api_key="none", messages=asked(model), max_tokens=8
    )
    return Got(model, "anthropic", answer.choices[0].message.content, answer.usage.completion_tokens)


async def embedding(url: str, model: str) -> Got:
    """Two vectors."""
    answer = await litellm.aembedding(
        model=f"openai/{model}", api_base=f"{url}/v1", api_key="none", input=["a", "b"], encoding_format="float"
    )
    return Got(model, "embedding", str(len(answer.data)))


def session(url: str, models: Sequence[str]) -> list[Got]:
    """All of it for both models, all at once."""

    async def work() -> list[Got]:
        calls = [call(url, model) for _ in range(ROUNDS) for model in models for call in (aider, whole, anthropic)]
        return await asyncio.gather(*calls, *(embedding(url, model) for model in models))

    return asyncio.run(work())


if __name__ == "__main__":
    run(session)
