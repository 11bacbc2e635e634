"""llama.cpp's real server behind Modelyard: two models that take turns, with the real client."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from openai import OpenAI

from tests.support.daemon import Daemon
from tests.support.tiny_gguf import write_tiny_gguf

pytestmark = [pytest.mark.real, pytest.mark.llama]

PROGRAM = Path(__file__).parents[1] / "support" / "llama.py"


def test_two_real_models_swap(tmp_path: Path) -> None:
    lines = ["models:"]
    for number, name in enumerate(("one", "two")):
        model = write_tiny_gguf(tmp_path / f"{name}.gguf", seed=number + 1)
        command = shlex.join([sys.executable, str(PROGRAM), "--model", str(model), "--alias", name])
        lines.append(f"  {name}: {{cmd: '{command} --port ${{PORT}}'}}")
    with Daemon(tmp_path, "\n".join(lines) + "\n") as daemon:
        client = OpenAI(base_url=daemon.url + "/v1", api_key="none", max_retries=0, timeout=60)
        for name in ("one", "two", "one"):
            plain = client.chat.completions.create(
                model=name, messages=[{"role": "user", "content": "hi"}], max_tokens=8
            )
            assert plain.usage is not None
            assert plain.usage.completion_tokens > 0
            streamed = client.chat.completions.create(
                model=name, messages=[{"role": "user", "content": "hi"}], max_tokens=8, stream=True
            )
            reasons = [chunk.choices[0].finish_reason for chunk in streamed if chunk.choices]
            assert len(reasons) > 1
            assert reasons[-1] in ("length", "stop")
            assert daemon.running() == {name: "ready"}
        assert daemon.starts() == 3
        client.close()
