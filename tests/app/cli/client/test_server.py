from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.app.cli.client.server import DEFAULT_URL, Server, ServerError, find_server, in_path
from modelyard.app.cli.client.talking import in_words, print_table
from tests.support.processes import free_port

ENVIRONMENT = {"MODELYARD_URL": "http://env:1/", "MODELYARD_API_KEY": "of-env"}


@pytest.mark.parametrize(
    ("url", "key", "environment", "found"),
    [
        ("", "", {}, Server(DEFAULT_URL)),
        ("", "", ENVIRONMENT, Server("http://env:1", "of-env")),
        ("http://flag:2/base/", "of-flag", ENVIRONMENT, Server("http://flag:2/base", "of-flag")),
    ],
)
def test_where_the_server_is(url: str, key: str, environment: dict[str, str], found: Server) -> None:
    assert find_server(url, key, "", environment) == found


def test_a_configuration_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"c\.yaml can't be used"):
        find_server("", "", str(tmp_path / "c.yaml"), {})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://here", "is no URL of a server"),
        ("http://", "is no URL of a server"),
        (f"http://127.0.0.1:{free_port()}", "no server at .*: connection refused"),
    ],
)
def test_a_server_that_is_not_there(url: str, words: str) -> None:
    with pytest.raises(ServerError, match=words):
        Server(url).get("/api/status")


def test_names_keep_their_slashes() -> None:
    assert in_path("org/a model?") == "org/a%20model%3F"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "?"), (0.2, "0s"), (119, "119s"), (120, "2m"), (7_200, "2h"), (86_400, "24h"), (400_000, "5d")],
)
def test_lengths_of_time(seconds: float | None, words: str) -> None:
    assert in_words(seconds) == words


def test_columns_are_as_wide_as_they_must_be(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A", "B"), [("long", "x"), ("s", "")])
    assert capsys.readouterr().out == "A     B\nlong  x\ns\n"
