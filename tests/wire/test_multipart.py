"""Where a multipart form names its model, whatever the pieces in which it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.multipart import (
    MAX_FIELD,
    MAX_PART_HEAD,
    MAX_PARTS,
    FormScanner,
    boundary_of,
    field_name,
    is_form_data,
)


def part(disposition: str, value: bytes = b"", *, more: str = "") -> bytes:
    return f"--B\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + value + b"\r\n"


MODEL = part('name="model"', b"m1")
FILE = part('name="file"; filename="a.wav"', b"RIFF\r\n\x00data", more="Content-Type: audio/wav\r\n")
END = b"--B--\r\n"


def scan(body: bytes, *, boundary: bytes = b"B", step: int = 0) -> FormScanner:
    scanner = FormScanner(boundary)
    for start in range(0, len(body), step or len(body) or 1):
        scanner.feed(body[start : start + (step or len(body))])
    return scanner


def replaced(body: bytes, name: bytes) -> bytes:
    scanner = scan(body)
    for start, end in reversed(scanner.spans):
        body = body[:start] + name + body[end:]
    return body


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        (b"multipart/form-data; boundary=abc", b"abc"),
        (b'multipart/form-data; boundary="a b;c"', b"a b;c"),
        (b'multipart/form-data; boundary="a\\"b"', b'a"b'),
        (b"multipart/form-data; charset=utf-8; Boundary=--x--", b"--x--"),
        (b"multipart/form-data;boundary=x; charset=y", b"x"),
        (b"multipart/form-data", None),
        (b"multipart/form-data; boundary=", None),
        (b'multipart/form-data; boundary=""', None),
        (b'multipart/form-data; boundary="a', None),
        (b"multipart/form-data; boundary=" + b"x" * 201, None),
    ],
)
def test_the_boundary_of_a_content_type(content_type: bytes, boundary: bytes | None) -> None:
    assert boundary_of(content_type) == boundary


def test_which_bodies_are_forms() -> None:
    assert is_form_data(b"multipart/form-data; boundary=x")
    assert not is_form_data(b"multipart/mixed; boundary=x")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'Content-Disposition: form-data; name="model"', b"model"),
        (b"content-disposition:form-data;name=model", b"model"),
        (b'Content-Type: text/plain\r\nContent-Disposition: form-data; x=y; NAME="mo\\"del"', b'mo"del'),
        (b'Content-Disposition: form-data; name="model"; filename="x"', None),
        (b'Content-Disposition: form-data; name="model"; filename=""', None),
        (b"Content-Disposition: form-data; name=model; filename*=UTF-8''x", None),
        (b'Content-Disposition: form-data; title="; name=no"; name="yes"', b"yes"),
        (b'Content-Disposition: attachment; name="model"', None),
        (b'X-Content-Disposition: form-data; name="model"', None),
        (b"Content-Disposition: form-data", None),
        (b"", None),
    ],
)
def test_the_field_that_a_head_describes(head: bytes, name: bytes | None) -> None:
    assert field_name(head) == name


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param(MODEL + END, ["m1"], id="first"),
        pytest.param(FILE + MODEL + END, ["m1"], id="behind a file"),
        pytest.param(FILE + MODEL + FILE + part("name=model", b"m2") + END, ["m1", "m2"], id="twice"),
        pytest.param(FILE + END, [], id="not there"),
        pytest.param(part('name="model"; filename="m"', b"x") + END, [], id="a file of that name"),
        pytest.param(part('name="model"') + END, [""], id="empty"),
        pytest.param(part('name="model"', "modèle/ü".encode()) + END, ["modèle/ü"], id="other alphabets"),
        pytest.param(b"preamble\r\n" + MODEL + b"--B--  \r\nepilogue\r\n" + MODEL, ["m1"], id="preamble and epilogue"),
        pytest.param(MODEL.replace(b"--B\r\n", b"--B \t\r\n") + END, ["m1"], id="blanks behind the boundary"),
        pytest.param(b"--B\r\n\r\nno head\r\n" + MODEL + END, ["m1"], id="a part without a head"),
        pytest.param(part("name=f", b"\r\n--Bx\r\n--") + MODEL + END, ["m1"], id="what begins like a boundary"),
        pytest.param(part("name=f", b"\r\n\r\n--\r\n\r--B\r\r") + MODEL + END, ["m1"], id="what almost is one"),
        pytest.param(END, [], id="no parts"),
    ],
)
def test_what_a_form_names(body: bytes, values: list[str], step: int) -> None:
    scanner = scan(body, step=step)
    assert scanner.is_complete
    assert scanner.values == values
    assert [body[start:end].decode() for start, end in scanner.spans] == values


@pytest.mark.parametrize("step", [0, 1, 5])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"--B", id="a boundary and nothing"),
        pytest.param(MODEL, id="without an end"),
        pytest.param(MODEL + b"--B", id="cut off in the last boundary"),
        pytest.param(MODEL[:-4], id="cut off in the field"),
        pytest.param(MODEL[:20], id="cut off in the head"),
        pytest.param((MODEL + END).replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(b"x" + MODEL + END, id="a first boundary that begins no line"),
        pytest.param(part("name=model", b"a\r\n--Bc") + END, id="a name with lines"),
        pytest.param(part("name=model", b"x" * (MAX_FIELD + 1)) + END, id="a name without end"),
        pytest.param(part("name=f", more="X: " + "y" * MAX_PART_HEAD + "\r\n") + MODEL + END, id="a head without end"),
        pytest.param(part("name=f") * MAX_PARTS + MODEL + END, id="too many parts"),
        pytest.param(b"--B" + b" " * 300 + MODEL[3:] + END, id="too many blanks"),
    ],
)
def test_what_is_no_form_names_nothing(body: bytes, step: int) -> None:
    scanner = scan(body, step=step)
    assert (scanner.values, scanner.spans) == ([], [])


def test_a_file_runs_through() -> None:
    """R43: however large the file, only what may be the beginning of a boundary is held."""
    scanner = FormScanner(b"B")
    scanner.feed(FILE[:-2])
    for _ in range(100):
        scanner.feed(b"\r\n--" * 20_000)
        assert len(scanner._buffer) < 10
    scanner.feed(b"\r\n" + MODEL + END)
    assert scanner.values == ["m1"]


def test_replacing_keeps_everything_else() -> None:
    """R40: boundary, order, heads of parts and the file's bytes stay."""
    body = FILE + MODEL + part("name=n", b"2") + part("name=model", b"other") + END
    expected = FILE + part('name="model"', b"real/m2") + part("name=n", b"2") + part("name=model", b"real/m2") + END
    assert replaced(body, b"real/m2") == expected


