"""The server that a command talks to: where it is, what opens it, and its answers."""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from modelyard.config.errors import ConfigError
from modelyard.config.sources import load_config

DEFAULT_URL = "http://127.0.0.1:8080"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""How long an answer may take that needs nothing to be done."""
READ_SIZE = 64 * 1024


class ServerError(Exception):
    """The server can't be reached, or says no. The text is for people."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Modelyard listens, and the key to it."""

    url: str
    api_key: str = ""

    def get(self, path: str) -> Any:
        """What `GET` answers, as data. Raises `ServerError`."""
        return self._data("GET", path, patience=READ_SECONDS)

    def post(self, path: str) -> Any:
        """What `POST` answers, however long it takes, as a load may. Raises `ServerError`."""
        return self._data("POST", path)

    def delete(self, path: str) -> Any:
        """What `DELETE` answers, however long it takes. Raises `ServerError`."""
        return self._data("DELETE", path)

    def stream(self, path: str) -> Iterator[bytes]:
        """What `GET` answers, as it comes. Raises `ServerError`."""
        with self._talking() as connection:
            answer = self._ask(connection, "GET", path)
            while data := answer.read1(READ_SIZE):
                yield data

    def _data(self, method: str, path: str, *, patience: float | None = None) -> Any:
        with self._talking(patience) as connection:
            body = self._ask(connection, method, path).read()
        if body in _WORDS:
            return body.decode()
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise ServerError(f"what answers at {self.url} is no Modelyard: {_shortened(body)}") from error

    @contextmanager
    def _talking(self, patience: float | None = None) -> Iterator[http.client.HTTPConnection]:
        """A connection; what breaks on it is a `ServerError`. `patience` is how many seconds of silence are borne."""
        with closing(self._connect()) as connection:
            connection.sock.settimeout(patience)
            try:
                yield connection
            except (OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
                raise ServerError(f"the connection to {self.url} broke: {reason}") from error

    def _connect(self) -> http.client.HTTPConnection:
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ServerError(f"{self.url} is no URL of a server: {error}") from error
        if parts.scheme not in ("http", "https") or not host:
            raise ServerError(f"{self.url} is no URL of a server: write http://HOST:PORT")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(host, port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            reason = f"its certificate is not trusted here: {error.verify_message}"
            raise ServerError(f"{self.url}: {reason} (SSL_CERT_FILE=FILE trusts one more)") from error
        except ssl.SSLError as error:
            raise ServerError(f"what listens at {self.url} does not speak TLS: write http://") from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ServerError(f"no server at {self.url}: {reason} (another one: --url URL)") from error
        return connection

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str) -> http.client.HTTPResponse:
        headers = {"Accept": "application/json", "User-Agent": "modelyard"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        connection.request(method, urlsplit(self.url).path.rstrip("/") + path, headers=headers)
        answer = connection.getresponse()
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise ServerError(_message_of(answer.status, answer.read()))
        return answer


_WORDS = (b"OK", b"")
"""What some routes answer in place of data."""
_LONGEST = 200


def _message_of(status: int, body: bytes) -> str:
    """The server's message, the status behind its first line; what follows are the last lines of a log."""
    try:
        error = msgspec.json.decode(body)["error"]
        message, hint = str(error["message"]), str(error.get("hint", ""))
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        message, hint = _shortened(body), ""
    first, *more = message.split("\n")
    if status == HTTPStatus.UNAUTHORIZED:
        hint = hint or _KEYS
    return "\n".join([f"{first or 'the server says no'} (status {status})", *more, *filter(None, [hint])])


_KEYS = "a key is given by --api-key, MODELYARD_API_KEY, or -config with the server's configuration"


def _shortened(body: bytes) -> str:
    text = " ".join(body.decode(errors="replace").split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def in_path(model: str) -> str:
    """A model's name as the end of a path; ids contain slashes, which stay."""
    return quote(model, safe="/")


def find_server(url: str, api_key: str, config: str, environment: Mapping[str, str] = os.environ) -> Server:
    """The server that is meant: flags win over `MODELYARD_URL` and `MODELYARD_API_KEY`, these over the configuration,
    whose first key that it shows opens the server. Raises `ServerError` when the configuration can't be read."""
    key = api_key or environment.get("MODELYARD_API_KEY", "")
    if not key and config:
        try:
            keys = load_config(config).api_keys
        except ConfigError as error:
            raise ServerError(f"the configuration {config} can't be used: {error}") from error
        plain = [entry if isinstance(entry, str) else entry.key for entry in keys]
        key = next(filter(None, plain), "")
    found = (url or environment.get("MODELYARD_URL", "") or DEFAULT_URL).rstrip("/")
    return Server(found if "://" in found else f"http://{found}", key)
