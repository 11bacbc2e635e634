"""The clients that people bring, against two models that exclude each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import MessageParam
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

REQUESTS = 50


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    config = f"""
models:
  writer: {{cmd: '{demo_engine("--tokens", 12)}', aliases: [gpt-4o], parallel: 50}}
  poet: {{cmd: '{demo_engine("--tokens", 12, "--load", 0.2)}', parallel: 50}}
"""
    with Daemon(tmp_path_factory.mktemp("clients"), config) as daemon:
        yield daemon


async def openai_chat(client: AsyncOpenAI, model: str, *, stream: bool) -> str:
    asked: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": f"speak, {model}"}]
    if not stream:
        answer = await client.chat.completions.create(model=model, messages=asked, max_tokens=6)
        assert answer.model == model
        return answer.choices[0].message.content or ""
    pieces = []
    async for chunk in await client.chat.completions.create(model=model, messages=asked, max_tokens=6, stream=True):
        assert chunk.model == model
        pieces += [choice.delta.content or "" for choice in chunk.choices]
    return "".join(pieces)


async def anthropic_chat(client: AsyncAnthropic, model: str, *, stream: bool) -> str:
    asked: list[MessageParam] = [{"role": "user", "content": f"speak, {model}"}]
    if not stream:
        answer = await client.messages.create(model=model, messages=asked, max_tokens=6)
        assert answer.model == model
        return "".join(block.text for block in answer.content if block.type == "text")
    async with client.messages.stream(model=model, messages=asked, max_tokens=6) as events:
        return "".join([text async for text in events.text_stream])


def test_interleaved_requests_of_openai_clients_are_all_answered_and_collated(daemon: Daemon) -> None:
    """H1: A B A B … becomes A A … B B …: far fewer swaps than requests."""
    before = daemon.starts()

    async def work() -> list[str]:
        async with AsyncOpenAI(base_url=daemon.url + "/v1", api_key="none", max_retries=0, timeout=60) as client:
            models = ["writer", "poet"] * REQUESTS
            chats = [openai_chat(client, model, stream=number % 4 < 2) for number, model in enumerate(models)]
            return await asyncio.gather(*chats)

    answers = asyncio.run(work())
    assert len(answers) == 2 * REQUESTS
    assert all(answers)
    assert daemon.starts() - before <= 10


def test_interleaved_requests_of_anthropic_clients_are_all_answered_and_collated(daemon: Daemon) -> None:
    before = daemon.starts()

    async def work() -> list[str]:
        async with AsyncAnthropic(base_url=daemon.url, api_key="none", max_retries=0, timeout=60) as client:
            models = ["writer", "poet"] * REQUESTS
            chats = [anthropic_chat(client, model, stream=number % 4 < 2) for number, model in enumerate(models)]
            return await asyncio.gather(*chats)

    answers = asyncio.run(work())
    assert len(answers) == 2 * REQUESTS
    assert all(answers)
    assert daemon.starts() - before <= 10


def test_the_other_routes_of_the_clients(daemon: Daemon) -> None:
    async def work() -> None:
        async with AsyncOpenAI(base_url=daemon.url + "/v1", api_key="none", max_retries=0, timeout=60) as client:
            assert [model.id async for model in client.models.list()] == ["poet", "writer"]
            completion = await client.completions.create(model="gpt-4o", prompt="Once", max_tokens=4)
            assert completion.choices[0].text
            embedding = await client.embeddings.create(model="gpt-4o", input=["a", "b"])
            assert len(embedding.data) == 2
            response = await client.responses.create(model="gpt-4o", input="Once")
            assert response.output_text
        async with AsyncAnthropic(base_url=daemon.url, api_key="none", max_retries=0, timeout=60) as claude:
            counted = await claude.messages.count_tokens(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
            assert counted.input_tokens > 0

    asyncio.run(work())


def test_rerank_infill_and_completion_reach_the_engine(daemon: Daemon) -> None:
    routes: dict[str, dict[str, object]] = {
        "/v1/rerank": {"query": "sea", "documents": ["the sea", "a hill"]},
        "/rerank": {"query": "sea", "documents": ["the sea", "a hill"]},
        "/completion": {"prompt": "Once", "n_predict": 4},
        "/infill": {"input_prefix": "Once", "input_suffix": "end", "n_predict": 4},
    }
    for path, body in routes.items():
        answer = httpx.post(daemon.url + path, json={"model": "writer", **body}, timeout=30)
        assert answer.status_code == 200, (path, answer.text)
