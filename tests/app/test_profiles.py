"""The API of profiles and of requests in flight, over a real edge."""

from __future__ import annotations

import httpx
import pytest

from modelyard.config.document import ProfileEntry
from modelyard.config.schema import Config, ModelConfig
from tests.app.test_api import api_of
from tests.support.plane import Plane, in_plane

CONFIG = Config(
    models={"m": ModelConfig(id="m", cmd="x", proxy="http://u")},
    profiles={
        "writing": ProfileEntry(pins={"pub": "m"}),
        "coding": ProfileEntry(description="Code things", pins={"pub": "m", "off": ""}),
    },
)
ACTIVE = "/api/profiles/active"


def test_profiles_are_listed_and_switched() -> None:
    async def story(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            assert (await client.get("/api/profiles")).json() == {
                "active": None,
                "profiles": [
                    {"id": "coding", "description": "Code things", "pins": {"pub": "m", "off": ""}},
                    {"id": "writing", "description": "", "pins": {"pub": "m"}},
                ],
            }
            for body, active in (('{"name":"coding"}', "coding"), ('{"name":""}', None), ('{"name":null}', None)):
                assert (await client.put(ACTIVE, content=body)).json() == {"active": active}
            await client.put(ACTIVE, content='{"name":"writing"}')
            assert (await client.get(ACTIVE)).json() == {"active": "writing"}
            assert (await client.delete(ACTIVE)).json() == {"active": None}
            assert (await client.post(ACTIVE)).status_code == 405
        assert b'active profile changed to "coding"' in (plane.logs.history("proxy") or b"")

    in_plane(story, config=CONFIG, make_app=api_of)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("[]", 400, "invalid profile request"),
        ('"coding"', 400, "invalid profile request"),
        ("{", 400, "invalid profile request"),
        ("", 400, "invalid profile request"),
        ("{}", 400, "profile name is required"),
        ("null", 400, "profile name is required"),
        ('{"name":5}', 400, "profile name must be a string or null"),
        ('{"name":"zz"}', 404, 'profile "zz" not found'),
    ],
)
def test_what_is_no_profile(body: str, status: int, message: str) -> None:
    async def story(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            answer = await client.put(ACTIVE, content=body)
            assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)

    in_plane(story, config=CONFIG, make_app=api_of)


@pytest.mark.parametrize("number", ["1", "x", "-1", "²", "99999999999999999999"])
def test_there_is_no_such_request(number: str) -> None:
    async def story(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            answer = await client.post(f"/api/inflight/{number}/cancel")
            assert (answer.status_code, answer.json()["error"]["message"]) == (404, "inflight request not found")
            assert (await client.get("/api/inflight")).json() == {"requests": []}

    in_plane(story, config=CONFIG, make_app=api_of)
