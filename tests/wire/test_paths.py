"""Paths that carry a model's name."""

from __future__ import annotations

import pytest

from modelyard.wire.paths import NamedPath, canonical, forwarded_prefix, location, split_name

KNOWN = {"m1", "author", "author/m2", "with space"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (b"m1/v1/models", NamedPath("m1", b"/v1/models")),
        (b"m1/", NamedPath("m1", b"/")),
        (b"m1", NamedPath("m1", b"")),
        (b"author/m2/x", NamedPath("author/m2", b"/x")),
        (b"author%2Fm2/x", NamedPath("author/m2", b"/x")),
        (b"author%2fm2%2Fx", NamedPath("author/m2", b"/x")),
        (b"author/m3", NamedPath("author", b"/m3")),
        (b"with%20space/x%2Fy%252F", NamedPath("with space", b"/x%2Fy%252F")),
        (b"m1//double", NamedPath("m1", b"//double")),
        (b"m10/x", None),
        (b"", None),
        (b"/m1", None),
    ],
)
def test_the_longest_known_prefix_is_the_model(path: bytes, found: NamedPath | None) -> None:
    """R45: ids with slashes, plain or escaped; the rest keeps the client's escaping."""
    assert split_name(path, KNOWN.__contains__) == found


def test_redirects_name_the_decoded_model() -> None:
    assert location("author/m2", b"x=1") == b"/upstream/author/m2/?x=1"
    assert location("with space\r\n", b"") == b"/upstream/with%20space%0D%0A/"


@pytest.mark.parametrize(
    ("value", "prefix"),
    [
        ("", ""),
        ("/llm", "/llm"),
        ("/a/b/", "/a/b"),
        (" /a , /b", "/a"),
        ("/", ""),
        ("//evil.example", ""),
        ("/a//b", ""),
        ("https://evil.example", ""),
        ("/a\r\nX: 1", ""),
        ("/a b", ""),
        ("/\\evil.example", ""),
    ],
)
def test_where_a_proxy_shows_us(value: str, prefix: str) -> None:
    """R46: only ever a path of the same host."""
    assert forwarded_prefix(value) == prefix


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        (b"//health", b"/health"),
        (b"/./health", b"/health"),
        (b"/health/.", b"/health"),
        (b"/x/../health/", b"/health/"),
        (b"/../../etc", b"/etc"),
        (b"/x/..", b"/"),
        (b"/x/../", b"/"),
        (b"/upstream/m//v1", b"/upstream/m/v1"),
        (b"/upstream/a%2F%2Fb/%2e%2e/.hidden/..c", b"/upstream/a%2F%2Fb/%2e%2e/.hidden/..c"),
        (b"/.//\\evil.example", b"/%5Cevil.example"),
    ],
)
def test_the_canonical_path(path: bytes, clean: bytes) -> None:
    assert canonical(path) == clean
