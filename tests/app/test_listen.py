"""Listen addresses (spec config 2)."""

from __future__ import annotations

import pytest

from modelyard.app.listen import Address, advice, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        (":8080", Address("", 8080)),
        ("[::1]:0", Address("::1", 0)),
        ("models.example:65535", Address("models.example", 65535)),
    ],
)
def test_addresses_are_read_and_written_alike(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not host:port"),
        ("8080", "not host:port"),
        ("h:", "not host:port"),
        ("h:http", "not host:port"),
        ("h:-1", "not host:port"),
        ("h:65536", "65536 is no port"),
        ("::1:8080", "needs brackets"),
    ],
)
def test_what_is_no_address(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_address(text)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
        ("models.example", "http://models.example:1"),
    ],
)
def test_the_url_can_be_used_on_this_machine(host: str, url: str) -> None:
    assert Address(host, 1).url("http") == url


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_advice(host: str) -> None:
    assert advice(Address(host, 1)) is None


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.0.2.1", "models.example"])
def test_the_network_does(host: str) -> None:
    assert "-listen 127.0.0.1:1 " in (advice(Address(host, 1)) or "")
