"""The `anthropic` client against the demo engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anthropic import Anthropic
from anthropic.types import MessageParam

from tests.demo.engine_process import EngineProcess

pytestmark = pytest.mark.real

QUESTION: MessageParam = {"role": "user", "content": [{"type": "text", "text": "Tell me of the whale."}]}
GREEDY = {"temperature": 0}
"""Newer clients no longer know the parameter; older requests still carry it."""


@pytest.fixture(scope="module")
def client(engine: EngineProcess) -> Iterator[Anthropic]:
    with Anthropic(base_url=engine.url, api_key="none", max_retries=0) as client:
        yield client


def test_message(client: Anthropic) -> None:
    message = client.messages.create(model="any", max_tokens=10, messages=[QUESTION], system="Be brief.")
    assert message.model == "tiny"
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 10
    assert message.content[0].type == "text"
    assert message.content[0].text


def test_message_streamed(client: Anthropic) -> None:
    plain = client.messages.create(model="any", max_tokens=10, messages=[QUESTION], extra_body=GREEDY)
    with client.messages.stream(model="any", max_tokens=10, messages=[QUESTION], extra_body=GREEDY) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert plain.content[0].type == "text"
    assert text == plain.content[0].text
    assert final.stop_reason == "max_tokens"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (plain.usage.input_tokens, 10)


def test_stop_sequence_is_named(client: Anthropic) -> None:
    message = client.messages.create(
        model="any", max_tokens=200, messages=[QUESTION], extra_body=GREEDY, stop_sequences=[",", "."]
    )
    assert message.stop_reason == "stop_sequence"
    assert message.stop_sequence in (",", ".")


def test_count_tokens(client: Anthropic) -> None:
    counted = client.messages.count_tokens(model="any", messages=[QUESTION])
    message = client.messages.create(model="any", max_tokens=1, messages=[QUESTION])
    assert counted.input_tokens == message.usage.input_tokens > 0


def test_a_limit_that_means_none_is_none(client: Anthropic) -> None:
    answer = client.messages.create(model="any", max_tokens=4096, messages=[QUESTION])
    assert (answer.stop_reason, answer.usage.output_tokens) == ("end_turn", 48)
