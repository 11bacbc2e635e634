"""Reload: what did not change goes on, what changed drains, what can't be used changes nothing (R51, R52)."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

ALL_TOGETHER = "groups: {all: {swap: false, members: [%s]}}"


@dataclass
class Yaml:
    """A configuration that a test edits: model to the switches of its engine."""

    models: dict[str, str]
    more: dict[str, str] = field(default_factory=dict)
    """Lines to add to a model."""

    def __str__(self) -> str:
        lines = [ALL_TOGETHER % ", ".join(self.models), "models:"]
        for model, switches in self.models.items():
            lines.append(f"  {model}: {{cmd: '{demo_engine()} {switches}' {self.more.get(model, '')}}}")
        return "\n".join(lines) + "\n"


class Reloading(Daemon):
    """A daemon whose file is edited."""

    def __init__(self, directory: Path, config: object, *flags: str) -> None:
        super().__init__(directory, str(config), *flags)
        self._file = directory / "config.yaml"
        self._head = self._file.read_text(encoding="utf-8").partition("\n")[0]
        self._reloads = 0

    def write(self, config: object) -> None:
        self._file.write_text(f"{self._head}\n{config}", encoding="utf-8")

    def reload(self, config: object) -> dict[str, object]:
        """Write the configuration, ask for a reload, and return the status once it is over."""
        self.write(config)
        self.signal(signal.SIGHUP)
        self._reloads += 1
        done = r"configuration reloaded: |the one from before goes on serving"
        wait_until(lambda: self.count(done) >= self._reloads)
        return self.status_of_config()

    def status_of_config(self) -> dict[str, object]:
        found: dict[str, object] = self.get("/api/config/status").json()
        return found

    def pids(self) -> dict[str, int]:
        """The process that serves each running model, as the debug log tells."""
        return {one["model"]: int(self._pid_of(one["model"])) for one in self.get("/running").json()["running"]}

    def _pid_of(self, model: str) -> str:
        marker = f"<{model}> started pid "
        return [line.partition(marker)[2].split(":")[0] for line in self.lines if marker in line][-1]


def test_an_unchanged_model_keeps_its_process_and_its_stream(tmp_path: Path) -> None:
    """R52: an edit of one model, and a new one whose id sorts before all others, touch nobody else."""
    yaml = Yaml({"mars": "--tps 20", "venus": ""})
    with Reloading(tmp_path, f"logLevel: debug\n{yaml}") as daemon:
        daemon.chat("venus")
        with long_stream(daemon.url, "mars") as stream:
            before = daemon.pids()
            status = daemon.reload("logLevel: debug\n" + str(Yaml({"earth": "", **yaml.models, "venus": "--tokens 9"})))
            assert status["changes"] == {
                "added": ["earth"],
                "removed": [],
                "restarted": ["venus"],
                "updated": [],
                "settings": ["groups"],
            }
            assert daemon.chat("earth").status_code == 200
            assert daemon.chat("venus").status_code == 200
            assert stream.result() == "whole"
        after = daemon.pids()
        assert after["mars"] == before["mars"]
        assert after["venus"] != before["venus"]
        ports = [one["proxy"] for one in daemon.get("/running").json()["running"]]
        assert len(set(ports)) == 3


def test_keys_that_leave_the_process_alone_apply_at_once(tmp_path: Path) -> None:
    """R52: a `ttl` set while the model runs unloads it."""
    with Reloading(tmp_path, Yaml({"mars": ""})) as daemon:
        daemon.chat("mars")
        status = daemon.reload(Yaml({"mars": ""}, {"mars": ", ttl: 1, aliases: [red]"}))
        assert status["changes"]["updated"] == ["mars"]  # type: ignore[index]
        assert daemon.starts() == 1
        assert daemon.chat("red").status_code == 200
        wait_until(lambda: not daemon.running())
        assert daemon.starts() == 1


def test_a_new_stop_command_stops_the_process_that_runs(tmp_path: Path) -> None:
    """R52."""
    note = tmp_path / "stopped"
    with Reloading(tmp_path, Yaml({"mars": ""})) as daemon:
        daemon.chat("mars")
        stop = f"sh -c \\'touch {note}; kill ${{PID}}\\'".replace("\\'", '\\"')
        daemon.reload(Yaml({"mars": ""}, {"mars": f', cmdStop: "{stop}"'}))
        httpx.post(daemon.url + "/api/models/unload", timeout=30)
        assert note.exists()


def test_a_file_that_can_not_be_used_changes_nothing_and_is_told_of(tmp_path: Path) -> None:
    """R51."""
    with Reloading(tmp_path, Yaml({"mars": ""})) as daemon:
        daemon.chat("mars")
        status = daemon.reload("models: {mars: {cmd: run, ttl: soon}}\nglobalTTL: -1\n")
        assert status["reloads"] == 0
        problems = status["problems"]
        assert isinstance(problems, list)
        assert {problem["path"] for problem in problems} == {"models.mars.proxy", "models.mars.ttl", "globalTTL"}
        assert all(problem["line"] > 1 for problem in problems)
        assert daemon.chat("mars").status_code == 200
        status = daemon.reload(Yaml({"mars": ""}))
        assert (status["error"], status["problems"]) == (None, [])
        assert daemon.starts() == 1


def test_a_removed_model_serves_its_stream_to_the_end(tmp_path: Path) -> None:
    """R52."""
    with (
        Reloading(tmp_path, Yaml({"mars": "--tps 20", "venus": ""})) as daemon,
        long_stream(daemon.url, "mars") as stream,
    ):
        daemon.reload(Yaml({"venus": ""}))
        assert daemon.chat("mars").status_code == 404
        assert stream.result() == "whole"
        daemon.wait_for_line("stopping mars: removed from the configuration")


def test_the_watcher_reloads(tmp_path: Path) -> None:
    """R51: a file that is replaced by an editor, gone for a while, broken for a while."""
    with Reloading(tmp_path, Yaml({"mars": ""}), "-watch-config") as daemon:
        daemon.chat("mars")
        new = tmp_path / "new.yaml"
        new.write_text(f"{daemon._head}\n{Yaml({'mars': '', 'venus': ''})}", encoding="utf-8")
        new.replace(tmp_path / "config.yaml")
        daemon.wait_for_line("configuration reloaded: added venus")
        (tmp_path / "config.yaml").unlink()
        daemon.write("models: [")
        daemon.wait_for_line("the one from before goes on serving")
        daemon.write(Yaml({"mars": ""}))
        daemon.wait_for_line("configuration reloaded: removed venus")
        assert daemon.starts() == 1


def test_a_directory_is_watched(tmp_path: Path) -> None:
    """R51: a file that is added is part of the configuration."""
    directory = tmp_path / "conf.d"
    directory.mkdir()
    with Reloading(tmp_path, Yaml({"mars": ""}), "-config-dir", str(directory), "-watch-config") as daemon:
        assert daemon.chat("mars").status_code == 200
        (directory / "venus.yaml").write_text(f"models: {{venus: {{cmd: '{demo_engine()}'}}}}", encoding="utf-8")
        daemon.wait_for_line("configuration reloaded: added venus")
        assert daemon.chat("venus").status_code == 200


def test_the_record_of_requests_is_switched(tmp_path: Path) -> None:
    """Without it, requests leave nothing behind."""
    yaml = Yaml({"mars": ""})
    with Reloading(tmp_path, f"recordRequests: false\n{yaml}") as daemon:
        daemon.chat("mars")
        assert daemon.get("/api/metrics/activity").json()["data"] == []
        daemon.reload(yaml)
        daemon.chat("mars")
        wait_until(lambda: len(daemon.get("/api/metrics/activity").json()["data"]) == 1)


# ---------------------------------------------------------------- under load

ROUNDS = 50
STEADY = ("earth", "mars", "venus")
"""Never edited."""


@dataclass
class Tally:
    """What steady clients saw."""

    answers: int = 0
    failures: list[str] = field(default_factory=list)


def test_fifty_reloads_under_load(tmp_path: Path) -> None:
    """R52: no request fails and no stream is cut on models that nobody edits, whatever happens to the others."""
    dice = random.Random(52)
    yaml = Yaml({**dict.fromkeys(STEADY, "--tps 40"), "moon": ""})
    with Reloading(tmp_path, yaml) as daemon, ExitStack() as stack:
        stop = threading.Event()
        url = daemon.url
        pool = stack.enter_context(ThreadPoolExecutor(len(STEADY) * 2))
        stack.callback(stop.set)
        tallies = [pool.submit(clients, url, model, stop) for model in STEADY for clients in (asks, streams)]
        wait_until(lambda: set(STEADY) <= set(daemon.running()))
        good = True
        for step in range(ROUNDS):
            edit = dice.choice([edit_one, add_one, remove_one, break_it])
            text = edit(yaml, dice, step)
            status = daemon.reload(yaml if text is None else text)
            good = text is None
            assert (status["error"] is None) is good, status
            if dice.random() < 0.3:
                httpx.post(url + "/v1/chat/completions", json=question(dice.choice(list(yaml.models))), timeout=60)
        daemon.reload(yaml)
        stop.set()
        for tally in tallies:
            seen = tally.result()
            assert not seen.failures
            assert seen.answers
        nothing_is_left_over(daemon, yaml)


def edit_one(yaml: Yaml, dice: random.Random, step: int) -> str | None:
    others = [model for model in yaml.models if model not in STEADY]
    if others:
        yaml.models[dice.choice(others)] = f"--tokens {step + 1}"
    return None


def add_one(yaml: Yaml, dice: random.Random, step: int) -> str | None:
    # in front, behind and among the steady ones, so that ports would shift if they were dealt anew
    if len(yaml.models) < len(STEADY) + 3:
        yaml.models[f"{dice.choice('abnz')}{step}"] = ""
    return None


def remove_one(yaml: Yaml, dice: random.Random, step: int) -> str | None:
    others = [model for model in yaml.models if model not in STEADY]
    if others:
        del yaml.models[dice.choice(others)]
    return None


def break_it(yaml: Yaml, dice: random.Random, step: int) -> str | None:
    return dice.choice(["models: [", f"{yaml}\nstartPort: none\n", "models: {earth: {cmd: run}}\n", "\t"])


def question(model: str, **more: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 3, **more}


def asks(url: str, model: str, stop: threading.Event) -> Tally:
    """Short requests, one after the other."""
    tally = Tally()
    with httpx.Client(timeout=60) as client:
        while not stop.is_set():
            answer = client.post(url + "/v1/chat/completions", json=question(model))
            tally.answers += 1
            if answer.status_code != 200:
                tally.failures.append(f"{model}: {answer.status_code} {answer.text}")
    return tally


def streams(url: str, model: str, stop: threading.Event) -> Tally:
    """Long streams, one after the other, each to its end."""
    tally = Tally()
    while not stop.is_set():
        seen = stream_to_the_end(url, model, 40)
        tally.answers += 1
        if seen != "whole":
            tally.failures.append(f"{model}: {seen}")
    return tally


def stream_to_the_end(url: str, model: str, tokens: int, started: Callable[[], object] = lambda: None) -> str:
    """`whole`, or what was wrong with it."""
    asked = question(model, stream=True, max_tokens=tokens)
    try:
        with httpx.stream("POST", url + "/v1/chat/completions", json=asked, timeout=60) as answer:
            last = ""
            for line in answer.iter_lines():
                started()
                last = line or last
    except httpx.HTTPError as error:
        return repr(error)
    return "whole" if (answer.status_code, last) == (200, "data: [DONE]") else f"{answer.status_code} {last}"


class long_stream:  # noqa: N801 - reads as a statement
    """A stream of some two seconds that runs meanwhile; entered once it has begun."""

    def __init__(self, url: str, model: str) -> None:
        self._started = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._end: Future[str] = self._pool.submit(stream_to_the_end, url, model, 40, self._started.set)

    def __enter__(self) -> Future[str]:
        assert self._started.wait(30)
        return self._end

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()


def nothing_is_left_over(daemon: Daemon, yaml: Yaml) -> None:
    """Exactly the configured models may run, each on a port of its own, each as one process."""
    wait_until(lambda: set(daemon.running()) <= set(yaml.models) and len(engines(daemon)) == len(daemon.running()))
    ports = [one["proxy"] for one in daemon.get("/running").json()["running"]]
    assert len(set(ports)) == len(ports)


def engines(daemon: Daemon) -> list[str]:
    """The engines whose parent is the daemon."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8")
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == daemon.process.pid and b"demo.engine" in command:
                found.append(entry.name)
    return found
