"""The configuration is read, tried and changed over HTTP, by those who may."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import free_port_row

pytestmark = pytest.mark.real

KEYS = """
apiKeys:
  - admin-key-of-the-test
  - {key: chat-key-of-the-test, routes: [inference]}
"""
EDITABLE = "ui: {editConfig: true}\n"
MODELS = f"""
models:
  writer: {{cmd: '{demo_engine("--load", 0.1)}', ttl: 5}}
  poet: {{cmd: '{demo_engine("--load", 0.1)}'}}
"""
ADMIN = {"Authorization": "Bearer admin-key-of-the-test"}


class Desk:
    """Somebody with a key who edits the configuration of a daemon."""

    def __init__(self, daemon: Daemon, headers: dict[str, str]) -> None:
        self.daemon = daemon
        self._headers = headers

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        url = f"{self.daemon.url}/api/config/{path}"
        return httpx.request(method, url, headers={**self._headers, **(headers or {})}, timeout=30, **more)

    def files(self) -> Any:
        return self.ask("GET", "files").json()

    def text(self, name: str = "") -> Any:
        return self.ask("GET", "file", params={"name": name or self.files()["files"][0]["name"]}).json()

    def trial(self, text: str, name: str = "") -> Any:
        return self.ask("POST", "validate", json={"name": name or self.text()["name"], "text": text}).json()

    def apply(self, text: str, version: str, name: str = "") -> httpx.Response:
        return self.ask("PUT", "file", json={"name": name or self.text()["name"], "text": text, "version": version})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Daemon(tmp_path, KEYS + EDITABLE + MODELS) as daemon:
        yield Desk(daemon, ADMIN)


def test_an_edit_is_tried_and_applied(desk: Desk, tmp_path: Path) -> None:
    file = desk.text()
    assert file["text"] == (tmp_path / "config.yaml").read_text(encoding="utf-8")
    edited = file["text"].replace("ttl: 5", "ttl: 60").replace("  poet:", "  bard:")
    trial = desk.trial(edited)
    assert trial["ok"]
    assert trial["changes"] == {
        "added": ["bard"],
        "removed": ["poet"],
        "restarted": [],
        "updated": ["writer"],
        "settings": [],
    }
    assert trial["values"] == [{"path": "models.writer.ttl", "before": 5, "after": 60}]
    assert desk.text() == file  # it was only a trial

    applied = desk.apply(edited, file["version"])
    assert applied.status_code == 200
    status = applied.json()["status"]
    assert (status["error"], status["reloads"], status["changes"]) == (None, 1, trial["changes"])
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == edited
    assert Path(applied.json()["backup"]).read_text(encoding="utf-8") == file["text"]
    assert desk.text()["version"] == applied.json()["version"]
    models = httpx.get(f"{desk.daemon.url}/v1/models", headers=ADMIN).json()["data"]
    assert [model["id"] for model in models] == ["bard", "writer"]
    desk.daemon.wait_for_line("reloading configuration: .* was edited over HTTP")


def test_a_text_with_mistakes_names_them_all_and_changes_nothing(desk: Desk) -> None:
    file = desk.text()
    lines = file["text"].splitlines()
    bad = file["text"].replace("ttl: 5", "ttl: soon").replace("editConfig: true", "editConfig: perhaps")
    trial = desk.trial(bad)
    assert not trial["ok"]
    found = {problem["path"]: problem for problem in trial["problems"]}
    assert set(found) == {"models.writer.ttl", "ui.editConfig"}
    ttl = found["models.writer.ttl"]
    assert (ttl["file"], lines[ttl["line"] - 1][:9]) == (file["name"], "  writer:")
    assert bad.splitlines()[ttl["line"] - 1][ttl["column"] - 1 :].startswith("soon")
    refused = desk.apply(bad, file["version"])
    assert (refused.status_code, refused.json()["problems"]) == (422, trial["problems"])
    assert desk.text() == file
    assert desk.trial("models: [")["problems"][0]["message"].startswith("not YAML")


def test_nobody_elses_edit_is_overwritten(desk: Desk, tmp_path: Path) -> None:
    file = desk.text()
    other = file["text"] + "# from an editor\n"
    (tmp_path / "config.yaml").write_text(other, encoding="utf-8")
    refused = desk.apply(file["text"] + "# from the page\n", file["version"])
    assert refused.status_code == 409
    assert desk.text()["text"] == other
    assert desk.apply(other + "# from the page\n", desk.text()["version"]).status_code == 200


def test_whoever_locks_himself_out_is_told_before(desk: Desk) -> None:
    text = desk.text()["text"]
    assert "last edit" in desk.trial(text.replace("editConfig: true", "editConfig: false"))["warnings"][0]
    assert "would not open" in desk.trial(text.replace("admin-key", "other-key"))["warnings"][0]
    assert "nobody edit" in desk.trial(text.replace(KEYS, ""))["warnings"][0]
    assert desk.trial(text)["warnings"] == []


@pytest.mark.parametrize("name", ["/etc/passwd", "../config.yaml", "config.yaml/../../etc/passwd", "", "config.yaml\0"])
def test_no_other_file_is_ever_read_or_written(desk: Desk, name: str) -> None:
    assert desk.ask("GET", "file", params={"name": name}).status_code == 404
    for method, path in (("POST", "validate"), ("PUT", "file")):
        assert desk.ask(method, path, json={"name": name, "text": "", "version": ""}).status_code == 404


@pytest.mark.parametrize(
    "body", ["", "[]", '{"name": "a"}', '{"name": 1, "text": ""}', '{"name": "a", "text": "\\ud800"}']
)
def test_what_is_no_edit_is_refused(desk: Desk, body: str) -> None:
    assert desk.ask("POST", "validate", content=body).status_code == 400


def test_a_page_of_another_site_may_not(desk: Desk) -> None:
    assert desk.ask("GET", "file", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert desk.ask("GET", "files", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("path", ["files", "file", "resolved", "resolved/writer", "status"])
def test_it_takes_an_admin_key(desk: Desk, path: str) -> None:
    assert httpx.get(f"{desk.daemon.url}/api/config/{path}").status_code == 401
    chat = {"Authorization": "Bearer chat-key-of-the-test"}
    assert httpx.get(f"{desk.daemon.url}/api/config/{path}", headers=chat).status_code == 403


@pytest.mark.parametrize(
    ("config", "headers", "why"), [(KEYS + MODELS, ADMIN, "switched off"), (EDITABLE + MODELS, {}, "without apiKeys")]
)
def test_where_it_is_not_allowed_the_text_is_not_even_shown(
    tmp_path: Path, config: str, headers: dict[str, str], why: str
) -> None:
    with Daemon(tmp_path, config) as daemon:
        desk = Desk(daemon, headers)
        listed = desk.files()
        assert not listed["editable"]
        assert why in listed["why"]
        name = listed["files"][0]["name"]
        assert desk.ask("GET", "file", params={"name": name}).status_code == 403
        edit = {"name": name, "text": "", "version": listed["files"][0]["version"]}
        assert desk.ask("POST", "validate", json=edit).status_code == 403
        assert desk.ask("PUT", "file", json=edit).status_code == 403
        resolved = desk.ask("GET", "resolved/writer")
        assert resolved.status_code == 200
        assert "admin-key" not in resolved.text + desk.ask("GET", "resolved").text
        assert desk.ask("GET", "resolved/nobody").status_code == 404


def test_one_of_several_files_is_edited(tmp_path: Path) -> None:
    more = tmp_path / "conf.d"
    more.mkdir()
    real = tmp_path / "elsewhere.yaml"
    real.write_text(f"models:\n  extra: {{cmd: '{demo_engine()}'}}\n", encoding="utf-8")
    (more / "extra.yml").symlink_to(real)
    (more / "notes.txt").write_text("no configuration", encoding="utf-8")
    with Daemon(tmp_path, KEYS + EDITABLE + MODELS, "-config-dir", str(more)) as daemon:
        desk = Desk(daemon, ADMIN)
        names = [file["name"] for file in desk.files()["files"]]
        assert names == [str(tmp_path / "config.yaml"), str(more / "extra.yml")]
        file = desk.text(names[1])
        clash = desk.trial(file["text"].replace("extra:", "writer:"), names[1])
        assert clash["problems"][0]["path"] == "models.writer"
        applied = desk.apply(file["text"].replace("extra:", "more:"), file["version"], names[1])
        assert applied.json()["status"]["changes"]["added"] == ["more"]
        assert real.read_text(encoding="utf-8").splitlines()[1].startswith("  more:")
        assert (more / "extra.yml").is_symlink()
        assert [file["name"] for file in desk.files()["files"]] == names  # the backup is none of them
        assert desk.ask("GET", "file", params={"name": str(more / "notes.txt")}).status_code == 404


def test_what_runs_and_does_not_change_goes_on(desk: Desk) -> None:
    httpx.post(
        f"{desk.daemon.url}/v1/chat/completions",
        headers=ADMIN,
        json={"model": "writer", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 4},
        timeout=30,
    ).raise_for_status()
    file = desk.text()
    port = free_port_row(1)
    cmd = f"  extra: {{cmd: 'run', proxy: 'http://127.0.0.1:{port}'}}\n"
    assert desk.apply(file["text"] + cmd, file["version"]).status_code == 200
    running = httpx.get(f"{desk.daemon.url}/running", headers=ADMIN).json()["running"]
    assert [(one["model"], one["state"]) for one in running] == [("writer", "ready")]
    assert desk.daemon.starts() == 1


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_file_that_can_not_be_written_says_so(desk: Desk, tmp_path: Path) -> None:
    file = desk.text()
    (tmp_path / "config.yaml").chmod(0o444)
    assert desk.files()["files"][0]["why"] == "the file may not be written"
    assert desk.apply(file["text"] + "# more\n", file["version"]).status_code == 503
