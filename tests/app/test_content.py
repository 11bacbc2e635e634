"""Bodies on their way to an engine: forms, compressed ones, and what is written into them."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
import zstandard

from modelyard.config.schema import Config, EffectiveFilters, ModelConfig
from tests.support.plane import Client, Plane, Received, eventually, in_plane
from tests.wire.test_codings import Encoder, brotli_in_a_hurry

JSON = "application/json"
FORM = "multipart/form-data; boundary=B"
RENAMED = ModelConfig(id="m", cmd="x", proxy="http://u", use_model_name="the/real-name")
FILTERED = ModelConfig(
    id="m",
    cmd="x",
    proxy="http://u",
    effective_filters=EffectiveFilters(
        strip_params=("temperature",), set_params={"top_k": 5}, set_params_by_id={"m:high": {"top_k": 9}, "m": None}
    ),
)
FILTERED_CONFIG = Config(models={"m": FILTERED}, aliases={"m:high": "m"})


def form(*fields: tuple[str, bytes]) -> bytes:
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), value)
        for name, value in fields
    ]
    return b"".join([*parts, b"--B--\r\n"])


def upload(size: int) -> bytes:
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    return head + b"\r\n--" * (size // 4) + b"\r\n"


def post(client: Client, body: bytes, content_type: str, *, path: str = "/v1/completions", coding: str = "") -> None:
    encoding = f"Content-Encoding: {coding}\r\n" if coding else ""
    head = f"POST {path} HTTP/1.1\r\nHost: y\r\nContent-Type: {content_type}\r\n{encoding}"
    client.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def forwarded(
    body: bytes,
    content_type: str = JSON,
    *,
    coding: str = "",
    path: str = "/v1/completions",
    model: ModelConfig | None = None,
    config: Config | None = None,
) -> Received:
    """What the engine gets for this body."""
    found: list[Received] = []

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            post(client, body, content_type, path=path, coding=coding)
            found.append(await plane.upstream.request())
            await found[0].answer_json()
            await client.head()
            assert plane.edge.budget.used == 0

    in_plane(story, model=model, config=config)
    return found[0]


def refused(
    body: bytes,
    content_type: str = JSON,
    *,
    coding: str = "",
    path: str = "/v1/completions",
    model: ModelConfig | None = None,
) -> tuple[int, str]:
    """The status and the message that the client gets for this body, which no engine sees."""
    found: list[tuple[int, str]] = []

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            post(client, body, content_type, path=path, coding=coding)
            head = await client.head()
            size = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
            found.append((int(head.split()[1]), json.loads(await client.read(size))["error"]["message"]))
            assert plane.upstream.connections == 0

    in_plane(story, model=model)
    return found[0]


# ---------------------------------------------------------------- JSON


def test_filters_strip_and_set() -> None:
    """R40: and the length is that of the new body."""
    got = forwarded(b'{"model":"m", "temperature":1,"n":1.50, "top_k":1}', config=FILTERED_CONFIG)
    assert got.body == b'{"model":"m","n":1.50,"top_k":5}'


def test_parameters_go_by_the_name_that_was_used() -> None:
    assert forwarded(b'{"model":"m:high"}', config=FILTERED_CONFIG).body == b'{"model":"m:high","top_k":9}'


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_checksum_of_what_came_does_not_go_on_with_what_goes(content_type: str) -> None:
    """R40: nor does any other header go."""
    body = b'{"model":"m"}' if content_type == JSON else form(("model", b"m"))
    sums = f"{content_type}\r\nContent-MD5: x\r\nContent-Digest: sha-256=:x:\r\nX-Digest: y"
    assert {"content-md5", "content-digest"} <= set(forwarded(body, sums).headers)
    changed = forwarded(body, sums, model=RENAMED).headers
    assert not {"content-md5", "content-digest"} & set(changed)
    assert changed["x-digest"] == "y"


def test_filters_leave_what_is_no_json_alone() -> None:
    body = b"model=m&temperature=1"
    assert forwarded(body, "application/x-www-form-urlencoded", config=FILTERED_CONFIG).body == body


def test_a_filter_that_cannot_act_lets_nothing_pass() -> None:
    model = ModelConfig(
        id="m", cmd="x", proxy="http://u", effective_filters=EffectiveFilters(set_params={"stop.first": 1})
    )
    body = b'{"model":"m","stop":[]}'
    assert refused(body, model=model) == (500, "error setting parameter stop.first in request")


# ---------------------------------------------------------------- forms


def test_a_form_names_its_model_and_passes_as_it_is() -> None:
    body = upload(100) + form(("model", b"m"), ("n", b"2"))
    got = forwarded(body, FORM, path="/v1/audio/transcriptions")
    assert got.body == body
    assert got.head.startswith("POST /v1/audio/transcriptions ")


def test_the_field_of_a_form_wins_over_the_query() -> None:
    got = forwarded(form(("model", b"m")), FORM, path="/v1/images/edits?model=other")
    assert got.head.startswith("POST /v1/images/edits?model=other ")


def test_a_form_without_the_field_goes_by_the_query() -> None:
    body = form(("n", b"1"))
    assert forwarded(body, FORM, path="/v1/images/edits?model=m", model=RENAMED).body == body


def test_the_name_in_a_form_is_replaced_where_it_stands() -> None:
    """R40: boundary, order and types of the parts stay, and the length fits."""
    body = upload(100) + form(("model", b"m"), ("n", b"2"), ("model", b"again"))
    got = forwarded(body, FORM, path="/v1/audio/transcriptions", model=RENAMED)
    assert got.body == upload(100) + form(("model", b"the/real-name"), ("n", b"2"), ("model", b"the/real-name"))
    assert got.headers["content-type"] == FORM
    assert got.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("spooled", [False, True])
def test_the_name_in_a_large_form_is_replaced_where_it_lies(spooled: bool) -> None:
    """R40, R43: on disk too, and the file is never in memory as a whole."""
    body = upload(1 << 20) + form(("model", b"m")) + b"epilogue"
    expected = upload(1 << 20) + form(("model", b"the/real-name")) + b"epilogue"

    async def story(plane: Plane) -> None:
        if spooled:
            plane.edge.budget.per_body = 1000
        async with plane.client() as client:
            post(client, body, FORM, path="/v1/audio/transcriptions")
            got = await plane.upstream.request()
            assert got.body == expected
            await got.answer_json()
            await client.head()
        assert plane.edge.budget.used == 0

    in_plane(story, model=RENAMED)


def test_a_form_that_comes_in_pieces_is_understood() -> None:
    async def story(plane: Plane) -> None:
        body = form(("model", b"m"))
        async with plane.client() as client:
            head = f"POST /v1/images/edits HTTP/1.1\r\nHost: y\r\nContent-Type: {FORM}\r\n"
            client.send(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
            for at in range(len(body)):
                client.send(b"1\r\n" + body[at : at + 1] + b"\r\n")
                await client.writer.drain()
            client.send(b"0\r\n\r\n")
            got = await plane.upstream.request()
            assert got.body == form(("model", b"the/real-name"))
            await got.answer_json()
            await client.head()

    in_plane(story, model=RENAMED)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"garbage", FORM),
        (form(("model", b"m"))[:-4], FORM),
        (form(("model", b"m")), "multipart/form-data"),
        (form(("model", b"m")), "multipart/form-data; boundary=other"),
        (form(("n", b"1")), FORM),
        (form(("model", b"")), FORM),
    ],
)
def test_a_form_that_is_none_names_no_model(body: bytes, content_type: str) -> None:
    assert refused(body, content_type) == (404, "no model id could be identified")


def test_a_form_that_is_none_cannot_be_rewritten() -> None:
    status, message = refused(b"garbage", FORM, path="/v1/images/edits?model=m", model=RENAMED)
    assert status == 400
    assert message.startswith("could not parse multipart form: ")


# ---------------------------------------------------------------- compressed


CODINGS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("deflate", zlib.compress, id="deflate"),
    pytest.param("br", brotli_in_a_hurry, id="br"),
    pytest.param("zstd", zstandard.compress, id="zstd"),
]


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_a_compressed_body_is_understood_and_passes_as_it_is(coding: str, encode: Encoder) -> None:
    """R41: the engine gets what the client sent, under the same name."""
    body = encode(b'{"model":"m"}')
    got = forwarded(body, coding=coding)
    assert (got.body, got.headers["content-encoding"]) == (body, coding)


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_a_compressed_body_that_is_rewritten_goes_on_plain(coding: str, encode: Encoder) -> None:
    """R40, R41: without the name of a coding that it no longer has, and with its new length."""
    got = forwarded(encode(b'{"model":"m","temperature":1}'), coding=coding, config=FILTERED_CONFIG)
    assert got.body == b'{"model":"m","top_k":5}'
    assert "content-encoding" not in got.headers
    assert got.headers["content-length"] == str(len(got.body))


def test_a_compressed_form_is_rewritten_too() -> None:
    """R41: as if it had come plain."""
    body = gzip.compress(upload(100) + form(("model", b"m")))
    got = forwarded(body, FORM, coding="gzip", path="/v1/images/edits", model=RENAMED)
    assert got.body == upload(100) + form(("model", b"the/real-name"))
    assert "content-encoding" not in got.headers


def test_the_next_request_of_the_connection_keeps_its_coding() -> None:
    """R41: requests share what is known of their heads, and not what was written into one."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for _ in range(3):
                post(client, gzip.compress(b'{"model":"m"}', mtime=0), JSON, coding="gzip")
                got = await plane.upstream.request()
                assert got.body == b'{"model":"m","top_k":5}'
                await got.answer_json()
                await client.head()
                await client.read(2)
            post(client, b"{}", "text/plain", coding="gzip", path="/v1/completions?model=m")
            got = await plane.upstream.request()
            assert (got.body, got.headers["content-encoding"]) == (b"{}", "gzip")
            await got.answer_json()
            await client.head()

    in_plane(story, config=FILTERED_CONFIG)


