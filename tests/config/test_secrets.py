"""Keys, tokens and passwords are in no message and in no line that is shown with one."""

from __future__ import annotations

import time

import pytest

from modelyard.config.environment import split_lines
from modelyard.config.errors import ConfigError
from modelyard.config.secrets import HIDDEN, SourceLines, concealed, is_secret, masked, names_secret
from modelyard.config.sources import Source, parse_config
from tests.config.helpers import load


@pytest.mark.parametrize("path", ["apiKeys", "apiKeys[3]", "apiKeys[0].key", "peers.p.apiKey", "peers.a.b.apiKey"])
def test_paths_with_secrets(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize("path", ["", "models.apiKeys.cmd", "apiKeys[0].models", "peers.p.proxy", "myApiKeys"])
def test_paths_without(path: str) -> None:
    assert not is_secret(path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("apiKeys: [abc]", "apiKeys: (hidden)"),
        ('"apiKey": "abc"}', '"apiKey": (hidden)'),
        ("  - HF_TOKEN=abc", "  - HF_TOKEN=(hidden)"),
        ("run --port 1 --api-key abc", "run --port 1 --api-key (hidden)"),
        ("header: {Authorization: Bearer abc}", "header: {Authorization: (hidden)"),
        ("DB_PASSWORD : abc", "DB_PASSWORD : (hidden)"),
        ("proxy: http://me:a@b@host:1/x@y", "proxy: http://(hidden)@host:1/x@y"),
        ("cmd: run --max-tokens 4096 --tokenizer t", "cmd: run --max-tokens 4096 --tokenizer t"),
        ("max_tokens: 5", "max_tokens: 5"),
        ("apiKeys:", "apiKeys:"),
        ("http://host/a@b", "http://host/a@b"),
    ],
)
def test_what_a_text_names_a_secret_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_lines_that_go_on_with_a_secret_are_not_shown() -> None:
    text = """
startPort: 1
apiKeys:
- abc
  # which is old

- "def
  ghi"
models:
  MY_API_KEY: |
    abc
  b: 1
peers: {p: {apiKey:
abc,
models: [m]}}
last: 1
"""
    lines = split_lines(text)
    source = SourceLines(lines)
    shown = [source.line(number) for number in range(len(lines) + 1)]
    assert [line for line in shown if line] == [
        "startPort: 1",
        "apiKeys:",
        "models:",
        "  MY_API_KEY: (hidden)",
        "  b: 1",
        "peers: {p: {apiKey:",
        "last: 1",
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ("apiKeys: [SESAME",),
        ('apiKeys: ["SESAME", "${env.UNSET}"]',),
        ("apiKeys: SESAME", "apiKeys: SESAMES"),
        ('apiKeys:\n  - SESAME\n  - "SESAME\nstartPort: 0',),
        ("apiKeys: {SESAME: 1}",),
        ("apiKeys: [*SESAME]",),
        ("apiKeys: [!!int SESAME]",),
        ("apiKeys: [SESAME]\napiKeys: [SESAME]",),
        ('apiKeys: ["SESAME ${NO}"]',),
        ('peers: {p: {proxy: "://h", apiKey: SESAME, models: [m]}}',),
        ('peers: {p: {proxy: "http://u", apiKey: SESAME, apiKey: SESAME, models: [m]}}',),
        ('peers: {p: {proxy: "http://u", apiKey: [SESAME], models: [m]}}',),
        ('models: {a: {cmd: run, proxy: "http://u", env: "HF_TOKEN=SESAME"}}',),
        ('models: {a: {cmd: "run --api-key SESAME ${NO}", proxy: "http://u"}}',),
        ('models: {a: {cmd: run, proxy: "http://me:SESAME@host:port"}}',),
        ("macros: {API_KEY: [SESAME]}",),
        ("x-token: [SESAME",),
        ("peers: {p: {apiKey: *SESAME}}",),
    ],
)
def test_no_mistake_repeats_a_secret(texts: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_config([Source(f"{number}.yaml", text) for number, text in enumerate(texts)], {})
    assert "SESAME" not in refusal.value.render(color=False)


def test_a_warning_repeats_no_password() -> None:
    (warning,) = load('models: {a: {cmd: run, proxy: "ftp://me:SESAME@host"}}').warnings
    assert '"ftp://(hidden)@host" is no http' in warning


def test_masking_a_line_as_long_as_a_book_takes_no_time() -> None:
    began = time.process_time()
    for text in ("a" * 300_000, "token" * 60_000, "token" + " " * 300_000, "://" * 100_000, "://" + "a" * 300_000):
        masked(text)
        SourceLines([text]).line(1)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("name", ["HF_TOKEN", "--api-key", "apiKeys", "filters.setParams.password", "client_secret"])
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["", "max_tokens", "--tokenizer", "cmd", "secretary"])
def test_names_of_nothing_secret(name: str) -> None:
    assert not names_secret(name)


def test_data_without_its_secrets() -> None:
    data = {"env": ["A=1", "HF_TOKEN=x"], "cmd": ["run", "--api-key", "x", "--port", 5], "deep": [{"password": "x"}]}
    assert concealed(data) == {
        "env": ["A=1", f"HF_TOKEN={HIDDEN}"],
        "cmd": ["run", "--api-key", HIDDEN, "--port", 5],
        "deep": [{"password": HIDDEN}],
    }
    assert concealed({"password": "", "n": 5, "none": None}) == {"password": "", "n": 5, "none": None}
