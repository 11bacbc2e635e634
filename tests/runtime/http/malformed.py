"""Requests that are malformed, or odd enough for two servers to read them differently, and what is made of each.

Tested in test_malformed.py, and shown in docs/malformed-requests.md by scripts/malformed-table.
"""

from __future__ import annotations

from typing import NamedTuple

PATH = b"/upstream/m/x"
NGINX = "1.22"
"""The version that was asked."""


class Case(NamedTuple):
    """One input, and what becomes of it.

    Behind each input the same client sends a plain request for `/next`. A result is the statuses of the answers before
    that one's, and what the engine got: method, target, and the body if there is one.
    """

    what: str
    sent: bytes
    result: str
    """Of Modelyard: `400`, or `200: POST /x hello`."""
    nginx: str = ""
    """Of nginx, where it is another one."""
    why: str = ""
    """Why we differ from nginx, or what deserves a word."""
    closes: bool = False
    """Whether the connection is closed although the request was served."""

    @property
    def goes_on(self) -> bool:
        """Whether the request for `/next` is served, too."""
        return self.result[0] in "23" and " " not in self.result.partition(":")[0] and not self.closes


def post(*fields: bytes, body: bytes = b"hello", version: bytes = b"HTTP/1.1", target: bytes = PATH) -> bytes:
    """A request with these fields, each written out without its line end, and a body."""
    return b"POST %b %b\r\nHost: y\r\n" % (target, version) + b"".join(b"%b\r\n" % f for f in fields) + b"\r\n" + body


def get(*fields: bytes, target: bytes = PATH, version: bytes = b"HTTP/1.1") -> bytes:
    """The same without a body."""
    return b"GET %b %b\r\nHost: y\r\n" % (target, version) + b"".join(b"%b\r\n" % f for f in fields) + b"\r\n"


def chunks(body: bytes) -> bytes:
    """A request whose chunked body is written out."""
    return post(b"Transfer-Encoding: chunked", body=body)


