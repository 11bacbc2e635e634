"""One table, as data: which paths are inference, what each one's clients expect, and what is kept of their requests.

Where a request names its model follows from its method and its content type, not from its path (spec http 4): a GET
in its query, anything else in its body, which may be JSON or a form. Paths that carry the name themselves, such as
`/upstream/MODEL/…`, are no part of the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Dialect(StrEnum):
    """In which shape a route's clients expect errors."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


@dataclass(frozen=True, slots=True)
class Kept:
    """Which bodies of an exchange are worth capturing (spec http 18). Heads always are."""

    request_body: bool = True
    response_body: bool = True


_ALL = Kept()
_NOT_SENT = Kept(request_body=False)
"""What is uploaded is large and no text."""
_NOT_RETURNED = Kept(response_body=False)
"""What comes back is large and no text."""
_HEADS = Kept(request_body=False, response_body=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One inference route. `upstream_path` is what the engine is asked for, where it differs from the client's."""

    path: str
    dialect: Dialect = Dialect.OPENAI
    upstream_path: str = ""
    kept: Kept = _ALL
    ours: bool = False
    """Whether it is no route of the spec."""
    forwarded_path: bytes = field(init=False)
    """The path the engine gets."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "forwarded_path", (self.upstream_path or self.path).encode())

    @property
    def shows_loading(self) -> bool:
        """Whether a streamed request may be told that its model loads (spec http 19)."""
        return self.forwarded_path.startswith(b"/v1/chat/completions")


_JSON_PATHS = (
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/rerank",
    "/v1/reranking",
    "/rerank",
    "/reranking",
    "/infill",
    "/completion",
)
_OUR_PATHS = (
    "/v1/moderations",
    "/v1/score",
    "/classify",
    "/pooling",
    "/tokenize",
    "/detokenize",
    "/apply-template",
)
"""Of llama.cpp and vLLM: no routes of the spec, and missed by their users."""
_ANTHROPIC_PATHS = ("/v1/messages", "/v1/messages/count_tokens")
_VERSIONLESS = ("chat/completions", "responses", "completions", "embeddings", "rerank", "reranking")
_VERSIONLESS_ANTHROPIC = ("messages", "messages/count_tokens")

_MEDIA = (
    Endpoint("/v1/audio/speech", kept=_NOT_RETURNED),
    Endpoint("/v1/audio/voices", kept=_NOT_SENT),
    Endpoint("/v1/audio/transcriptions", kept=_NOT_SENT),
    Endpoint("/v1/audio/translations", kept=_NOT_SENT, ours=True),
    Endpoint("/v1/images/generations", kept=_NOT_RETURNED),
    Endpoint("/v1/images/edits", kept=_HEADS),
    Endpoint("/v1/images/variations", kept=_HEADS, ours=True),
    Endpoint("/sdapi/v1/txt2img", kept=_NOT_RETURNED),
    Endpoint("/sdapi/v1/img2img", kept=_HEADS),
    Endpoint("/audioapi/v1/tasks/run", upstream_path="/v1/tasks/run"),
)

_QUERY_PATHS = ("/v1/audio/voices", "/sdapi/v1/loras", "/props")
_OUR_QUERY_PATHS = ("/slots", "/v1/realtime")
"""The slots of llama.cpp; and the WebSocket that voices talk through, whose model is in its query."""


def _table(*endpoints: Endpoint) -> dict[bytes, Endpoint]:
    return {endpoint.path.encode(): endpoint for endpoint in endpoints}


POST_ENDPOINTS: dict[bytes, Endpoint] = _table(
    *(Endpoint(path) for path in _JSON_PATHS),
    *(Endpoint(path, ours=True) for path in _OUR_PATHS),
    *(Endpoint(path, Dialect.ANTHROPIC) for path in _ANTHROPIC_PATHS),
    *(Endpoint(f"/v/{path}", upstream_path=f"/{path}") for path in _VERSIONLESS),
    *(Endpoint(f"/v/{path}", Dialect.ANTHROPIC, f"/{path}") for path in _VERSIONLESS_ANTHROPIC),
    *_MEDIA,
)
"""Routes that are POSTed to; the model is in the body, or else in the query (spec http 2, 4)."""

GET_ENDPOINTS: dict[bytes, Endpoint] = _table(
    *(Endpoint(path) for path in _QUERY_PATHS),
    *(Endpoint(path, ours=True) for path in _OUR_QUERY_PATHS),
)
"""Routes that are read; the model is in the query (spec http 4)."""


def allowed_methods(path: bytes) -> str:
    """The value of `Allow` for an inference path, empty where the path is none (spec http 2)."""
    methods = ["GET, HEAD"] if path in GET_ENDPOINTS else []
    if path in POST_ENDPOINTS:
        methods.append("POST")
    return ", ".join(methods)


def leaves_traces(method: bytes, path: bytes) -> bool:
    """Whether what is asked for below `/upstream/MODEL` is shown among the requests in flight, and recorded where it
    is POSTed (spec http 10): as long as it is a route of the spec."""
    endpoint = GET_ENDPOINTS.get(path)
    if endpoint is None and method == b"POST":
        endpoint = POST_ENDPOINTS.get(path)
    return endpoint is not None and not endpoint.ours and method in (b"GET", b"POST")
