"""What a client sends, read as requests: heads parsed by llhttp in strict mode, bodies handed on as they come.

Only heads are buffered here. What llhttp lets through and we refuse: a missing, double or impossible Host, transfer
codings other than `chunked`, HTTP/1.0 with any, versions other than 1.0 and 1.1, targets that are no path. What comes
after the head is no header (trailers are dropped). docs/malformed-requests.md shows what becomes of which input.
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import httptools

from modelyard.runtime.http.body import Body
from modelyard.runtime.http.request import Request
from modelyard.wire import errors
from modelyard.wire import headers as wire_headers
from modelyard.wire.endpoints import POST_ENDPOINTS, Dialect
from modelyard.wire.headers import Header
from modelyard.wire.heads import MISSES, HeadPattern, RequestHead

if TYPE_CHECKING:
    from modelyard.runtime.http.connection import EdgeConnection
    from modelyard.runtime.http.edge import Edge

MAX_HEAD = 64 * 1024
"""Bytes of a request line and headers together."""
MAX_HEADERS = 1000
CLOSER_LOOK = 4000
"""A read of at most so many bytes can't hold too large a head, or too many fields."""


class Refusal(NamedTuple):
    """What a client hears whose bytes are not read any further."""

    status: int
    words: bytes
    content_type: bytes = b"text/plain; charset=utf-8"
    message: str = ""
    """The words for people, where `words` are for programs."""

    @property
    def reason(self) -> str:
        """In words, on one line."""
        return self.message or self.words.decode().strip()


NOTHING_MORE = Refusal(0, b"")
"""The refusal of whatever comes behind the last answer: it is not read."""
NOT_HTTP = Refusal(400, b"the request is not valid HTTP/1.1\n")
ONE_HOST = Refusal(400, b"a request needs exactly one Host header\n")
BAD_HOST = Refusal(400, b"the Host header is no name or address, with or without a port\n")
NO_PATH = Refusal(400, b"the request target must be a path\n")
FRAGMENT = Refusal(400, b"the request target must not have a fragment\n")
OLD_CODING = Refusal(400, b"HTTP/1.0 knows no Transfer-Encoding\n")
NO_TUNNEL = Refusal(405, b"CONNECT is not supported\n")
NO_EXPECTATION = Refusal(417, b"the only expectation that can be met is 100-continue\n")
TOO_LARGE = Refusal(431, b"the request's head has more than 64 KiB or 1000 fields\n")
NO_CODING = Refusal(501, b"the only Transfer-Encoding that is supported is chunked\n")
NO_VERSION = Refusal(505, b"HTTP/1.1 and HTTP/1.0 are spoken here\n")

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Za-z:.%_~-]+\])(?::[0-9]*)?")
"""RFC 9110 section 7.2, RFC 3986 section 3.2.2; a user is no part of it."""


