from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelyard.app.cli.client import server
from modelyard.app.cli.client.server import DEFAULT_URL, Server, ServerError, find_server, in_path
from modelyard.app.cli.client.talking import in_words, print_table
from tests.support.processes import free_port

ENVIRONMENT = {"MODELYARD_URL": "http://env:1/", "MODELYARD_API_KEY": "of-env"}


@pytest.mark.parametrize(
    ("url", "key", "environment", "found"),
    [
        ("", "", {}, Server(DEFAULT_URL)),
        ("", "", ENVIRONMENT, Server("http://env:1", "of-env")),
        ("flag:2", "", {}, Server("http://flag:2")),
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
        ("http://127.0.0.1:99999", "is no URL of a server: Port out of range"),
        ("http://[::1", "is no URL of a server: Invalid IPv6 URL"),
        (f"http://127.0.0.1:{free_port()}", "no server at .*: connection refused"),
    ],
)
def test_a_server_that_is_not_there(url: str, words: str) -> None:
    with pytest.raises(ServerError, match=words):
        Server(url).get("/api/status")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html>\n<body>", "is no Modelyard: <html> <body>$"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n", r"^not here \(status 404\)$"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", r"^the server says no \(status 302\)$"),
        (b'HTTP/1.1 500 No\r\nContent-Length: 13\r\n\r\n{"error": []}', r'^{"error": \[\]} \(status 500\)$'),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", r"\(status 401\)\na key is given by --api-key"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{", "the connection to .* broke: IncompleteRead"),
        (b"SSH-2.0-OpenSSH\r\n", "the connection to .* broke"),
        (b"", "the connection to .* broke: Remote end closed"),
    ],
)
def test_what_is_no_modelyard_or_says_no(answer: bytes, words: str) -> None:
    with answering(answer) as url, pytest.raises(ServerError, match=words):
        Server(url).get("/api/status")


def test_an_answer_that_breaks_off_while_it_is_followed() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") as url:
        following = Server(url).stream("/logs/stream")
        assert next(following) == b"abc"
        with pytest.raises(ServerError, match=r"the connection to .* broke"):
            next(following)


def test_what_does_not_speak_tls_is_told() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url, pytest.raises(ServerError, match="does not speak TLS"):
        Server(url.replace("http:", "https:")).get("/api/status")


def test_a_status_that_nobody_tells_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerError, match="broke: timed out"):
            Server(url).get("/api/status")


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that gives one answer to one request; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join()


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
