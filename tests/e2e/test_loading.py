"""Loading by hand and ahead of time."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

TOGETHER = "groups: {all: {swap: false, members: [a, b, c]}}\n"


def yaml(*preload: str, groups: str = "", a: str = "") -> str:
    models = "".join(f"  {name}: {{cmd: '{demo_engine()} {a if name == 'a' else ''}'}}\n" for name in "abc")
    return f"{groups}hooks: {{on_startup: {{preload: [{', '.join(preload)}]}}}}\nmodels:\n{models}"


def post(daemon: Daemon, path: str) -> httpx.Response:
    return httpx.post(daemon.url + path, timeout=60)


def test_preloaded_models_load_together(tmp_path: Path) -> None:
    """R9: the second does not wait for the first, and throws nobody out."""
    with Daemon(tmp_path, yaml("a", "c", groups=TOGETHER, a="--load 600")) as daemon:
        wait_until(lambda: daemon.running() == {"a": "starting", "c": "ready"})
        assert daemon.starts() == 2


def test_of_models_that_exclude_each_other_the_last_is_preloaded(tmp_path: Path) -> None:
    """R9: nobody is loaded just to be thrown out again."""
    with Daemon(tmp_path, yaml("a", "b", "c")) as daemon:
        wait_until(lambda: daemon.running() == {"c": "ready"})
        daemon.wait_for_line("a is not preloaded")
        assert daemon.starts() == 1


def test_what_an_engine_says_to_the_warm_up_is_its_own_affair(tmp_path: Path) -> None:
    """R8: this engine does not know what it is asked for; it is ready, and stays."""
    nowhere = "proxy: 'http://localhost:${PORT}/nowhere', checkEndpoint: none"
    config = f"hooks: {{on_startup: {{preload: [a]}}}}\nmodels:\n  a: {{cmd: '{demo_engine()}', {nowhere}}}\n"
    with Daemon(tmp_path, config) as daemon:
        daemon.wait_for_line("a is preloaded; to a request for / it says: ")
        assert daemon.running() == {"a": "ready"}
        assert daemon.starts() == 1


def test_a_model_is_warmed_up_with_a_request_of_the_users(tmp_path: Path) -> None:
    """R2: it reaches the engine as a client's would, the name of the model included."""
    warmup = "warmup: {path: /v1/chat/completions, body: {messages: [{role: user, content: hi}], max_tokens: 1}}"
    config = f"models:\n  a: {{cmd: '{demo_engine('--load', 0.3)}', {warmup}, useModelName: inner}}\n"
    with Daemon(tmp_path, config) as daemon:
        assert daemon.chat("a").status_code == 200
        daemon.wait_for_line("<a> warm-up by /v1/chat/completions: status 200")
        log = daemon.get("/logs/stream/a?no-follow").text
        assert log.count("POST /v1/chat/completions") == 2


def test_a_preload_that_fails_is_told_of_and_changes_nothing(tmp_path: Path) -> None:
    """R8."""
    with Daemon(tmp_path, yaml("a", "b", groups=TOGETHER, a="--crash start")) as daemon:
        daemon.wait_for_line(r"\[ERROR\] failed to preload model a: .*exited prematurely")
        wait_until(lambda: daemon.running() == {"b": "ready"})


def test_a_reload_preloads_what_is_new_in_the_list(tmp_path: Path) -> None:
    with Daemon(tmp_path, yaml("a", groups=TOGETHER)) as daemon:
        wait_until(lambda: daemon.running() == {"a": "ready"})
        assert post(daemon, "/api/models/unload/a").status_code == 200
        file = tmp_path / "config.yaml"
        file.write_text(file.read_text().replace("preload: [a]", "preload: [a, b]"))
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: daemon.running() == {"b": "ready"})


def test_loading_by_hand_waits_for_the_model(tmp_path: Path) -> None:
    with Daemon(tmp_path, yaml(a="--load 0.5")) as daemon:
        answer = post(daemon, "/api/models/load/a")
        assert (answer.status_code, answer.json()) == (200, {"model": "a", "ready": True})
        assert daemon.running() == {"a": "ready"}
        assert post(daemon, "/api/models/load/b").status_code == 200
        assert daemon.running() == {"b": "ready"}