class RequestReader:
    """Reads the requests of one connection, in order."""

    def __init__(self, edge: Edge, connection: EdgeConnection) -> None:
        self._edge = edge
        self._connection = connection
        self._parser = httptools.HttpRequestParser(self)
        self.queue: deque[Request] = deque()
        """What was read, its body perhaps not to the end, and not handed on yet."""
        self.refusal: Refusal | None = None
        """Why nothing more is read."""
        self.known: tuple[HeadPattern, RequestHead] | None = None
        """The head of the request before, while the parser stands between two requests."""
        self.upgrading = False
        """Whether what comes now is another protocol's, unless the upgrade is declined."""
        self.early = b""
        """What came so far behind the head of the upgrade."""
        self.expects_continue = False
        self.in_head = False
        self.parsing: Request | None = None
        """The request whose body is being read."""
        self._completed: list[Body] = []
        self._misses = 0
        self._target = b""
        self._headers: list[Header] = []
        self._head_size = 0
        self._body_seen = 0
        self._look_closer = False
        self._is_usual = False
        """Whether the next head is known to be one of HTTP/1.1, without asking the parser, which takes its time."""

    def __repr__(self) -> str:
        return f"<RequestReader queued={len(self.queue)} parsing={self.parsing} refusal={self.refusal}>"

    def close(self) -> None:
        """Nothing more will be read. The parser and the connection hold us, too."""
        del self._parser
        del self._connection

    # ---------------------------------------------------------------- a head that is known

    def read_known(self, data: bytes) -> Request | None:
        """A whole request whose head is the one before: what the parser would say of it is known. None: it is not."""
        assert self.known is not None
        pattern, head = self.known
        whole = pattern.body_of(data)
        budget = self._edge.budget
        if whole is None or (budget.largest is not None and len(whole) > budget.largest):
            return None
        self._misses = 0
        head = head.of_length(len(whole))
        return Request(self._connection, head, Body(budget, whole), self._edge.clock.now())

    def forget_known(self) -> None:
        """Another head came, or this one at a time when it could not be taken."""
        self.known = None
        self._misses += 1

    def _get_to_know(self, request: Request, data: bytes) -> None:
        """Remember the head if the next request may have the same: `data` brought the whole request and no more."""
        head, fields = request.head, request.fields
        if not head.keep_alive or b"upgrade" in fields or b"expect" in fields:
            return
        pattern = HeadPattern.of(data, request.body.size, b"%b %b HTTP/1.1\r\n" % (request.method, self._target))
        if pattern is not None:
            self.known = (pattern, head)

    # ---------------------------------------------------------------- reading

    def read(self, data: bytes) -> None:
        """Read on. New requests are in `queue`; bodies that are complete have been told so."""
        begins = self.parsing is None and not self.in_head
        # Seldom so, and then worth a closer look at the head: it is long, or comes in pieces.
        self._look_closer = self.in_head or len(data) > CLOSER_LOOK
        if begins:
            line_end = data.find(b"\r\n")
            self._is_usual = data[line_end - 9 : line_end] == b" HTTP/1.1"
            if not self._is_usual and _is_other_protocol(data):
                self.refuse(NO_VERSION)
                return
        self._parse(data)
        if self._completed:
            if begins and self._misses < MISSES and self.queue and self.queue[-1].body is self._completed[0]:
                self._get_to_know(self.queue[-1], data)
            for body in self._completed:
                body.finish()
            self._completed.clear()
        if self.parsing is not None or self.in_head:
            self._note_unfinished(len(data))

    def _parse(self, data: bytes) -> None:
        rest: bytes | memoryview = data
        try:
            while rest:
                try:
                    self._parser.feed_data(rest)
                    return
                except httptools.HttpParserUpgrade as upgrade:
                    rest = memoryview(rest)[upgrade.args[0] :]  # no copies, however many upgrades one read brings
                    if not self._goes_on_without_upgrade(rest):
                        return
        except httptools.HttpParserError:
            self.refuse(NOT_HTTP)

    def _note_unfinished(self, received: int) -> None:
        """A head or a body goes on in the next read. What is read for a body but is none counts as head, too."""
        if self.parsing is not None and self.parsing.body.size > self._body_seen:
            self._connection.idle_since = self._edge.clock.now()
            self._body_seen = self.parsing.body.size
            self._head_size = 0
            self.parsing.body.hold()
            return
        if not self._head_size:  # a head that comes byte by byte gets no more time than one that does not come
            self._connection.idle_since = self._edge.clock.now()
        self._head_size += received
        if self._head_size > MAX_HEAD:
            self.refuse(TOO_LARGE)

    def refuse(self, refusal: Refusal) -> None:
        """Read no further. Requests that were read are answered first; one whose body was still to come never is."""
        if self.refusal is None:
            self.refusal = refusal
            broken, self.parsing = self.parsing, None
            if broken is not None:
                self._connection.give_up(broken, refusal.status)

    def forget_queue(self) -> None:
        """Nobody will answer what was read and not handed on."""
        for request in self.queue:
            request.body.detach()
            request.body.release()
        self.queue.clear()

    # ---------------------------------------------------------------- upgrades

    def _goes_on_without_upgrade(self, rest: memoryview) -> bool:
        """Whether what follows the head of an upgrade is to be parsed, as if none had been asked for.

        llhttp stops at any `Upgrade`, and at CONNECT, and takes what follows the head for another protocol's bytes.

        A WebSocket's bytes wait for their tunnel. Anything else (h2c) is ignored, as RFC 9110 section 7.8 allows:
        the request is parsed again without the header. So is a WebSocket's that is no GET or has a body (RFC 6455
        section 4.1): to take a body for early bytes, and then for requests, would be smuggling.
        """
        if self.refusal is not None:
            return False
        request = self.queue[-1]
        if request.method == b"GET" and not _has_body(request) and wire_headers.is_websocket_upgrade(request.headers):
            self.upgrading = True
            self.early = bytes(rest)
            return False
        self.queue.pop()
        self._completed.remove(request.body)
        if request.method == b"CONNECT":
            self.refuse(NO_TUNNEL)
            return False
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(wire_headers.head_without_upgrade(request.method, request.head.target, request.headers))
        return True

    def upgrade_declined(self) -> bytes:
        """What came behind the head of the upgrade are requests; they are returned, to be read."""
        self.upgrading = False
        self._parser = httptools.HttpRequestParser(self)
        early, self.early = self.early, b""
        return early

    # ---------------------------------------------------------------- parser

    def on_url(self, url: bytes) -> None:
        """httptools: (a piece of) the request's target, which begins the request."""
        if self.in_head:
            self._target += url
        else:
            self.in_head = True
            self._target = url
            self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header; after the head it is a trailer, which nobody reads."""
        self._headers.append((name.lower(), name, value))

    def on_headers_complete(self) -> None:
        """httptools: the head is complete."""
        self.in_head = False
        self._head_size = self._body_seen = 0
        headers, self._headers = self._headers, []
        if self.refusal is not None:
            return
        parser = self._parser
        method, target = parser.get_method(), self._target
        version = "1.1" if self._is_usual else parser.get_http_version()
        self._is_usual = False
        if not target.startswith(b"/"):
            target = self._path_of(method, target, headers)
        elif b"#" in target:
            self.refuse(FRAGMENT)
        head = RequestHead(method, target, headers, http10=version == "1.0", keep_alive=parser.should_keep_alive())
        if version not in ("1.1", "1.0"):
            self.refuse(NO_VERSION)
        self._check_head(head)
        if self.refusal is None:
            connection, edge = self._connection, self._edge
            request = self.parsing = Request(connection, head, Body(edge.budget), edge.clock.now())
            self.queue.append(request)

    def on_body(self, data: bytes) -> None:
        """httptools: a piece of the body."""
        if self.parsing is not None:
            body = self.parsing.body
            body.feed(data)
            largest = self._edge.budget.largest
            if largest is not None and body.size > largest:
                self.refuse(_too_large(self.parsing.head, largest))

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        if self.parsing is not None:
            self._completed.append(self.parsing.body)
            self.parsing = None

    def _check_head(self, head: RequestHead) -> None:
        """What llhttp lets through and we refuse, and what needs care."""
        fields, headers, largest = head.fields, head.headers, self._edge.budget.largest
        host = fields.get(b"host")
        if host is None:
            if not head.http10:
                self.refuse(ONE_HOST)
        elif not _is_host(host):
            self.refuse(BAD_HOST)
        if len(fields) != len(headers) and sum(lower == b"host" for lower, _, _ in headers) > 1:
            self.refuse(ONE_HOST)
        if self._look_closer and (len(headers) > MAX_HEADERS or _size(head) > MAX_HEAD):
            self.refuse(TOO_LARGE)
        if b"transfer-encoding" in fields:
            self._check_coding(head)
        elif largest is not None and int(fields.get(b"content-length", b"0")) > largest:
            self.refuse(_too_large(head, largest))
        self.expects_continue = False
        if b"expect" in fields and not head.http10:
            self.expects_continue = fields[b"expect"].strip().lower() == b"100-continue"
            if not self.expects_continue:
                self.refuse(NO_EXPECTATION)

    def _check_coding(self, head: RequestHead) -> None:
        """llhttp wants `chunked` to be the last of the codings, and drops the others: then the body is not what it was.

        Of several fields the first one decides, since llhttp refuses whatever comes behind `chunked`.
        """
        if head.http10:
            self.refuse(OLD_CODING)
        elif head.fields[b"transfer-encoding"].strip().lower() != b"chunked":
            self.refuse(NO_CODING)

    def _path_of(self, method: bytes, target: bytes, headers: list[Header]) -> bytes:
        """The path of a target that is no path by itself: a whole URL (RFC 9112 section 3.2.2), or `*` for OPTIONS.

        The host of a URL counts, and not the one of the header.
        """
        if target == b"*" and method == b"OPTIONS":
            return target
        scheme, separator, rest = target.partition(b"://")
        authority, _, path = rest.partition(b"/")
        if not separator or scheme.lower() not in (b"http", b"https") or b"?" in authority or b"#" in target:
            self.refuse(NO_PATH)
        for index, (lower, name, _) in enumerate(headers):
            if lower == b"host":
                headers[index] = (lower, name, authority)
        return b"/" + path


@lru_cache(maxsize=256)
def _is_host(value: bytes) -> bool:
    """Whether a Host header can have this value. A server is called by few names, so they are remembered."""
    return _HOST.fullmatch(value) is not None


def _too_large(head: RequestHead, largest: int) -> Refusal:
    """The answer to a body that is larger than `maxBody`, as the clients of the route know errors."""
    endpoint = POST_ENDPOINTS.get(head.path)
    dialect = Dialect.OPENAI if endpoint is None else endpoint.dialect
    error = errors.over_max_body(largest)
    return Refusal(error.status, errors.json_body(error, dialect), b"application/json", error.message)


def _is_other_protocol(data: bytes) -> bool:
    """Whether a request that begins with `data` is one of RTSP or of ICE, which llhttp takes as well."""
    line = data.lstrip(b"\r\n").partition(b"\r\n")[0]
    return b" RTSP/" in line or b" ICE/" in line


def _has_body(request: Request) -> bool:
    return b"transfer-encoding" in request.fields or request.fields.get(b"content-length", b"0") != b"0"


def _size(head: RequestHead) -> int:
    return len(head.target) + sum(len(name) + len(value) for _, name, value in head.headers)
