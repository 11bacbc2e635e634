"""The configuration over HTTP: what serves and where it comes from, its files, and their edits. Ours.

All of it is for administrators. The texts of the files hold every secret, so they are shown, and changed, only where
`ui.editConfig` allows it; what is told of the configuration otherwise has none.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard.app.configstatus import Edit
from modelyard.app.editing import NO_FILES, Editor, RefusedError, UnknownFileError
from modelyard.app.meaning.names import explain
from modelyard.app.meaning.shown import ResolvedName, shown_config, shown_name
from modelyard.app.reload import Reloader
from modelyard.app.respond import api_error, api_json
from modelyard.app.world import World
from modelyard.config.errors import ConfigError
from modelyard.config.origins import Origins
from modelyard.runtime.replacing import OutdatedError
from modelyard.wire.errors import HttpError

_NO_NAME = HttpError(404, "the configuration has nothing of that name")
_NO_FILE = HttpError(404, "the configuration has no such file")
_OUTDATED = HttpError(409, "the file has changed since it was read: somebody else was quicker")
_ELSEWHERE = HttpError(403, "another site's page may not edit the configuration")
_OWN = frozenset({"", "same-origin", "none"})
"""What browsers say of requests that nobody else's page has made; others say nothing."""


class ConfigRoutes:
    """The routes about the configuration."""

    def __init__(self, world: World, reloader: Reloader, editor: Editor) -> None:
        self._world = world
        self._reloader = reloader
        self._editor = editor

    def __repr__(self) -> str:
        return f"<ConfigRoutes over {self._reloader!r}>"

    async def status(self, request: Request) -> Response:
        """`GET /api/config/status`: which configuration serves, and what became of the last reload."""
        return api_json(self._reloader.status)

    async def resolved(self, request: Request) -> Response:
        """`GET /api/config/resolved`: what it says beside its models, with the origin of each value."""
        config, texts = self._world.config, self._reloader.texts
        return api_json(await asyncio.to_thread(lambda: shown_config(config, Origins(texts, os.environ))))

    async def resolved_name(self, request: Request) -> Response:
        """`GET /api/config/resolved/NAME`: what a name means, with the origin of each value."""
        config, texts, name = self._world.config, self._reloader.texts, request.path_params["name"]

        def find() -> ResolvedName | None:
            explanation = explain(config, Origins(texts, os.environ), name)
            return None if explanation is None else shown_name(config, explanation)

        found = await asyncio.to_thread(find)
        return api_error(request, _NO_NAME) if found is None else api_json(found)

    async def files(self, request: Request) -> Response:
        """`GET /api/config/files`: the files, and whether they may be edited."""
        return await _answered(request, self._editor.listing)

    async def text(self, request: Request) -> Response:
        """`GET /api/config/file?name=NAME`: the text of a file."""
        name = request.query_params.get("name", "")
        return self._refusal(request) or await _answered(request, lambda: self._editor.text(name))

    async def validate(self, request: Request) -> Response:
        """`POST /api/config/validate`: what a text would change; nothing is changed."""
        return self._refusal(request) or await self._edited(request, self._editor.try_out)

    async def apply(self, request: Request) -> Response:
        """`PUT /api/config/file`: write a text into its file, and reload."""
        return self._refusal(request) or await self._edited(request, self._editor.apply)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("sec-fetch-site", "") not in _OWN:
            return api_error(request, _ELSEWHERE)
        why = self._editor.why_not()
        return api_error(request, HttpError(404 if why == NO_FILES else 403, why)) if why else None

    async def _edited(
        self, request: Request, act: Callable[[Edit, Mapping[bytes, bytes]], Awaitable[object]]
    ) -> Response:
        try:
            edit = msgspec.json.decode(await request.body(), type=Edit)
            edit.text.encode("utf-8")
        except (msgspec.MsgspecError, UnicodeEncodeError) as error:
            return api_error(request, HttpError(400, f"invalid edit: {error}"))
        headers = dict(reversed(request.headers.raw))
        return await _answered(request, lambda: act(edit, headers))


async def _answered(request: Request, work: Callable[[], Awaitable[object]]) -> Response:
    """What the work returns, or what it raises in the words of HTTP."""
    try:
        return api_json(await work())
    except UnknownFileError:
        return api_error(request, _NO_FILE)
    except OutdatedError:
        return api_error(request, _OUTDATED)
    except RefusedError as refused:
        return api_json(refused.trial, 422)
    except ConfigError as error:
        return api_error(request, HttpError(503, str(error)))
    except OSError as error:
        return api_error(request, HttpError(503, f"the file can't be written: {error.strerror or error}"))
