"""The real llama.cpp server of the tests: it loads our tiny model and answers the real client."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from tests.support.processes import free_port, wait_until
from tests.support.tiny_gguf import write_tiny_gguf

pytestmark = [pytest.mark.real, pytest.mark.llama]

PROGRAM = Path(__file__).parents[1] / "support" / "llama.py"
Start = Callable[..., tuple[subprocess.Popen[bytes], str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf", seed=1)


@pytest.fixture
def start(model: Path) -> Iterator[Start]:
    """Starts servers on the model; each comes with its address, and is killed after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*switches: str) -> tuple[subprocess.Popen[bytes], str]:
        port = free_port()
        command = [sys.executable, str(PROGRAM), "--model", str(model), "--port", str(port), *switches]
        process = subprocess.Popen(command)
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or _is_healthy(url))
        assert process.poll() is None
        return process, url

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_equal_seeds_write_equal_files_of_half_a_megabyte(model: Path, tmp_path: Path) -> None:
    again = write_tiny_gguf(tmp_path / "tiny.gguf", seed=1)
    other = write_tiny_gguf(tmp_path / "other.gguf", seed=2)
    assert again.read_bytes() == model.read_bytes() != other.read_bytes()
    assert 400_000 < model.stat().st_size < 600_000


def test_chat_plain_and_streamed(start: Start) -> None:
    process, url = start("--alias", "noise")
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        plain = client.chat.completions.create(
            model="noise", messages=[{"role": "user", "content": "Hello"}], max_tokens=16, temperature=0
        )
        chunks = list(
            client.chat.completions.create(
                model="noise",
                messages=[{"role": "user", "content": "Hello"}],
                max_tokens=16,
                temperature=0,
                stream=True,
            )
        )
    assert plain.model == "noise"
    assert plain.usage is not None
    assert plain.usage.completion_tokens == 16
    assert (plain.model_extra or {})["timings"]["predicted_n"] == 16
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == plain.choices[0].message.content
    assert text.isprintable()
    assert (chunks[-1].model_extra or {})["timings"]["predicted_n"] == 16
    assert httpx.get(f"{url}/props").json()["default_generation_settings"]
    assert len(httpx.get(f"{url}/slots").json()) == 2
    _check_ends(process)


def test_embeddings(start: Start) -> None:
    _, url = start("--embedding")
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        answer = client.embeddings.create(model="tiny", input=["one", "two"])
    one, two = (each.embedding for each in answer.data)
    assert len(one) == len(two) == 64
    assert one != two


def test_sigterm_ends_it_though_a_stream_is_open(start: Start) -> None:
    process, url = start()
    body = {"prompt": "x", "n_predict": 900, "stream": True, "ignore_eos": True}
    with httpx.stream("POST", f"{url}/completion", json=body) as answer:
        next(answer.iter_raw())
        _check_ends(process)


def _check_ends(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: process.poll() is not None) < 2
    assert process.returncode == 0


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False
