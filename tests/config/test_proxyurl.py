"""Which base URLs are refused (spec config 13)."""

from __future__ import annotations

import pytest

from modelyard.config.proxyurl import why_not_a_url, why_unusable


@pytest.mark.parametrize(
    "url",
    [
        "http://u",
        "http://u:",
        "http://u:80/v1?x=%zz",
        "http://[::1]:80",
        "http://[::1]",
        "http://user:pass@h:1",
        "http://u/a%20b",
        "HTTP://h",
        "myhost:99",
        "word",
        "word/a:b",
        "/path",
        "///x",
        "",
        "http://a_b.c-d~e:1",
        "http://%C3%A9:1",
    ],
)
def test_the_syntax_is_lenient(url: str) -> None:
    assert why_not_a_url(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://u:port", "port"),
        ("http://u:1:x", "port"),
        ("http://[::1]x", "port"),
        ("http://[::1", "["),
        ("10.0.0.1:99", "scheme"),
        (":80", "scheme"),
        ("http://u/%zz", "escape"),
        ("word%2", "escape"),
        ("/%", "escape"),
        ("http://u#%z", "escape"),
        ("http://u\n", "control"),
        ("http://a b", "host"),
        ("http://a%20b", "host"),
        ("http://a%zz", "host"),
        ("http://us er@h", "user"),
    ],
)
def test_what_is_refused(url: str, reason: str) -> None:
    assert reason in (why_not_a_url(url) or "")


@pytest.mark.parametrize(
    ("url", "usable"), [("http://h", True), ("HTTPS://h:1/x", True), ("h:1", False), ("http://", False)]
)
def test_what_can_never_work(url: str, usable: bool) -> None:
    assert (why_unusable(url) is None) is usable