texts = st.text(alphabet="ab-\r\nB", max_size=12).map(str.encode)
parts = st.lists(st.tuples(st.sampled_from(["model", "file", "n"]), texts, st.booleans()), max_size=5)


@given(parts, st.integers(1, 40))
def test_what_was_written_is_found(fields: list[tuple[str, bytes, bool]], step: int) -> None:
    boundary = b"==boundary-that-is-nowhere"
    body = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        % (boundary, name.encode(), b'; filename="f"' if is_file else b"", value)
        for name, value, is_file in fields
    )
    scanner = scan(body + b"--%b--\r\n" % boundary, boundary=boundary, step=step)
    assert scanner.is_complete
    assert scanner.values == [value.decode() for name, value, is_file in fields if name == "model" and not is_file]


@given(st.lists(st.sampled_from([MODEL, FILE, END, b"--B", b"\r\n", b"--", b" ", b"model"]), max_size=12))
def test_the_pieces_do_not_matter(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    whole = scan(body)
    for step in (1, 2, 11):
        other = scan(body, step=step)
        assert (other.values, other.spans) == (whole.values, whole.spans)


@given(st.binary(max_size=300))
def test_no_bytes_are_an_error(body: bytes) -> None:
    scanner = scan(b"--B\r\n" + body)
    assert len(scanner.values) == len(scanner.spans)
