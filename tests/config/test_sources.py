"""Reading files, and all mistakes of a file at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.config.errors import ConfigError, Problem
from modelyard.config.sources import Source, load_config, parse_config
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


_KEYS = ["models", "macros", "groups", "routing", "router", "settings", "scheduler", "fifo", "priority", "matrix"]
_MODEL_KEYS = ["alpha", "cmd", "proxy", "ttl", "env", "aliases", "members", "startPort", "upstream", "ignorePaths"]
_SCALARS = ["${PORT}", "${A}", "${env.X}", "${env.NO}", "~", "1", "-1", "1e9", ".inf", "2031-01-01", "yes", "true"]
_SYNTAX = ["<<: ", "*a", "&a ", "!!int ", "!!binary ", "!t ", "http://u:1", "|\n", "---\n", "#", '"', "'"]
_MARKS = st.sampled_from([": ", ":\n", "\n", "\n  ", "\n    ", "- ", "{", "}", "[", "]", ", "])
_WORDS = st.sampled_from([*_KEYS, *_MODEL_KEYS, *_SCALARS, *_SYNTAX])


@given(st.text())
def test_any_text_loads_or_is_refused(text: str) -> None:
    _load_or_refuse(text)


@given(st.lists(st.one_of(_WORDS, _MARKS), max_size=60).map("".join))
def test_any_text_of_our_words_loads_or_is_refused(text: str) -> None:
    _load_or_refuse(text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _WORDS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_WORDS, children, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(_WORDS, _VALUES))
def test_any_tree_of_our_words_loads_or_is_refused(tree: dict[str, object]) -> None:
    _load_or_refuse(repr(tree))


def _load_or_refuse(text: str) -> None:
    problems_found: tuple[Problem, ...] = ()
    try:
        parse_config([Source("any.yaml", text)], {"X": '"\\ ${A}'})
    except ConfigError as error:
        problems_found = error.problems
        error.render(color=True)
    assert list(problems_found) == sorted(problems_found, key=lambda problem: problem.place)
