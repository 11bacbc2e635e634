"""What is written into a body changes its length, and nothing else: the engine and its next request stay in step."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from modelyard.config.schema import EffectiveFilters, ModelConfig
from tests.support.odd import Engine, Seen, try_out
from tests.support.plane import Plane, in_plane

MODEL = ModelConfig(
    id="m",
    cmd="x",
    proxy="http://u",
    use_model_name="a/much-longer-name",
    effective_filters=EffectiveFilters(strip_params=("seed",), set_params={"top_k": 5}),
)
JSON = b"application/json"
FORM = b"multipart/form-data; boundary=B"


def form(name: bytes, size: int) -> bytes:
    file = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + b"\r\n--x" * (size // 5)
    return file + b'\r\n--B\r\nContent-Disposition: form-data; name="model"\r\n\r\n' + name + b"\r\n--B--\r\n"


BODIES = {
    "json": (JSON, b"", b'{"model":"m","seed":7,"n":1.0}', b'{"model":"a/much-longer-name","n":1.0,"top_k":5}'),
    "form": (FORM, b"", form(b"m", 100), form(b"a/much-longer-name", 100)),
    "form on disk": (FORM, b"", form(b"m", 9 << 20), form(b"a/much-longer-name", 9 << 20)),
    "gzip": (
        JSON,
        b"Content-Encoding: gzip\r\n",
        gzip.compress(b'{"model":"m","seed":7}', mtime=0),
        b'{"model":"a/much-longer-name","top_k":5}',
    ),
}


def in_one(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def in_chunks(body: bytes, size: int = 0) -> bytes:
    size = size or len(body)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x;x=y\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"Transfer-Encoding: chunked\r\n\r\n%b0\r\nX-Trailer: 1\r\n\r\n" % framed


def in_small_chunks(body: bytes) -> bytes:
    return in_chunks(body, max(7, len(body) // 300))


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("framing", [in_one, in_chunks, in_small_chunks])
def test_a_rewritten_body_has_one_length_that_fits(kind: str, framing: Callable[[bytes], bytes]) -> None:
    """R40: by a length or in chunks, whatever was written into it; the engine here takes no other for an answer."""
    content_type, more, body, expected = BODIES[kind]
    head = b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: %b\r\n%b" % (content_type, more)
    seen: list[Seen] = []

    async def story(plane: Plane) -> None:
        engine = Engine()
        async with engine.serving():
            plane.upstream_port = engine.port
            seen.append(await try_out(head + framing(body), plane.port, engine))

    in_plane(story, model=MODEL)
    assert seen[0].answers == "200"
    assert seen[0].goes_on
    assert seen[0].reached == (f"POST /v1/completions {expected.decode('latin-1')}".strip(),)
