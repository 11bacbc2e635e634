"""The clients that people bring, against two models that exclude each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

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


async def pieces_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of a stream that ends as it should."""
    lines = [line async for line in answer.aiter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


FIM = "<|fim_prefix|>def add(a, b):<|fim_suffix|>\n    return c<|fim_middle|>"
CONTINUE: dict[str, dict[str, Any]] = {
    "/v1/completions": {"prompt": FIM, "max_tokens": 6, "temperature": 0.01, "stop": ["\n\n", "<|file_sep|>"]},
    "/v1/completions?suffix": {"prompt": "def add(a, b):", "suffix": "\n    return c", "max_tokens": 6},
    "/infill": {"input_prefix": "def add(a, b):", "input_suffix": "return c", "n_predict": 6, "input_extra": []},
    "/completion": {"prompt": FIM, "n_predict": 6, "cache_prompt": True},
}


@pytest.mark.parametrize("path", CONTINUE)
def test_an_editor_completes_and_changes_its_mind(daemon: Daemon, path: str) -> None:
    """As Continue asks while somebody types: every key sends a request and drops the one before."""
    body = {"model": "writer", "stream": True, **CONTINUE[path]}
    headers = {"Content-Type": "application/json", "Authorization": "Bearer none"}

    async def work() -> None:
        async with httpx.AsyncClient(base_url=daemon.url, headers=headers, timeout=30) as client:
            for _ in range(5):
                async with client.stream("POST", path, json=body) as answer:
                    assert answer.status_code == 200
                    async for line in answer.aiter_lines():
                        assert line.startswith("data: ")
                        break
            async with client.stream("POST", path, json=body) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                text = await answer.aread()
            assert b"data: {" in text
            while (await client.get("/api/inflight")).json()["requests"]:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(work(), 60))


def test_an_agent_counts_what_it_costs_and_is_interrupted(daemon: Daemon) -> None:
    """As Cline and Roo Code ask: streams with the numbers at their end, some of them cancelled, model by model."""

    async def ask(client: AsyncOpenAI, model: str, stop_after: int | None) -> int:
        stream = await client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": "You are an agent. " * 200}, {"role": "user", "content": "go"}],
            temperature=0,
            max_tokens=8,
            stream=True,
            stream_options={"include_usage": True},
        )
        tokens, count = 0, 0
        async for chunk in stream:
            count += 1
            if count == stop_after:
                await stream.close()
                break
            tokens = chunk.usage.completion_tokens if chunk.usage else tokens
        return tokens

    async def work() -> None:
        headers = {"HTTP-Referer": "https://cline.bot", "X-Title": "Cline"}
        async with AsyncOpenAI(
            base_url=daemon.url + "/v1", api_key="none", max_retries=0, timeout=60, default_headers=headers
        ) as client:
            for model in ("writer", "poet", "writer"):
                assert await ask(client, model, stop_after=2) == 0
                assert await ask(client, model, stop_after=None) > 0

    asyncio.run(work())


def test_a_chat_page_looks_at_the_models_all_the_time(daemon: Daemon) -> None:
    """As Open WebUI does: it lists the models while chats swap them, and asks for titles beside the chats."""
    headers = {"Authorization": "Bearer sk-none", "X-OpenWebUI-User-Name": "J%C3%B6rg"}

    async def chat(client: httpx.AsyncClient, model: str, *, stream: bool) -> None:
        body = {"model": model, "stream": stream, "max_tokens": 6, "messages": [{"role": "user", "content": "hi"}]}
        if not stream:
            answer = await client.post("/v1/chat/completions", json=body)
            assert answer.json()["choices"][0]["message"]["content"]
            return
        async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            assert {piece["model"] for piece in await pieces_of(answer)} == {model}

    async def look(client: httpx.AsyncClient, done: asyncio.Event) -> int:
        looks = 0
        while not done.is_set():
            listing = (await client.get("/v1/models")).json()["data"]
            assert [model["id"] for model in listing] == ["poet", "writer"]
            assert {model["status"]["value"] for model in listing} <= {"loaded", "unloaded"}
            looks += 1
        return looks

    async def work() -> None:
        done = asyncio.Event()
        async with httpx.AsyncClient(base_url=daemon.url, headers=headers, timeout=60) as client:
            looking = asyncio.create_task(look(client, done))
            for model in ("writer", "poet", "writer"):
                await asyncio.gather(*(chat(client, model, stream=number % 2 == 0) for number in range(6)))
            done.set()
            assert await looking > 3

    asyncio.run(work())
