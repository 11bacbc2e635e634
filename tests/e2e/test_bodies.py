"""Bodies of all kinds through a real daemon, by the clients that send them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import openai
import pytest

from modelyard.wire.loading import RULE
from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

MEBIBYTE = b"\r\n--" * (1 << 18)


class Ear(BaseHTTPRequestHandler):
    """An engine that takes uploads: it counts their bytes, and says how they begin and end."""

    def do_POST(self) -> None:
        left = total = int(self.headers["content-length"])
        begin = end = b""
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            begin, end = (begin + piece[:500])[:500], (end + piece)[-200:]
            left -= len(piece)
        said = json.dumps({"text": (begin + end).decode(), "bytes": total}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the library
        pass


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = f"""
sendLoadingState: true
models:
  ear:
    cmd: sleep 1000
    proxy: http://127.0.0.1:{server.server_port}
    checkEndpoint: none
    useModelName: whisper-large
  slow: {{cmd: '{demo_engine("--load", 1)}'}}
  broken: {{cmd: 'sh -c "sleep 0.3; exit 3" ${{PORT}}'}}
groups: {{all: {{swap: false, members: [ear, slow, broken]}}}}
"""
    with Daemon(tmp_path_factory.mktemp("bodies"), config) as daemon:
        yield daemon
    server.shutdown()
    server.server_close()


def client(daemon: Daemon) -> openai.OpenAI:
    return openai.OpenAI(base_url=daemon.url + "/v1", api_key="none", max_retries=0)


def test_a_recording_is_transcribed_under_the_name_that_the_engine_knows(daemon: Daemon, tmp_path: Path) -> None:
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"RIFF")
    with client(daemon) as api, recording.open("rb") as file:
        answer = api.audio.transcriptions.create(model="ear", file=file)
    assert 'name="model"\r\n\r\nwhisper-large\r\n' in answer.text
    assert 'filename="a.wav"' in answer.text
    assert "\r\n\r\nRIFF\r\n" in answer.text


def test_a_large_form_passes_in_bounded_memory(daemon: Daemon) -> None:
    """R43: it is looked through as it comes, waits on disk, and is rewritten there."""
    assert httpx.post(daemon.url + "/upstream/ear/", content=b"x", timeout=30).status_code == 200
    before, pieces = daemon.status("RssAnon"), 200
    begin = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    end = b'\r\n--B\r\nContent-Disposition: form-data; name="model"\r\n\r\near\r\n--B--\r\n'
    size = len(begin) + pieces * len(MEBIBYTE) + len(end)

    def body() -> Iterator[bytes]:
        yield begin
        for _ in range(pieces):
            yield MEBIBYTE
        yield end

    answer = httpx.post(
        daemon.url + "/v1/audio/transcriptions",
        content=body(),
        headers={"Content-Type": "multipart/form-data; boundary=B", "Content-Length": str(size)},
        timeout=100,
    )
    assert answer.json()["text"].endswith('name="model"\r\n\r\nwhisper-large\r\n--B--\r\n')
    assert answer.json()["bytes"] == size + len("whisper-large") - len("ear")
    assert daemon.status("RssAnon") - before < 32 * 1024
    assert daemon.status("VmHWM") < 150 * 1024


def test_a_client_reads_that_the_model_loads_and_then_the_answer(daemon: Daemon) -> None:
    """R38: as reasoning and as content, in one stream."""
    reasoning = content = ""
    with client(daemon) as api:
        for chunk in api.chat.completions.create(
            model="slow", messages=[{"role": "user", "content": "hello"}], max_tokens=8, stream=True
        ):
            for choice in chunk.choices:
                content += choice.delta.content or ""
                reasoning += getattr(choice.delta, "reasoning_content", None) or ""
    assert reasoning.startswith(f"{RULE}\nmodelyard loading model: slow\n")
    assert "Done! (" in reasoning
    assert content


def test_a_client_hears_that_the_model_could_not_be_loaded(daemon: Daemon) -> None:
    """R38: as an error of its library, although the answer had begun."""
    with client(daemon) as api, pytest.raises(openai.APIError, match="exited prematurely"):
        for _ in api.chat.completions.create(
            model="broken", messages=[{"role": "user", "content": "hello"}], stream=True
        ):
            pass
