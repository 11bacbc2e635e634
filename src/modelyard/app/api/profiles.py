"""Profiles: which there are, which one is active, and switching (spec http 13)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard.app.api.events import MODEL_STATUS, PROFILE_CHANGED
from modelyard.app.resolution import UnknownProfileError
from modelyard.app.respond import api_error, api_json
from modelyard.app.world import World
from modelyard.runtime.feed import Feed
from modelyard.runtime.logs import DaemonLog
from modelyard.wire.errors import HttpError


class ProfileRoutes:
    """The routes about profiles. A choice lasts until the next start; a reload keeps it while the profile exists."""

    def __init__(self, world: World, feed: Feed, log: DaemonLog) -> None:
        self._world = world
        self._feed = feed
        self._log = log

    def __repr__(self) -> str:
        return f"<ProfileRoutes over {self._world!r}>"

    def active(self) -> dict[str, Any]:
        """Which profile is active, as clients are told."""
        return {"active": self._world.resolution.active}

    async def listing(self, request: Request) -> Response:
        """`GET /api/profiles`."""
        profiles = [
            {"id": name, "description": profile.description, "pins": dict(profile.pins)}
            for name, profile in sorted(self._world.config.profiles.items())
        ]
        return api_json({**self.active(), "profiles": profiles})

    async def show(self, request: Request) -> Response:
        """`GET /api/profiles/active`; ours."""
        return api_json(self.active())

    async def switch(self, request: Request) -> Response:
        """`PUT /api/profiles/active` with `{"name": …}`; null and "" mean none."""
        try:
            name = _wanted(await request.body())
            self._activate(name)
        except ValueError as error:
            return api_error(request, HttpError(400, str(error)))
        except UnknownProfileError:
            return api_error(request, HttpError(404, f'profile "{name}" not found'))
        return api_json(self.active())

    async def clear(self, request: Request) -> Response:
        """`DELETE /api/profiles/active`: no profile; ours."""
        self._activate(None)
        return api_json(self.active())

    def _activate(self, name: str | None) -> None:
        if self._world.resolution.activate(name):
            self._log.info(f'active profile changed to "{name or ""}"')
            self._feed.changed(PROFILE_CHANGED)
            self._feed.changed(MODEL_STATUS)


def _wanted(body: bytes) -> str | None:
    """The profile that a body asks for. Raises ValueError with what the client is told."""
    try:
        asked = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        raise ValueError("invalid profile request") from None
    if asked is not None and not isinstance(asked, dict):
        raise ValueError("invalid profile request")
    if asked is None or "name" not in asked:
        raise ValueError("profile name is required")
    name = asked["name"]
    if name is not None and not isinstance(name, str):
        raise ValueError("profile name must be a string or null")
    return name or None
