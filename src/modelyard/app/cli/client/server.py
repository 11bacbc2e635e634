"""The server that a command talks to: where it is, what opens it, and its answers."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from modelyard.config.errors import ConfigError
from modelyard.config.sources import load_config

DEFAULT_URL = "http://127.0.0.1:8080"
CONNECT_SECONDS = 10.0
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
        return self._data("GET", path)

    def post(self, path: str) -> Any:
        """What `POST` answers. Raises `ServerError`."""
        return self._data("POST", path)

    def delete(self, path: str) -> Any:
        """What `DELETE` answers. Raises `ServerError`."""
        return self._data("DELETE", path)

    def stream(self, path: str) -> Iterator[bytes]:
        """What `GET` answers, as it comes. Raises `ServerError`."""
        with closing(self._connect()) as connection:
            answer = self._ask(connection, "GET", path)
            while data := answer.read1(READ_SIZE):
                yield data

    def _data(self, method: str, path: str) -> Any:
        with closing(self._connect()) as connection:
            body = self._ask(connection, method, path).read()
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError:
            return body.decode(errors="replace")

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerError(f"{self.url} is no URL of a server: write http://HOST:PORT")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            reason = error.strerror or str(error)
            raise ServerError(f"no server at {self.url}: {reason.lower()} (another one: --url URL)") from error
        connection.sock.settimeout(None)  # a load takes as long as it takes
        return connection

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str) -> http.client.HTTPResponse:
        headers = {"Accept": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        try:
            connection.request(method, urlsplit(self.url).path.rstrip("/") + path, headers=headers)
            answer = connection.getresponse()
            if answer.status >= 300:
                raise ServerError(_message_of(answer.status, answer.read()))
        except (OSError, http.client.HTTPException) as error:
            raise ServerError(f"the connection to {self.url} broke: {error}") from error
        return answer


def _message_of(status: int, body: bytes) -> str:
    try:
        message = msgspec.json.decode(body)["error"]["message"]
    except (msgspec.DecodeError, KeyError, TypeError):
        message = body.decode(errors="replace").strip()
    return f"{message or 'the server says no'} (status {status})"


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
    return Server((url or environment.get("MODELYARD_URL", "") or DEFAULT_URL).rstrip("/"), key)
