"""The `openai` client against the demo engine."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.demo.engine_process import EngineProcess

pytestmark = pytest.mark.real

QUESTION: ChatCompletionUserMessageParam = {"role": "user", "content": "Tell me about the frog and the king."}


@pytest.fixture(scope="module")
def client(engine: EngineProcess) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{engine.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_models_are_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]


def test_chat_answers_with_text_usage_and_timings(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="any", messages=[QUESTION], max_tokens=12, seed=1)
    assert answer.model == "tiny"
    choice = answer.choices[0]
    assert choice.message.role == "assistant"
    assert len((choice.message.content or "").split()) >= 5
    assert choice.finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12
    timings = (answer.model_extra or {})["timings"]
    assert timings["prompt_n"] == answer.usage.prompt_tokens
    assert timings["predicted_n"] == 12
    assert timings["predicted_per_second"] > 0


def test_chat_streamed_is_the_same_text_in_pieces(client: OpenAI) -> None:
    plain = client.chat.completions.create(model="any", messages=[QUESTION], max_tokens=12, seed=1)
    chunks = list(
        client.chat.completions.create(
            model="any",
            messages=[QUESTION],
            max_tokens=12,
            seed=1,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(pieces) == plain.choices[0].message.content
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "length"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 12
    assert (chunks[-1].model_extra or {})["timings"]["predicted_n"] == 12


def test_chat_stream_without_usage_has_none_and_ends_with_done(engine: EngineProcess) -> None:
    body = {"model": "any", "messages": [QUESTION], "max_tokens": 3, "stream": True}
    answer = httpx.post(f"{engine.url}/v1/chat/completions", json=body)
    assert answer.headers["content-type"] == "text/event-stream"
    events = answer.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert '"usage"' not in answer.text
    assert '"timings"' in events[-3]
    assert '"finish_reason":"length"' in events[-3]


def test_equal_seeds_give_equal_answers_and_the_prompt_matters(client: OpenAI) -> None:
    def ask(content: str, seed: int) -> str | None:
        question: ChatCompletionUserMessageParam = {"role": "user", "content": content}
        answer = client.chat.completions.create(model="any", messages=[question], max_tokens=30, seed=seed)
        return answer.choices[0].message.content

    assert ask("the frog", 1) == ask("the frog", 1)
    assert ask("the frog", 1) != ask("the frog", 2)
    assert ask("the frog", 1) != ask("a voyage by ship", 1)


def test_stop_string_ends_the_answer_and_is_not_in_it(client: OpenAI) -> None:
    def ask(stop: list[str] | None) -> str:
        answer = client.completions.create(
            model="any", prompt="Once upon a time", temperature=0, stop=stop, max_tokens=60
        )
        assert answer.choices[0].finish_reason == ("stop" if stop else "length")
        return answer.choices[0].text

    whole = ask(None)
    assert "," in whole
    assert ask([","]) == whole.partition(",")[0]


def test_completion_streams_and_continues_the_prompt(client: OpenAI) -> None:
    chunks = list(
        client.completions.create(
            model="any", prompt="with pink eyes ran close", temperature=0, max_tokens=3, stream=True
        )
    )
    assert "".join(chunk.choices[0].text for chunk in chunks) == " by her."
    assert chunks[-1].choices[0].finish_reason == "length"


def test_responses_plain_and_streamed_agree(client: OpenAI) -> None:
    plain = client.responses.create(model="any", input="The white rabbit?", temperature=0)
    assert plain.status == "completed"
    assert plain.usage is not None
    assert plain.usage.output_tokens == 48
    kinds, text, final = [], "", None
    with client.responses.stream(model="any", input="The white rabbit?", temperature=0) as stream:
        for event in stream:
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                text += event.delta
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert text == final.output_text == plain.output_text


def test_responses_cut_short_are_incomplete(client: OpenAI) -> None:
    answer = client.responses.create(model="any", input="The white rabbit?", max_output_tokens=5)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"


def test_embeddings_in_base64_and_floats_agree(client: OpenAI) -> None:
    texts = ["the frog in the well", "a frog", "taxes"]
    packed = client.embeddings.create(model="any", input=texts)
    floats = client.embeddings.create(model="any", input=texts, encoding_format="float")
    frogs, frog, taxes = (each.embedding for each in floats.data)
    assert packed.data[0].embedding == pytest.approx(frogs)
    assert _likeness(frogs, frog) > _likeness(frogs, taxes)
    assert floats.usage.prompt_tokens > 0


def test_embeddings_take_token_ids(client: OpenAI, engine: EngineProcess) -> None:
    ids = httpx.post(f"{engine.url}/tokenize", json={"content": "the frog"}).json()["tokens"]
    by_ids = client.embeddings.create(model="any", input=ids, encoding_format="float")
    by_text = client.embeddings.create(model="any", input="the frog", encoding_format="float")
    assert by_ids.data[0].embedding == by_text.data[0].embedding


@pytest.mark.parametrize("route", ["/v1/rerank", "/rerank", "/v1/reranking", "/reranking"])
def test_rerank_puts_the_best_first(engine: EngineProcess, route: str) -> None:
    body = {"query": "golden ball", "documents": ["a dark well", "the golden ball", "a ball"], "top_n": 2}
    results = httpx.post(f"{engine.url}{route}", json=body).json()["results"]
    assert [result["index"] for result in results] == [1, 2]
    assert results[0]["relevance_score"] == 1.0


def test_mistakes_are_told(client: OpenAI, engine: EngineProcess) -> None:
    with pytest.raises(BadRequestError, match="'messages'"):
        client.post("/chat/completions", cast_to=object, body={"model": "any"})
    with pytest.raises(NotFoundError):
        client.post("/nothing", cast_to=object, body={})
    assert httpx.post(f"{engine.url}/v1/chat/completions", content=b"{").status_code == 400
    assert httpx.get(f"{engine.url}/v1/chat/completions").status_code == 405


def _likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
