"""What people may see of headers."""

from __future__ import annotations

import pytest

from modelyard.wire.headers import Header
from modelyard.wire.redact import REDACTED, client_address, shown_headers


def headers(**values: bytes) -> list[Header]:
    names = [(name.replace("_", "-").encode(), value) for name, value in values.items()]
    return [(name.lower(), name, value) for name, value in names]


def test_names_have_their_usual_spelling_and_the_first_value_counts() -> None:
    given = [*headers(host=b"yard", content_TYPE=b"a/b", X_session_ID=b"1"), *headers(x_session_id=b"2")]
    assert shown_headers(given) == {"Content-Type": "a/b", "X-Session-Id": "1"}


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "proxy_authorization", "cookie", "set_cookie", "x_api_key", "api_key", "x_auth_token",
        "X_Amz_Security_Token", "x_goog_api_key", "ocp_apim_subscription_key", "cf_access_client_secret",
        "private_token", "helicone_auth", "x_forwarded_authorization",
    ],
)  # fmt: skip
def test_what_opens_doors_is_never_shown(name: str) -> None:
    assert list(shown_headers(headers(**{name: b"secret"})).values()) == [REDACTED]


@pytest.mark.parametrize("name", ["X-Ratelimit-Remaining-Tokens", "X-Session-Id", "X-Token-Count", "Author"])
def test_what_only_sounds_like_a_secret_is_shown(name: str) -> None:
    assert shown_headers(headers(**{name.replace("-", "_"): b"7"})) == {name: "7"}


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert shown_headers(headers(x=b"\xff")) == {"X": "\ufffd"}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, b"10.1.1.1"),
        ({b"x-real-ip": b"203.0.113.8"}, b"203.0.113.8"),
        ({b"x-real-ip": b"203.0.113.8", b"x-forwarded-for": b" 203.0.113.7 , 10.0.0.1"}, b"203.0.113.7"),
    ],
)
def test_who_asks(given: dict[bytes, bytes], address: bytes) -> None:
    assert client_address(given, b"10.1.1.1") == address
