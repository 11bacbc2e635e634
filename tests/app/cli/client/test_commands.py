"""The commands against a real server."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelyard.app.cli.main import main
from tests.support.daemon import Daemon, demo_engine
from tests.support.logged import LoggedProcess
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

Say = Callable[..., str]

ATTENTIVE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from modelyard.app.cli.main import main
sys.exit(main())
"""
"""`modelyard`, also where whoever runs the tests has Ctrl-C ignored."""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    config = f"""models:
  one: {{cmd: '{demo_engine()}'}}
  org/two: {{cmd: '{demo_engine("--tps", 4)}'}}
  broken: {{cmd: "sh -c 'echo no such file; exit 3'", proxy: "http://127.0.0.1:9"}}
"""
    with Daemon(tmp_path, config) as running:
        yield running


@pytest.fixture
def say(daemon: Daemon, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command; what it prints."""
    monkeypatch.setenv("MODELYARD_URL", daemon.url)

    def run(*arguments: str, code: int = 0) -> str:
        capfdbinary.readouterr()
        assert main(arguments) == code
        out, err = capfdbinary.readouterr()
        return (out + err).decode()

    return run


def test_a_model_is_loaded_listed_and_unloaded(say: Say) -> None:
    assert say("load", "org/two") == "org/two is ready\n"
    head, row = say("ps").splitlines()
    assert head.split("  ")[0] == "MODEL"
    assert row.split()[:2] == ["org/two", "ready"]
    assert say("unload", "org/two") == "org/two: unloaded\n"
    assert len(say("ps").splitlines()) == 1
    assert [line.split()[:2] for line in say("ps", "--all").splitlines()[1:]] == [
        ["broken", "stopped"],
        ["one", "stopped"],
        ["org/two", "stopped"],
    ]


def test_programs_get_what_the_server_says(say: Say) -> None:
    assert json.loads(say("load", "one", "--json")) == {"model": "one", "ready": True}
    assert [one["phase"] for one in json.loads(say("ps", "--json"))] == ["ready"]
    assert json.loads(say("unload", "--all", "--json")) == {"msg": "ok"}
    assert json.loads(say("queue", "--json")) == []
    assert json.loads(say("load", "one", "--no-wait", "--json")) == {"model": "one", "ready": False}
    assert json.loads(say("status", "--json"))["router"] == "group"
    assert all("line" in json.loads(line) for line in say("logs", "--json").splitlines())


def test_the_status_in_words(say: Say, daemon: Daemon) -> None:
    say("load", "one")
    lines = say("status").splitlines()
    assert lines[0].startswith("modelyard ")
    assert daemon.url in lines[0]
    assert lines[1] == "models:   3 configured, 1 running, by the rules of group"
    assert lines[2] == "requests: 0 in flight, 0 waiting"


def test_who_waits_is_listed_and_can_be_ended(say: Say, daemon: Daemon) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(daemon.chat, "org/two", max_tokens=12)
        wait_until(lambda: daemon.running() == {"org/two": "ready"})
        second = pool.submit(daemon.chat, "one")
        wait_until(lambda: len(say("queue").splitlines()) == 2)
        _, row = say("queue").splitlines()
        place, number, model, *_ = row.split()
        assert (place, model) == ("1", "one")
        assert say("queue", "--cancel", number) == f"request {number} has ended\n"
        assert second.result().status_code == 502
        assert first.result().status_code == 200


def test_a_model_is_held(say: Say) -> None:
    assert "(status 409)" in say("hold", "one", code=1)
    say("load", "one")
    assert say("hold", "one", "--seconds", "90") == "one is held for 90s\n"
    assert "ready, held" in say("ps")
    assert say("hold", "one", "--release") == "one is not held\n"
    assert say("hold", "one") == "one is held until it is released\n"


def test_logs_are_printed_and_followed(say: Say, daemon: Daemon) -> None:
    say("load", "one")
    assert "starting one" in say("logs", "proxy")
    following = LoggedProcess([sys.executable, "-m", "modelyard", "logs", "-f", "proxy", "--url", daemon.url])
    try:
        following.wait_for_line("starting one")
        say("load", "org/two")
        following.wait_for_line("starting org/two")
        daemon.process.terminate()
        assert following.wait_exit() == 0
    finally:
        following.close()


def test_what_the_server_refuses_is_said(say: Say) -> None:
    hint = "GET /v1/models lists the models\n"
    for command in ("load", "unload", "hold", "explain"):
        assert say(command, "nobody", code=1) == f"model not found (status 404)\n{hint}"
    assert say("load", "on", code=1) == f'model not found (status 404)\ndid you mean "one"? {hint}'
    assert "invalid logger" in say("logs", "nobody", code=1)


def test_a_load_that_fails_shows_the_last_lines_apart(say: Say) -> None:
    """R5."""
    first, last = say("load", "broken", code=1).splitlines()
    assert first == "unspecific error: upstream command exited prematurely — exit status 3 (status 500)"
    assert last == "no such file"


def test_whoever_has_waited_enough_may_go(tmp_path: Path) -> None:
    config = f"models: {{slow: {{cmd: '{demo_engine('--load', 600)}'}}}}"
    with Daemon(tmp_path, config) as daemon:
        loading = LoggedProcess([sys.executable, "-c", ATTENTIVE, "load", "slow", "--url", daemon.url])
        try:
            wait_until(lambda: daemon.running() == {"slow": "starting"})
            loading.signal(signal.SIGINT)
            assert loading.wait_exit() == 130
            assert loading.lines == []
            assert daemon.running() == {"slow": "starting"}, "a load that has begun goes on"
        finally:
            loading.close()


def test_a_server_that_goes_away_is_told_of(tmp_path: Path) -> None:
    config = f"models: {{slow: {{cmd: '{demo_engine('--load', 600)}'}}}}"
    with Daemon(tmp_path, config) as daemon:
        loading = LoggedProcess([sys.executable, "-m", "modelyard", "load", "slow", "--url", daemon.url])
        try:
            wait_until(lambda: daemon.running() == {"slow": "starting"})
            daemon.signal(signal.SIGKILL)
            loading.wait_for_line(r"the connection to \S+ broke: ")
            assert loading.wait_exit() == 1
        finally:
            loading.close()


@pytest.mark.parametrize("arguments", [["unload"], ["unload", "one", "--all"], ["load"], ["ps", "--bogus"]])
def test_what_can_not_be_understood_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_what_a_request_would_meet(say: Say) -> None:
    assert say("explain", "one").splitlines() == [
        "one would be loaded now",
        "  A swap for one begins now: nothing has to make room.",
    ]
    say("load", "one")
    assert say("explain", "one").splitlines()[0] == "one would be served at once"
    lines = say("explain", "org/two").splitlines()
    assert lines[0] == "org/two would be loaded now"
    assert "  evicts: one" in lines
    assert json.loads(say("explain", "org/two", "--json"))["evicts"] == ["one"]
    assert "model not found" in say("explain", "nobody", code=1)
