"""Policies are compared over HTTP, on what the server has recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

CONFIG = f"""
models:
  writer: {{cmd: '{demo_engine("--load", 0.1)}', aliases: [scribe]}}
  poet: {{cmd: '{demo_engine("--load", 0.1)}'}}
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("simulation"), CONFIG) as daemon:
        yield daemon


def compare(daemon: Daemon, **asked: object) -> httpx.Response:
    return httpx.post(f"{daemon.url}/api/simulate", json=asked, timeout=60)


def test_nothing_recorded_is_said_and_a_sample_offered(daemon: Daemon) -> None:
    assert daemon.get("/api/simulate").json()["requests"] == 0
    refused = compare(daemon, policies=["fifo"])
    assert refused.status_code == 422
    assert "was recorded" in refused.json()["error"]["message"]
    sample = compare(daemon, policies=["fifo", "plain-fifo"], sample=True).json()
    assert (sample["traffic"], sample["began"]) == ("sample", None)
    assert [run["figures"]["policy"] for run in sample["runs"]] == ["fifo", "plain-fifo"]


def test_what_was_recorded_is_replayed(daemon: Daemon) -> None:
    for model in ("scribe", "poet", "writer"):
        daemon.chat(model)
    found = daemon.get("/api/simulate").json()
    assert found["requests"] == 3
    assert found["began"] <= found["ended"]
    replayed = compare(daemon, policies=["fifo", "fifo+minResidency=3600"]).json()
    assert (replayed["traffic"], replayed["requests"], replayed["leftOut"]) == ("recorded", 3, 0)
    assert replayed["began"] == found["began"]
    as_configured, other = replayed["runs"]
    assert [lane["model"] for lane in as_configured["lanes"]] == ["poet", "writer"]
    assert as_configured["figures"]["swaps"] in (2, 3)  # on a busy machine the second for writer comes in time
    assert other["figures"]["maxWait"] > as_configured["figures"]["maxWait"]
    assert compare(daemon, policies=["fifo"], lastSeconds=-60).status_code == 422


@pytest.mark.parametrize(
    "asked",
    [{}, {"policies": []}, {"policies": ["fifo"] * 5}, {"policies": "fifo"}, {"policies": ["fifo"], "since": 1}],
)
def test_what_is_no_question_is_refused(daemon: Daemon, asked: dict[str, object]) -> None:
    assert compare(daemon, **asked).status_code == 400


def test_an_unknown_policy_is_told_with_a_suggestion(daemon: Daemon) -> None:
    refused = compare(daemon, policies=["fifo+maxwait=1"], sample=True)
    assert refused.status_code == 422
    assert 'did you mean "maxWait"?' in refused.json()["error"]["message"]


def test_a_client_that_leaves_ends_the_work(daemon: Daemon, tmp_path: Path) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{daemon.url}/api/simulate", json={"policies": ["fifo"], "sample": True}, timeout=0.05)
    # one at a time: the next one is only let in when the one before has ended
    for _ in range(100):
        if (answer := compare(daemon, policies=["fifo"], sample=True)).status_code == 200:
            return
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    pytest.fail("the first one still works")