def test_loading_by_hand_need_not_wait(tmp_path: Path) -> None:
    with Daemon(tmp_path, yaml(a="--load 600")) as daemon:
        answer = post(daemon, "/api/models/load/a?wait=false")
        assert (answer.status_code, answer.json()) == (202, {"model": "a", "ready": False})
        wait_until(lambda: daemon.running() == {"a": "starting"})


def test_a_load_that_fails_says_why(tmp_path: Path) -> None:
    """R5: the last lines of the log are in the answer."""
    with Daemon(tmp_path, yaml(a="--crash start")) as daemon:
        answer = post(daemon, "/api/models/load/a")
        assert answer.status_code == 500
        assert "upstream command exited prematurely" in answer.json()["error"]["message"]
        assert post(daemon, "/api/models/load/nobody").status_code == 404


def test_the_status_tells_everything(tmp_path: Path) -> None:
    with Daemon(tmp_path, yaml("b")) as daemon:
        wait_until(lambda: daemon.running() == {"b": "ready"})
        status = daemon.get("/api/status").json()
        assert status["router"] == "group"
        assert status["waiting"] == 0
        assert [(one["model"], one["phase"]) for one in status["models"]] == [
            ("a", "stopped"),
            ("b", "ready"),
            ("c", "stopped"),
        ]


def test_a_model_that_fails_again_and_again_is_visible_and_paused(tmp_path: Path) -> None:
    """R31: 503 with Retry-After and the last words; loading it by hand tries again, and a reload forgets."""
    config = "models: {a: {cmd: \"sh -c 'echo the file is not there; exit 3'\", proxy: 'http://127.0.0.1:9'}}\n"
    with Daemon(tmp_path, config) as daemon:
        assert [daemon.chat("a").status_code for _ in range(3)] == [500, 500, 500]
        answer = daemon.chat("a")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["error"]["code"] == "model_failed"
        assert "the file is not there" in answer.json()["error"]["message"]
        [model] = daemon.get("/api/status").json()["models"]
        assert (model["phase"], model["failures"]) == ("failed", 3)
        assert 0 < model["retryIn"] <= 1
        assert daemon.running() == {}
        assert post(daemon, "/api/models/load/a").status_code == 500
        assert daemon.starts() == 4
        wait_until(lambda: daemon.get("/api/status").json()["models"][0]["phase"] == "stopped")
        assert [daemon.chat("a").status_code for _ in range(3)] == [500, 500, 503]
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_line("configuration reloaded")
        assert daemon.chat("a").status_code == 500


def test_how_much_is_loaded_is_shown_while_the_log_tells(tmp_path: Path) -> None:
    script = tmp_path / "engine.sh"
    script.write_text(
        "printf 'Loading safetensors checkpoint shards:  45%% Completed | 5/11 [00:01<00:02]\\n'\n"
        'until [ -e "$1" ]; do sleep 0.02; done\nshift\nexec "$@"\n'
    )
    config = f"models:\n  a: {{cmd: 'sh {script} {tmp_path}/go {demo_engine()}'}}\n"
    with Daemon(tmp_path, config) as daemon:
        assert post(daemon, "/api/models/load/a?wait=false").status_code == 202
        wait_until(lambda: daemon.get("/running").json()["running"][0].get("progress") == 0.45)
        assert daemon.get("/api/status").json()["models"][0]["progress"] == 0.45
        with httpx.stream("GET", daemon.url + "/api/events", timeout=30) as events:
            assert any(r"\"progress\":0.45" in line for line in events.iter_lines())
        (tmp_path / "go").touch()
        wait_until(lambda: daemon.running() == {"a": "ready"})
        assert "progress" not in daemon.get("/running").json()["running"][0]
        assert daemon.get("/api/status").json()["models"][0]["progress"] is None
