"""Names come from clients: none of them may become a header of an answer, or a line of the log."""

from __future__ import annotations

import json

import pytest

from tests.support.plane import Plane, eventually, in_plane

EVIL = "m\r\nX-Evil: 1\r\n\r\n[ERROR] forged"
ESCAPED = "m%0d%0aX-Evil:%201%0d%0a%0d%0a[ERROR]%20forged"


def post(path: str, content_type: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: y\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def get(path: str, *fields: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (f"GET {path} HTTP/1.1", "Host: y", *fields, "")).encode()


@pytest.mark.parametrize(
    "sent",
    [
        post("/v1/chat/completions", "application/json", json.dumps({"model": EVIL}).encode()),
        post("/v1/audio/voices", "application/x-www-form-urlencoded", f"model={ESCAPED}".encode()),
        post(
            "/v1/audio/transcriptions",
            "multipart/form-data; boundary=B",
            f'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\n{EVIL}\r\n--B--\r\n'.encode(),
        ),
        post(f"/v1/completions?model={ESCAPED}", "text/plain", b""),
        get(f"/props?model={ESCAPED}"),
        get(f"/upstream/{ESCAPED}"),
        get(f"/upstream/{ESCAPED}/x"),
        get(f"/upstream/x//{ESCAPED}"),
        get("/upstream/m", "X-Forwarded-Prefix: //evil.example"),
        get("/upstream/m", "X-Forwarded-Prefix: https://evil.example"),
        get(f"/upstream/m?{ESCAPED}"),
        get("/upstream/nobody", f"User-Agent: a {ESCAPED}"),
    ],
)
def test_a_name_stays_a_name(sent: bytes) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(sent)
            head = await client.head()
        assert head.startswith(("HTTP/1.1 404", "HTTP/1.1 30"))
        names = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:]}
        assert names <= {"content-type", "content-length", "location"}
        assert "Location: //" not in head
        assert "evil.example" not in head
        await eventually(lambda: plane.requests_done)
        log = (plane.logs.history("proxy") or b"").decode()
        assert not any(line.startswith(("[ERROR]", "X-Evil")) for line in log.splitlines())

    in_plane(story)
