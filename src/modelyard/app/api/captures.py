"""What was said in a request (spec http 18)."""

from __future__ import annotations

import shlex
import sqlite3
from base64 import b64encode
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from modelyard.app.records import Records
from modelyard.app.respond import api_error, api_json
from modelyard.runtime.records import queries
from modelyard.runtime.records.captures import Capture
from modelyard.wire.errors import HttpError
from modelyard.wire.redact import REDACTED

_NO_NUMBER = HttpError(400, "invalid capture ID")
_NOT_FOUND = HttpError(404, "capture not found")
_TROUBLE = HttpError(503, "the captures can't be read now")
_KEYS = {"Authorization": "Bearer ", "X-Api-Key": ""}
"""Headers that a key of ours may have come in, and what stands before it."""
_NOT_REPEATED = frozenset({"Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding", "Expect"})


class CaptureRoutes:
    """The routes about captures."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __repr__(self) -> str:
        return f"<CaptureRoutes of {self._records!r}>"

    async def show(self, request: Request) -> Response:
        """`GET /api/captures/ID`: heads, and bodies in base64."""
        found = await self._find(request)
        return api_error(request, found) if isinstance(found, HttpError) else api_json(found)

    async def curl(self, request: Request) -> Response:
        """`GET /api/captures/ID/curl`: ours; a command that asks the same model the same again."""
        found = await self._find(request)
        if isinstance(found, HttpError):
            return api_error(request, found)
        try:
            model = await self._records.read(lambda connection: queries.model_of(connection, found.id))
        except sqlite3.Error:
            model = ""
        # A capture is what the engine got, after all names and filters: so it goes to the engine as it is.
        way = f"/upstream/{quote(model)}" if model else ""
        return PlainTextResponse(curl_command(found, str(request.base_url).rstrip("/") + way))

    async def _find(self, request: Request) -> Capture | HttpError:
        text = request.path_params["id"]
        digits = text.removeprefix("-").removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            return _NO_NUMBER
        try:
            return await self._records.capture(int(text)) or _NOT_FOUND
        except sqlite3.Error:
            return _TROUBLE


def curl_command(capture: Capture, base_url: str) -> str:
    """A shell command. Secrets are not in a capture: they are asked of the environment as $MODELYARD_KEY."""
    lines = [f"curl {shlex.quote(base_url + quote(capture.req_path))}"]
    for name, value in (capture.req_headers or {}).items():
        if name in _NOT_REPEATED:
            continue
        if value != REDACTED:
            lines.append(f"-H {shlex.quote(f'{name}: {value}')}")
        elif name in _KEYS:
            lines.append(f'-H "{name}: {_KEYS[name]}$MODELYARD_KEY"')
    if capture.req_body is not None:
        text = _as_text(capture.req_body)
        lines.append("--data-binary @-" if text is None else f"--data-raw {shlex.quote(text)}")
        if text is None:
            lines[0] = f"printf %s {b64encode(capture.req_body).decode()} | base64 -d | {lines[0]}"
    return " \\\n  ".join(lines) + "\n"


def _as_text(body: bytes) -> str | None:
    """What can stand in a command; None where that can't."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