HELLO = b"5\r\nhello\r\n0\r\n\r\n"
CL = b"Content-Length: 5"
TE = b"Transfer-Encoding: chunked"
LENGTHS = (
    Case(
        "both lengths, `Content-Length` first",
        post(b"Content-Length: 15", TE, body=HELLO),
        "400",
        why="The classic of smuggling.",
    ),
    Case("both lengths, `Transfer-Encoding` first", post(TE, b"Content-Length: 15", body=HELLO), "400"),
    Case("two `Content-Length`, different", post(CL, b"Content-Length: 6"), "400"),
    Case(
        "two `Content-Length`, equal",
        post(CL, CL),
        "400",
        why="RFC 9112 allows to take them for one; nobody who means well sends two.",
    ),
    Case("`Content-Length: 5, 5`", post(b"Content-Length: 5, 5"), "400"),
    Case("`Content-Length: -1`", post(b"Content-Length: -1"), "400"),
    Case("`Content-Length: +5`", post(b"Content-Length: +5"), "400"),
    Case("`Content-Length: 0x5`", post(b"Content-Length: 0x5"), "400"),
    Case("`Content-Length: 5a`", post(b"Content-Length: 5a"), "400"),
    Case("`Content-Length: 5 5`", post(b"Content-Length: 5 5"), "400"),
    Case("`Content-Length: 5.0`", post(b"Content-Length: 5.0"), "400"),
    Case("`Content-Length:` without a value", post(b"Content-Length:"), "400"),
    Case("a `Content-Length` of 25 digits", post(b"Content-Length: 1000000000000000000000000"), "400"),
    Case("`Content-Length: 005`", post(b"Content-Length: 005"), "200: POST /x hello", why="Forwarded as `5`."),
    Case("`Content-Length : 5` (a space before the colon)", post(b"Content-Length : 5"), "400"),
    Case("`Content-Length` on a folded line", post(b"Content-Length:\r\n 5"), "400"),
    Case(
        "`Content_Length: 5`, an underscore",
        post(b"Content-Length: 5", b"Content_Length: 3"),
        "200: POST /x hello",
        why="A field like any other; nginx drops it.",
    ),
    Case("a `POST` without any length", post(body=b""), "200: POST /x"),
    Case(
        "a `POST` of length 0 with something behind it",
        post(b"Content-Length: 0", body=b"hello"),
        "200 400: POST /x",
        why="What is behind it is the next request, and none.",
    ),
    Case(
        "a `GET` with a body",
        b"GET %b HTTP/1.1\r\nHost: y\r\nContent-Length: 5\r\n\r\nhello" % PATH,
        "200: GET /x hello",
    ),
    Case(
        "a body that looks like a request",
        post(b"Content-Length: %d" % len(get()), body=get()),
        "200: POST /x GET /upstream/m/x HTTP/1.1\r\nHost: y",
        why="It stays a body.",
    ),
)
CODINGS = (
    Case(
        "`Transfer-Encoding: chunked, identity`",
        post(b"Transfer-Encoding: chunked, identity", body=HELLO),
        "400",
        nginx="501",
        why="nginx answers every coding but `chunked` with 501; here the parser finds that the body has no end.",
    ),
    Case(
        "`Transfer-Encoding: identity`", post(b"Transfer-Encoding: identity", CL), "400", nginx="501", why="The same."
    ),
    Case("`Transfer-Encoding: identity, chunked`", post(b"Transfer-Encoding: identity, chunked", body=HELLO), "501"),
    Case("`Transfer-Encoding: xchunked`", post(b"Transfer-Encoding: xchunked", body=HELLO), "501"),
    Case(
        "`Transfer-Encoding: gzip, chunked`",
        post(b"Transfer-Encoding: gzip, chunked", body=HELLO),
        "501",
        why="The body would arrive without its compression being undone, or named.",
    ),
    Case(
        "`Transfer-Encoding: chunked, chunked`",
        post(b"Transfer-Encoding: chunked, chunked", body=HELLO),
        "400",
        nginx="501",
        why="Refused either way.",
    ),
    Case("two `Transfer-Encoding: chunked`", post(TE, TE, body=HELLO), "400"),
    Case("`chunked` and `identity` in two fields", post(TE, b"Transfer-Encoding: identity", body=HELLO), "400"),
    Case(
        "`identity` and `chunked` in two fields",
        post(b"Transfer-Encoding: identity", TE, body=HELLO),
        "501",
        nginx="400",
        why="Refused either way.",
    ),
    Case("a space before the colon", post(b"Transfer-Encoding : chunked", body=HELLO), "400"),
    Case("a tab before the colon", post(b"Transfer-Encoding\t: chunked", body=HELLO), "400"),
    Case("` Transfer-Encoding: chunked`, a blank before the name", post(b" Transfer-Encoding: chunked", CL), "400"),
    Case(
        "a tab behind the colon",
        post(b"Transfer-Encoding:\tchunked", body=HELLO),
        "200: POST /x hello",
        nginx="501",
        why="A tab is a blank (RFC 9110, 5.6.3). Forwarded with a space.",
    ),
    Case(
        "`Transfer-Encoding: \\vchunked`, a vertical tab",
        post(b"Transfer-Encoding: \x0bchunked", body=HELLO),
        "400",
        nginx="501",
        why="A vertical tab is no blank.",
    ),
    Case("`Transfer-Encoding: CHUNKED`", post(b"Transfer-Encoding: CHUNKED", body=HELLO), "200: POST /x hello"),
    Case('`Transfer-Encoding: "chunked"`', post(b'Transfer-Encoding: "chunked"', body=HELLO), "501"),
    Case("`Transfer-Encoding: chunked;q=1`", post(b"Transfer-Encoding: chunked;q=1", body=HELLO), "501"),
    Case(
        "`Transfer-Encoding:` without a value",
        post(b"Transfer-Encoding:", CL),
        "400",
        nginx="501",
        why="Refused either way.",
    ),
    Case("`Transfer-Encoding: ,chunked`", post(b"Transfer-Encoding: ,chunked", body=HELLO), "501"),
    Case(
        "`Transfer_Encoding: chunked`, an underscore",
        post(b"Transfer_Encoding: chunked", CL),
        "200: POST /x hello",
        why="A field like any other; nginx drops it.",
    ),
    Case("`Transfer-Encoding: chunked` in HTTP/1.0", post(TE, body=HELLO, version=b"HTTP/1.0"), "400"),
)
CHUNKS = (
    Case(
        "a chunk with an extension",
        chunks(b"5;a=b\r\nhello\r\n0\r\n\r\n"),
        "200: POST /x hello",
        why="Extensions end at the first hop.",
    ),
    Case("a chunk with a quoted extension", chunks(b'5;a="b;c"\r\nhello\r\n0\r\n\r\n'), "200: POST /x hello"),
    Case(
        "a bare line feed in an extension",
        chunks(b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
        "400",
        why="Servers that see a line's end here read another request.",
    ),
    Case("a size of `0x5`", chunks(b"0x5\r\nhello\r\n0\r\n\r\n"), "400"),
    Case("a size of `-5`", chunks(b"-5\r\nhello\r\n0\r\n\r\n"), "400"),
    Case("a size of `+5`", chunks(b"+5\r\nhello\r\n0\r\n\r\n"), "400"),
    Case("no size", chunks(b"\r\nhello\r\n0\r\n\r\n"), "400"),
    Case("a space before a size", chunks(b" 5\r\nhello\r\n0\r\n\r\n"), "400"),
    Case(
        "a space behind a size",
        chunks(b"5 \r\nhello\r\n0\r\n\r\n"),
        "400",
        nginx="200: POST /x hello",
        why="The grammar has none.",
    ),
    Case("a size of 18 digits", chunks(b"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n"), "400"),
    Case("a size with 24 leading zeros", chunks(b"0" * 24 + b"5\r\nhello\r\n0\r\n\r\n"), "200: POST /x hello"),
    Case(
        "a size that ends with a bare line feed",
        chunks(b"5\nhello\r\n0\r\n\r\n"),
        "400",
        nginx="200: POST /x hello",
        why="The grammar wants CR and LF.",
    ),
    Case("a size that ends with a bare carriage return", chunks(b"5\rhello\r\n0\r\n\r\n"), "400"),
    Case("a chunk that is longer than its size", chunks(b"5\r\nhello!\r\n0\r\n\r\n"), "400"),
    Case(
        "a chunk that ends with a bare line feed",
        chunks(b"5\r\nhello\n0\r\n\r\n"),
        "400",
        nginx="200: POST /x hello",
        why="The grammar wants CR and LF.",
    ),
    Case("a chunk with no line end", chunks(b"5\r\nhello0\r\n\r\n"), "400"),
    Case("a last chunk of `000`", chunks(b"5\r\nhello\r\n000\r\n\r\n"), "200: POST /x hello"),
    Case("a trailer", chunks(b"5\r\nhello\r\n0\r\nX-Late: 1\r\n\r\n"), "200: POST /x hello", why="Dropped."),
    Case(
        "a trailer that is a `Content-Length`",
        chunks(b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"),
        "400",
        nginx="200: POST /x hello",
        why="A trailer must not frame (RFC 9110, 6.5.1); nginx drops it.",
    ),
    Case(
        "a trailer without a colon",
        chunks(b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n"),
        "400",
        nginx="200: POST /x hello",
        why="nginx does not read trailers.",
    ),
)
LINES = (
    Case(
        "bare line feeds throughout",
        b"GET %b HTTP/1.1\nHost: y\n\n" % PATH,
        "400",
        nginx="200: GET /x",
        why="RFC 9112 (2.2) lets servers take it for a line's end, and not all do.",
    ),
    Case(
        "a bare line feed behind a field",
        b"GET %b HTTP/1.1\r\nHost: y\nX: 1\r\n\r\n" % PATH,
        "400",
        nginx="200: GET /x",
        why="The same.",
    ),
    Case(
        "a bare line feed at the end of the head",
        b"GET %b HTTP/1.1\r\nHost: y\r\n\n" % PATH,
        "400",
        nginx="200: GET /x",
        why="The same.",
    ),
    Case("a bare carriage return in a value", get(b"X: a\rY: b"), "400"),
    Case("bare carriage returns throughout", b"GET %b HTTP/1.1\rHost: y\r\r" % PATH, "400"),
    Case(
        "two carriage returns before a line feed",
        get(b"X: a\r"),
        "400",
        nginx="200: GET /x",
        why="A bare carriage return is refused wherever it is (RFC 9112, 2.2).",
    ),
    Case("a value folded with a space", get(b"X: a\r\n b"), "400"),
    Case("a value folded with a tab", get(b"X: a\r\n\tb"), "400"),
    Case("a blank line before the request", b"\r\n" + get(), "200: GET /x", why="As RFC 9112 (2.2) asks for."),
    Case("a bare line feed before the request", b"\n" + get(), "200: GET /x"),
    Case("a space before the request", b" " + get(), "400"),
)
STARTS = (
    Case("two spaces behind the method", get().replace(b" ", b"  ", 1), "200: GET /x", why="Forwarded with one."),
    Case("tabs for spaces", get().replace(b" ", b"\t", 2), "400"),
    Case(
        "no version (HTTP/0.9)",
        b"GET %b\r\n\r\n" % PATH,
        "505",
        nginx="no status: GET /x",
        why="nginx speaks HTTP/0.9: its answer has no head.",
    ),
    Case(
        "no version, and a target that ends like one",
        get(version=b"").replace(b" \r\n", b":HTTP/1.1\r\n", 1),
        "505",
        nginx="no status: GET /x:HTTP/1.1",
        why="The same.",
    ),
    Case("`HTTP/0.9`", get(version=b"HTTP/0.9"), "505", nginx="400", why="Refused either way."),
    Case(
        "`HTTP/1.0` without `Host`",
        b"GET %b HTTP/1.0\r\n\r\n" % PATH,
        "200: GET /x",
        why="The engine gets a `Host` of its own.",
        closes=True,
    ),
    Case(
        "`HTTP/1.2`",
        get(version=b"HTTP/1.2"),
        "400",
        nginx="200: GET /x",
        why="RFC 9112 lets a server take it for 1.1. There is none.",
    ),
    Case("`HTTP/2.0`", get(version=b"HTTP/2.0"), "505", why="HTTP/2 has no such line."),
    Case("`HTTP/3.0`", get(version=b"HTTP/3.0"), "400", nginx="505", why="Refused either way."),
    Case(
        "`HTTP/1.10`",
        get(version=b"HTTP/1.10"),
        "400",
        nginx="200: GET /x",
        why="nginx reads it as version 1.10. There is none.",
    ),
    Case("`HTTP/1,1`", get(version=b"HTTP/1,1"), "400"),
    Case("`http/1.1`", get(version=b"http/1.1"), "400"),
    Case(
        "a space behind the version", get(version=b"HTTP/1.1 "), "400", nginx="200: GET /x", why="The grammar has none."
    ),
    Case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
    Case(
        "`RTSP/1.0`", get(version=b"RTSP/1.0"), "505", nginx="400", why="Another protocol, which the parser would take."
    ),
    Case(
        "`DESCRIBE` in `RTSP/1.0`",
        get(version=b"RTSP/1.0").replace(b"GET", b"DESCRIBE", 1),
        "505",
        nginx="400",
        why="The same.",
    ),
    Case(
        "`SOURCE` in `ICE/1.0`",
        get(version=b"ICE/1.0").replace(b"GET", b"SOURCE", 1),
        "505",
        nginx="400",
        why="The same.",
    ),
    Case("the first bytes of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
    Case("`get`, a method in small letters", get().replace(b"GET", b"get", 1), "400"),
    Case(
        "`BREW`, a method that nobody knows",
        get().replace(b"GET", b"BREW", 1),
        "400",
        nginx="200: BREW /x",
        why="The parser knows the registered methods, and no others.",
    ),
    Case("`G(T`, which is no method", get().replace(b"GET", b"G(T", 1), "400"),
    Case(
        "`TRACE`",
        get().replace(b"GET", b"TRACE", 1),
        "200: TRACE /x",
        nginx="405",
        why="Below `/upstream/` every method passes.",
    ),
)
TARGETS = (
    Case("a whole URL", get(target=b"http://y" + PATH), "200: GET /x"),
    Case(
        "a whole URL of another host",
        get(target=b"http://z" + PATH),
        "200: GET /x",
        why="The URL's host counts, and is forwarded as `Host` (RFC 9112, 3.2.2).",
    ),
    Case("a URL of HTTPS", get(target=b"https://y" + PATH), "200: GET /x"),
    Case(
        "a URL of FTP",
        get(target=b"ftp://y" + PATH),
        "400",
        nginx="200: GET /x",
        why="nginx does not look at the scheme.",
    ),
    Case(
        "a URL with a user",
        get(target=b"http://u:p@y" + PATH),
        "400",
        why="A way to hide where a link leads (RFC 9110, 4.2.4).",
    ),
    Case("an authority", get(target=b"y:80"), "400"),
    Case("`CONNECT` to an authority", get(target=b"y:80").replace(b"GET", b"CONNECT", 1), "400"),
    Case("`CONNECT` to a path", get().replace(b"GET", b"CONNECT", 1), "405"),
    Case("`GET *`", get(target=b"*"), "400"),
    Case(
        "`OPTIONS *`",
        get(target=b"*").replace(b"GET", b"OPTIONS", 1),
        "204",
        nginx="400",
        why="Answered like every `OPTIONS`.",
    ),
    Case("no slash at the beginning", get(target=PATH[1:]), "400"),
    Case("a query alone", get(target=b"?a=b"), "400"),
    Case(
        "a fragment",
        get(target=PATH + b"#y"),
        "400",
        nginx="200: GET /x",
        why="A target has none (RFC 9112, 3.2); nginx cuts it off.",
    ),
    Case("a space", get(target=PATH + b" y"), "400"),
    Case("a zero byte", get(target=PATH + b"\x00"), "400"),
    Case("a control character", get(target=PATH + b"\x01"), "400"),
    Case("a byte beyond ASCII", get(target=PATH + b"\xff"), "400", nginx="200: GET /xÿ", why="A target is ASCII."),
    Case(
        "`%00`",
        get(target=PATH + b"%00"),
        "200: GET /x%00",
        nginx="400",
        why="The escaping is the engine's business: the target passes as it came.",
    ),
    Case(
        "`%0d%0aX:%20y`",
        get(target=PATH + b"%0d%0aX:%20y"),
        "200: GET /x%0d%0aX:%20y",
        nginx="200: GET /x%0D%0AX:%20y",
        why="The same: escaped it is no line end.",
    ),
    Case("`%zz`, no escape", get(target=PATH + b"%zz"), "200: GET /x%zz", nginx="400", why="The same."),
    Case(
        "`%2F`, an escaped slash",
        get(target=PATH + b"%2Fy"),
        "200: GET /x%2Fy",
        nginx="200: GET /x/y",
        why="The same: ids may hold slashes. nginx unescapes.",
    ),
    Case(
        "`/../`",
        get(target=b"/upstream/m/a/../x"),
        "307",
        nginx="200: GET /x",
        why="Sent to the plain form of the path, as by llama-swap; nginx resolves it.",
    ),
    Case(
        "`/%2e%2e/`",
        get(target=b"/upstream/m/a/%2e%2e/x"),
        "200: GET /a/%2e%2e/x",
        nginx="200: GET /x",
        why="Escaped it is part of a name. A [key](security.md#keys) opens such a path only with `admin`.",
    ),
    Case("`/../` beyond the model", get(target=b"/upstream/m/../../x"), "307", nginx="404", why="As `/../`."),
    Case(
        "two slashes",
        get(target=b"/upstream/m//x"),
        "307",
        nginx="200: GET /x",
        why="As `/../`.",
    ),
    Case("a backslash", get(target=b"/upstream/m/a\\x"), "200: GET /a\\x"),
    Case("a target of 70,000 bytes", get(target=PATH + b"y" * 70_000), "431", nginx="414", why="Another word for it."),
)
FIELDS = (
    Case("no `Host`", b"GET %b HTTP/1.1\r\n\r\n" % PATH, "400"),
    Case("two `Host`, different", get(b"Host: z"), "400"),
    Case("two `Host`, equal", get(b"Host: y"), "400"),
    Case(
        "an empty `Host`",
        b"GET %b HTTP/1.1\r\nHost:\r\n\r\n" % PATH,
        "200: GET /x",
        nginx="400",
        why="The grammar allows it.",
    ),
    Case("`Host: a b`", b"GET %b HTTP/1.1\r\nHost: a b\r\n\r\n" % PATH, "400"),
    Case("`Host: a/b`", b"GET %b HTTP/1.1\r\nHost: a/b\r\n\r\n" % PATH, "400"),
    Case(
        "`Host: u@y`",
        b"GET %b HTTP/1.1\r\nHost: u@y\r\n\r\n" % PATH,
        "400",
        nginx="200: GET /x",
        why="A host has no user.",
    ),
    Case(
        "`Host: y:port`",
        b"GET %b HTTP/1.1\r\nHost: y:port\r\n\r\n" % PATH,
        "400",
        nginx="200: GET /x",
        why="A port is a number.",
    ),
    Case("`Host : y`, a space before the colon", b"GET %b HTTP/1.1\r\nHost : y\r\n\r\n" % PATH, "400"),
    Case("a field without a colon", get(b"nonsense"), "400", nginx="200: GET /x", why="nginx drops the line."),
    Case("a field without a name", get(b": x"), "400"),
    Case("a space in a name", get(b"X Y: z"), "400"),
    Case("`X(Y): z`, no name", get(b"X(Y): z"), "400", nginx="200: GET /x", why="nginx drops the field."),
    Case("a zero byte in a name", get(b"X\x00Y: z"), "400"),
    Case("a zero byte in a value", get(b"X: a\x00b"), "400"),
    Case(
        "a control character in a value",
        get(b"X: a\x01b"),
        "400",
        nginx="200: GET /x",
        why="RFC 9110 (5.5) allows to keep it. An engine need not be that patient.",
    ),
    Case("DEL in a value", get(b"X: a\x7fb"), "400", nginx="200: GET /x", why="The same."),
    Case("bytes beyond ASCII in a value", get(b"X: \xc3\xa9\xff"), "200: GET /x"),
    Case("a name with an underscore", get(b"X_Y: z"), "200: GET /x"),
    Case("a field of 70,000 bytes", get(b"X: " + b"y" * 70_000), "431", nginx="400", why="Another word for it."),
    Case("1,001 fields", get(*[b"X: y"] * 1000), "431", nginx="400", why="Another word for it."),
    Case(
        "`Connection: Host`",
        get(b"Connection: Host"),
        "200: GET /x",
        why="Nobody can declare away where a request goes, or where it ends.",
    ),
    Case(
        "`Connection: Content-Length`", post(b"Connection: Content-Length", CL), "200: POST /x hello", why="The same."
    ),
    Case(
        "`Connection: Transfer-Encoding`",
        post(b"Connection: Transfer-Encoding", TE, body=HELLO),
        "200: POST /x hello",
        why="The same.",
    ),
    Case(
        "`Connection: Content-Length, Upgrade` and `Upgrade: h2c`",
        post(b"Connection: Content-Length, Upgrade", b"Upgrade: h2c", CL),
        "200: POST /x hello",
        why="The same.",
    ),
    Case(
        "`Expect: 100-continue` with the body at once",
        post(b"Expect: 100-continue", CL),
        "200: POST /x hello",
        nginx="100 200: POST /x hello",
        why="Who does not wait need not be asked.",
    ),
    Case(
        "`Expect: nonsense`",
        post(b"Expect: nonsense", CL),
        "417",
        nginx="200: POST /x hello",
        why="As RFC 9110 (10.1.1) proposes; nginx does not look.",
    ),
    Case(
        "`Upgrade: h2c`",
        get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMA"),
        "200: GET /x",
        why="Ignored (RFC 9110, 7.8), in HTTP/1.1.",
    ),
    Case(
        "`Upgrade: h2c` with a body",
        post(b"Connection: Upgrade", b"Upgrade: h2c", CL),
        "200: POST /x hello",
        why="The same: the body is a body.",
    ),
    Case(
        "`Upgrade: websocket` with a body",
        post(b"Connection: Upgrade", b"Upgrade: websocket", CL),
        "200: POST /x hello",
        why="An upgrade is a `GET` without a body; this is an ordinary request.",
    ),
    Case(
        "`Upgrade: websocket` in a `GET` with a body",
        post(b"Connection: Upgrade", b"Upgrade: websocket", CL).replace(b"POST", b"GET", 1),
        "200: GET /x hello",
        why="The same.",
    ),
    Case("`Upgrade` without `Connection`", get(b"Upgrade: websocket"), "200: GET /x"),
)
GROUPS: dict[str, tuple[Case, ...]] = {
    "Lengths": LENGTHS,
    "Transfer codings": CODINGS,
    "Chunks": CHUNKS,
    "Line ends": LINES,
    "The first line": STARTS,
    "Targets": TARGETS,
    "Fields": FIELDS,
}
