"""Which proxy the environment puts between us and a host."""

from __future__ import annotations

import pytest

from modelyard.wire.outproxy import OutProxy, parse_proxy, proxy_for

ENVIRONMENT = {"HTTP_PROXY": "http://web:3128", "https_proxy": "user:p%40ss@secure:8080"}


def test_each_scheme_has_its_own() -> None:
    assert proxy_for("http", "far.example", 80, ENVIRONMENT) == OutProxy("web", 3128)
    secure = proxy_for("https", "far.example", 443, ENVIRONMENT)
    assert secure == OutProxy("secure", 8080, b"Basic dXNlcjpwQHNz")
    assert proxy_for("http", "far.example", 80, {}) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_loopback_never_has_one(host: str) -> None:
    assert proxy_for("http", host, 80, ENVIRONMENT) is None


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "excepted"),
    [
        ("*", "far.example", 80, True),
        ("far.example", "far.example", 80, True),
        ("far.example", "FAR.example", 80, True),
        ("far.example", "sub.far.example", 80, True),
        ("far.example", "notfar.example", 80, False),
        (".far.example", "sub.far.example", 80, True),
        (".far.example", "far.example", 80, False),
        ("*.far.example", "sub.far.example", 80, True),
        ("far.example:81", "far.example", 80, False),
        ("far.example:81", "far.example", 81, True),
        ("near, far.example ,", "far.example", 80, True),
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, False),
        ("10.0.0.0/8", "far.example", 80, False),
        ("nonsense/8", "10.1.2.3", 80, False),
        ("10.1.2.3", "10.1.2.3", 80, True),
        ("10.1.2.3:80", "10.1.2.3", 80, True),
        ("10.1.2.3:81", "10.1.2.3", 80, False),
        ("fd00::1", "fd00::1", 80, True),
        ("[fd00::1]:80", "fd00::1", 80, True),
        ("2.3", "10.1.2.3", 80, False),
    ],
)
def test_exceptions(exceptions: str, host: str, port: int, excepted: bool) -> None:
    found = proxy_for("http", host, port, {**ENVIRONMENT, "NO_PROXY": exceptions})
    assert (found is None) is excepted


@pytest.mark.parametrize("url", ["socks5://far:1080", "https://far", "http://", "http://secret:word@"])
def test_what_is_no_http_proxy_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="no HTTP proxy") as caught:
        parse_proxy(url)
    assert "word" not in str(caught.value)
