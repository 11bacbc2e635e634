"""One table, as data: which paths are inference, where each names its model, and in which dialect it errs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Dialect(StrEnum):
    """In which shape a route's clients expect errors."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One inference route. `upstream_path` is what the engine is asked for, where it differs from the client's."""

    path: str
    dialect: Dialect = Dialect.OPENAI
    upstream_path: str = ""
    forwarded_path: bytes = field(init=False)
    """The path the engine gets."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "forwarded_path", (self.upstream_path or self.path).encode())


_JSON_PATHS = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/rerank",
    "/v1/reranking",
    "/rerank",
    "/reranking",
    "/completion",
    "/infill",
)
_ANTHROPIC_PATHS = ("/v1/messages", "/v1/messages/count_tokens")
_VERSIONLESS = ("chat/completions", "completions", "responses", "embeddings", "rerank", "reranking")
_VERSIONLESS_ANTHROPIC = ("messages", "messages/count_tokens")
_QUERY_PATHS = ("/props", "/v1/audio/voices")


def _table(endpoints: list[Endpoint]) -> dict[bytes, Endpoint]:
    return {endpoint.path.encode(): endpoint for endpoint in endpoints}


POST_ENDPOINTS: dict[bytes, Endpoint] = _table(
    [Endpoint(path) for path in _JSON_PATHS]
    + [Endpoint(path, Dialect.ANTHROPIC) for path in _ANTHROPIC_PATHS]
    + [Endpoint(f"/v/{path}", upstream_path=f"/{path}") for path in _VERSIONLESS]
    + [Endpoint(f"/v/{path}", Dialect.ANTHROPIC, f"/{path}") for path in _VERSIONLESS_ANTHROPIC]
)
"""Routes that are POSTed to; the model is in the body (spec http 4)."""

GET_ENDPOINTS: dict[bytes, Endpoint] = _table([Endpoint(path) for path in _QUERY_PATHS])
"""Routes that are read; the model is in the query (spec http 4)."""


def allowed_methods(path: bytes) -> str:
    """The value of `Allow` for an inference path, empty where the path is none (spec http 2)."""
    methods = ["GET, HEAD"] if path in GET_ENDPOINTS else []
    if path in POST_ENDPOINTS:
        methods.append("POST")
    return ", ".join(methods)
