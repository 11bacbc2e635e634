"""Client libraries that applications are built on, in scripted sessions against two models that exclude each other.

The packages are heavy, so they are a dependency group of their own (`clients`): `scripts/clients` installs it and runs
these, as CI does.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
MODELS = ("writer", "poet")


@dataclass(frozen=True)
class Session:
    """`needs` is the package that must be there; `counts` are answers per model and kind; `swaps` at most so many."""

    name: str
    needs: str
    counts: dict[str, int]
    told: frozenset[str]
    """The kinds whose answers say what they cost."""
    starts: int


SESSIONS = (
    Session(
        "with_litellm",
        "litellm",
        {"aider": 6, "whole": 6, "anthropic": 6, "embedding": 1},
        frozenset({"aider", "whole", "anthropic"}),
        8,
    ),
    Session(
        "with_langchain",
        "langchain_openai",
        {"streamed": 6, "batched": 6, "responses": 6, "embedding": 1},
        frozenset({"streamed", "batched", "responses"}),
        12,
    ),
    Session("with_llama_index", "llama_index", {"chat": 1, "streamed": 5, "completion": 4}, frozenset(), 12),
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    config = f"""
models:
  writer: {{cmd: '{demo_engine("--tokens", 12)}', parallel: 50}}
  poet: {{cmd: '{demo_engine("--tokens", 12, "--load", 0.2)}', parallel: 50}}
"""
    with Daemon(tmp_path_factory.mktemp("libraries"), config) as daemon:
        yield daemon


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_a_session_gets_all_its_answers_with_few_swaps(daemon: Daemon, session: Session) -> None:
    """H1: requests of both models that come at once are served model by model."""
    if importlib.util.find_spec(session.needs) is None:
        pytest.skip(f"{session.needs} is not installed: `sh scripts/clients`")
    before = daemon.starts()
    command = [sys.executable, "-W", "ignore", "-m", f"tests.e2e.sessions.{session.name}", daemon.url, *MODELS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    expected = {(model, what): number for model in MODELS for what, number in session.counts.items()}
    assert Counter((answer["model"], answer["what"]) for answer in answers) == expected
    for answer in answers:
        assert answer["text"], answer
        assert answer["what"] not in session.told or answer["tokens"] > 0, answer
    assert daemon.starts() - before <= session.starts
    assert daemon.get("/api/inflight").json() == {"requests": []}
