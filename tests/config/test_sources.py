"""Reading files, and all mistakes of a file at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from modelyard.config.errors import ConfigError
from modelyard.config.sources import Source, config_sources, load_config
from tests.config.helpers import problems


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfstartPort: ${env.PORT}\r\n")
    assert load_config(str(path), environment={"PORT": "6000"}).start_port == 6000


def test_the_environment_is_that_of_the_process_unless_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("START", "6001")
    path = tmp_path / "a.yaml"
    path.write_text("startPort: ${env.START}")
    assert load_config(str(path)).start_port == 6001
    with pytest.raises(ConfigError, match="START is not set"):
        load_config(str(path), environment={})


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\0.yaml"])
def test_a_file_that_can_not_be_read(tmp_path: Path, name: str) -> None:
    path = f"{tmp_path}/{name}"
    with pytest.raises(ConfigError) as caught:
        load_config(path, environment={})
    assert str(caught.value).startswith(f"{path}: can't be read: ")


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xff")
    with pytest.raises(ConfigError, match=r":2:4: not UTF-8"):
        load_config(str(path), environment={})


def test_all_mistakes_of_a_file_are_named_with_their_lines() -> None:
    text = """\
startPort: abc
models:
  alpha:
    cmd: server --port ${PORT} ${MISSING}
    ttl: "300"
  beta:
    cmd: server
    env: [KEY=${env.UNSET}]
groups:
  g: {members: [alpha, alpha]}
"""
    assert [str(problem) for problem in problems(text)] == [
        'models.yaml:1:12: startPort: expected an integer, found the string "abc" (write startPort: 5800)',
        "models.yaml:4:10: models.alpha.cmd: unknown macro ${MISSING} (declare MISSING under macros)",
        'models.yaml:5:10: models.alpha.ttl: expected an integer number of seconds, found the string "300"'
        " (write ttl: 300)",
        'models.yaml:6:3: models.beta.proxy: model "beta": proxy uses ${PORT}, but cmd does not'
        " (use ${PORT} in cmd, or write the proxy that the command serves)",
        "models.yaml:8:15: the environment variable UNSET is not set (set it, or remove the reference)",
        'models.yaml:10:24: groups.g.members[1]: model "alpha" is already here (a model is in one group, once)',
    ]


def folder_of(tmp_path: Path, files: Mapping[str, str]) -> str:
    """A directory with these files, some of them in directories of their own."""
    folder = tmp_path / "conf.d"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return str(folder)


def test_the_file_comes_first_and_those_of_the_directory_in_the_order_of_bytes(tmp_path: Path) -> None:
    main = tmp_path / "main.yaml"
    main.write_text("apiKeys: [c]")
    folder = folder_of(tmp_path, {name: f"apiKeys: [{name}]" for name in ("b.yaml", "10.yml", "9.yaml", "B.yaml")})
    config = load_config(str(main), folder, {})
    assert config.api_keys == ("c", "10.yml", "9.yaml", "B.yaml", "b.yaml")


def test_only_yaml_files_directly_in_the_directory_count(tmp_path: Path) -> None:
    names = ["a.yaml", "b.YAML", "c.yaml.bak", ".h.yml", "notes.txt", "sub/d.yaml", "dir.yaml/e.yaml"]
    folder = folder_of(tmp_path, dict.fromkeys(names, ""))
    assert [os.path.basename(source.name) for source in config_sources(directory=folder)] == [".h.yml", "a.yaml"]


def test_the_sources_are_known_without_being_understood(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.yaml": "{"})
    assert config_sources(None, folder) == [Source(f"{folder}/a.yaml", "{")]


@pytest.mark.parametrize("name", ["conf.d/a.yaml", "conf.d/../conf.d/a.yaml", "./conf.d/a.yaml"])
def test_a_file_that_is_also_in_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder_of(tmp_path, {"a.yaml": ""})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"also a file of the directory conf\.d"):
        config_sources(name, "conf.d")


def test_a_link_into_the_directory_is_another_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.yaml": "apiKeys: [a]"})
    (tmp_path / "link.yaml").symlink_to(f"{folder}/a.yaml")
    assert load_config(str(tmp_path / "link.yaml"), folder, {}).api_keys == ("a", "a")


@pytest.mark.parametrize("target", ["nowhere", "."])
def test_a_link_that_leads_to_no_file_is_a_mistake(tmp_path: Path, target: str) -> None:
    folder = folder_of(tmp_path, {"a.yaml": ""})
    (tmp_path / "conf.d" / "z.yaml").symlink_to(target)
    with pytest.raises(ConfigError, match=r"z\.yaml: can't be read"):
        config_sources(None, folder)


@pytest.mark.parametrize(
    ("files", "fragment"), [({"notes.txt": "x"}, "no source of a configuration"), ({"a.yaml": "- x"}, "a mapping")]
)
def test_a_directory_that_is_of_no_use(tmp_path: Path, files: Mapping[str, str], fragment: str) -> None:
    with pytest.raises(ConfigError, match=fragment):
        load_config(None, folder_of(tmp_path, files), {})


def test_neither_file_nor_directory() -> None:
    with pytest.raises(ConfigError, match="no source is given"):
        load_config("", "")


@pytest.mark.parametrize("name", ["missing", "nul\0"])
def test_a_directory_that_can_not_be_read(name: str) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        config_sources(None, name)


def test_an_unset_variable_is_noted_in_its_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.yaml": "", "b.yaml": 'apiKeys: ["${env.UNSET}"]'})
    with pytest.raises(ConfigError, match=r"b\.yaml:1:12: the environment variable UNSET is not set"):
        load_config(None, folder, {})
