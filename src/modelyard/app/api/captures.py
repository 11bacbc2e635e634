"""What was said in a request (spec http 18)."""

from __future__ import annotations

import shlex

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from modelyard.app.records import Records
from modelyard.app.respond import api_error, api_json
from modelyard.runtime.records.captures import Capture
from modelyard.wire.errors import HttpError
from modelyard.wire.redact import REDACTED

_NO_NUMBER = HttpError(400, "invalid capture ID")
_NOT_FOUND = HttpError(404, "capture not found")
_NOT_REPEATED = frozenset({"Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding", "Expect"})


class CaptureRoutes:
    """The routes about captures."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __repr__(self) -> str:
        return f"<CaptureRoutes of {self._records!r}>"

    async def show(self, request: Request) -> Response:
        """`GET /api/captures/ID`: heads, and bodies in base64."""
        found = self._find(request)
        return api_error(request, found) if isinstance(found, HttpError) else api_json(found)

    async def curl(self, request: Request) -> Response:
        """`GET /api/captures/ID/curl`: ours; a command that asks the same again."""
        found = self._find(request)
        if isinstance(found, HttpError):
            return api_error(request, found)
        return PlainTextResponse(curl_command(found, str(request.base_url).rstrip("/")))

    def _find(self, request: Request) -> Capture | HttpError:
        text = request.path_params["id"]
        digits = text.removeprefix("-").removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            return _NO_NUMBER
        self._records.settle()
        return self._records.captures.get(int(text)) or _NOT_FOUND


def curl_command(capture: Capture, base_url: str) -> str:
    """A shell command. Secrets are not in a capture: they are asked of the environment as $MODELYARD_KEY."""
    lines = [f"curl {shlex.quote(base_url + capture.req_path)}"]
    for name, value in (capture.req_headers or {}).items():
        if name in _NOT_REPEATED:
            continue
        if value == REDACTED:
            if name == "Authorization":
                lines.append('-H "Authorization: Bearer $MODELYARD_KEY"')
            continue
        lines.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if capture.req_body is not None:
        lines.append(f"--data-binary {shlex.quote(capture.req_body.decode('utf-8', 'replace'))}")
    return " \\\n  ".join(lines) + "\n"
