"""Pictures and sounds over HTTP, and what models are shown and think; the `openai` and `anthropic` clients judge."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import httpx
import pytest
from anthropic import Anthropic
from openai import OpenAI

from modelyard.demo.picture import draw
from modelyard.demo.sight import describe
from tests.demo.engine_process import EngineProcess

pytestmark = pytest.mark.real

SIGHT = "I see a PNG picture of 40 × 30 pixels. "
PICTURE = base64.b64encode(draw("sea", 40, 30, 1)).decode()


@pytest.fixture(scope="module")
def thinker() -> Iterator[EngineProcess]:
    with EngineProcess("--reasoning", "--tokens", "6") as engine:
        yield engine.wait_ready()


@pytest.fixture(scope="module")
def client(engine: EngineProcess) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{engine.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_images_are_drawn_in_the_size_and_number_asked_for(client: OpenAI) -> None:
    answer = client.images.generate(model="any", prompt="night", n=2, size="64x48", extra_body={"seed": 7})
    one, other = (base64.b64decode(image.b64_json or "") for image in answer.data or [])
    assert describe(one) == describe(other) == "PNG picture of 64 × 48 pixels"
    assert (one, other) == (draw("night", 64, 48, 7), draw("night", 64, 48, 8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": ""},
        {"prompt": 5},
        {"prompt": "x", "size": "9x9"},
        {"prompt": "x", "size": "large"},
        {"prompt": "x", "n": 0},
        {"prompt": "x", "n": 1.5},
        {"prompt": "x", "response_format": "url"},
    ],
)
def test_images_that_can_not_be_are_refused(engine: EngineProcess, wrong: dict[str, object]) -> None:
    assert httpx.post(f"{engine.url}/v1/images/generations", json=wrong).status_code == 400


def test_stable_diffusions_routes_draw_too(engine: EngineProcess) -> None:
    body = {"prompt": "sea", "width": 32, "height": 16, "seed": 3, "batch_size": 2, "steps": 5}
    images = httpx.post(f"{engine.url}/sdapi/v1/txt2img", json=body).json()["images"]
    assert [base64.b64decode(image) for image in images] == [draw("sea", 32, 16, 3), draw("sea", 32, 16, 4)]
    assert httpx.get(f"{engine.url}/sdapi/v1/loras").json()[0]["name"] == "ink"


def test_what_is_spoken_is_transcribed(client: OpenAI, engine: EngineProcess) -> None:
    (voice, *_) = httpx.get(f"{engine.url}/v1/audio/voices").json()["voices"]
    text = "Hello there. How are you?"
    spoken = client.audio.speech.create(model="any", voice=voice, input=text, response_format="wav", speed=2.0).read()
    assert spoken[:4] == b"RIFF"
    assert client.audio.transcriptions.create(model="any", file=("a.wav", spoken)).text == text
    told = client.audio.transcriptions.create(model="any", file=("a.wav", spoken), response_format="verbose_json")
    assert [segment.text for segment in told.segments or []] == ["Hello there.", "How are you?"]
    times = [time for segment in told.segments or [] for time in (segment.start, segment.end)]
    assert times == sorted(times)
    assert times[-1] <= float(told.duration)


def test_other_sounds_are_told_for_what_they_are(engine: EngineProcess) -> None:
    def transcribe(content: bytes, **fields: str) -> httpx.Response:
        return httpx.post(f"{engine.url}/v1/audio/transcriptions", files={"file": ("x", content)}, data=fields)

    assert "a file of 3 bytes, and no WAV" in transcribe(b"ID3").json()["text"]
    pcm = httpx.post(f"{engine.url}/v1/audio/speech", json={"input": "a", "response_format": "pcm"}).content
    assert "no WAV" in transcribe(pcm, response_format="text").text
    assert transcribe(b"x", response_format="vtt").status_code == 400


@pytest.mark.parametrize(
    "wrong", [{"input": ""}, {"input": "a", "voice": "x"}, {"input": "a", "speed": 9}, {"input": "a" * 5000}]
)
def test_speech_that_can_not_be_is_refused(engine: EngineProcess, wrong: dict[str, object]) -> None:
    assert httpx.post(f"{engine.url}/v1/audio/speech", json=wrong).status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--'),
    ],
)
def test_forms_that_are_none_or_have_no_file_are_refused(engine: EngineProcess, content_type: str, body: bytes) -> None:
    headers = {"Content-Type": content_type}
    assert httpx.post(f"{engine.url}/v1/audio/transcriptions", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/v1/chat/completions",
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "What is it?"},
                            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
                        ],
                    }
                ]
            },
        ),
        (
            "/v1/responses",
            {
                "input": [
                    {
                        "role": "user",
                        "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"}],
                    }
                ]
            },
        ),
        (
            "/v1/messages",
            {
                "max_tokens": 40,
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "image",
                                "source": {"type": "base64", "media_type": "image/png", "data": PICTURE},
                            }
                        ],
                    }
                ],
            },
        ),
    ],
)
def test_pictures_are_looked_at_in_every_dialect(engine: EngineProcess, path: str, body: dict[str, object]) -> None:
    assert SIGHT in httpx.post(engine.url + path, json=body).text
    broken = httpx.post(
        engine.url + path, content=httpx.Request("POST", "x:", json=body).read().replace(b"iVBO", b"AAAA")
    )
    assert broken.status_code == 400


def test_thoughts_come_before_the_answer_in_openais_stream(thinker: EngineProcess) -> None:
    with OpenAI(base_url=f"{thinker.url}/v1", api_key="none") as client:
        chunks = list(
            client.chat.completions.create(
                model="any",
                messages=[{"role": "user", "content": "hello"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    kinds = [
        "thought" if getattr(choice.delta, "reasoning_content", None) else "answer"
        for chunk in chunks
        for choice in chunk.choices
        if choice.delta.content or getattr(choice.delta, "reasoning_content", None)
    ]
    assert kinds == ["thought"] * 24 + ["answer"] * 6
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.completion_tokens == 30
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 24


def test_thoughts_are_a_block_of_their_own_for_anthropic(thinker: EngineProcess) -> None:
    with Anthropic(base_url=thinker.url, api_key="none") as client:
        plain = client.messages.create(model="any", max_tokens=40, messages=[{"role": "user", "content": "hello"}])
        assert [block.type for block in plain.content] == ["thinking", "text"]
        with client.messages.stream(
            model="any", max_tokens=40, messages=[{"role": "user", "content": "hello"}]
        ) as stream:
            final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.usage.output_tokens == 40


def test_thoughts_are_an_item_of_their_own_for_responses(thinker: EngineProcess) -> None:
    with OpenAI(base_url=f"{thinker.url}/v1", api_key="none") as client:
        with client.responses.stream(model="any", input="hello", temperature=0) as stream:
            final = stream.get_final_response()
        plain = client.responses.create(model="any", input="hello", temperature=0)
    assert [item.type for item in final.output] == [item.type for item in plain.output] == ["reasoning", "message"]
    assert final.output_text == plain.output_text


def test_thoughts_may_be_in_the_text(start_engine: Callable[..., EngineProcess]) -> None:
    engine = start_engine("--reasoning", "tags").wait_ready()
    body = {"messages": [{"role": "user", "content": "hello"}]}
    message = httpx.post(f"{engine.url}/v1/chat/completions", json=body).json()["choices"][0]["message"]
    assert message["content"].startswith("<think>\n")
    assert "\n</think>\n\n" in message["content"]
    assert "reasoning_content" not in message


def test_an_echo_says_the_last_message_again_however_long(start_engine: Callable[..., EngineProcess]) -> None:
    engine = start_engine("--echo").wait_ready()
    text = "# Title\n\n`code` & <b>$x^2$</b> " * 40
    body = {"messages": [{"role": "user", "content": "no"}, {"role": "user", "content": text}]}
    answer = httpx.post(f"{engine.url}/v1/chat/completions", json=body).json()["choices"][0]
    assert (answer["message"]["content"], answer["finish_reason"]) == (text, "stop")