def test_a_coding_that_nobody_knows_passes_where_the_query_names_the_model() -> None:
    """R41: what we need not read we need not understand."""
    got = forwarded(b"\x01\x02", "text/plain", coding="rot13", path="/v1/completions?model=m")
    assert (got.body, got.headers["content-encoding"]) == (b"\x01\x02", "rot13")


def test_a_coding_that_cannot_be_read_is_said() -> None:
    """R41: rather than that no model was named."""
    assert refused(b'\x01"', coding="rot13") == (415, "content coding rot13 is not supported")
    assert refused(b'\x01"', coding="gzip") == (400, "could not read request body")


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_a_bomb_is_refused(coding: str, encode: Encoder) -> None:
    """R41, R43: a small body that comes to very much is too large."""
    body = encode(b'{"model":"m","x":"' + bytes(65 << 20))
    assert len(body) < 1 << 20
    assert refused(body, coding=coding)[0] == 413


def test_a_client_that_leaves_in_the_middle_of_a_form_leaves_nothing() -> None:
    async def story(plane: Plane) -> None:
        plane.edge.budget.per_body = 1000
        async with plane.client() as client:
            body = upload(100_000)
            client.send(f"POST /v1/images/edits HTTP/1.1\r\nHost: y\r\nContent-Type: {FORM}\r\n".encode())
            client.send(b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
            await client.writer.drain()
            client.writer.transport.abort()
            await eventually(lambda: plane.requests_done)
        assert plane.edge.budget.used == 0

    in_plane(story)
