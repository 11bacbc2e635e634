"""`selectors`, `profiles`, `peers`: names that lead elsewhere (spec config 19, 20, 21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from modelyard.config.document.base import FreeForm, Seconds, Section
from modelyard.config.document.model import Filters, Timeouts


class SelectorSettings(Section, frozen=True, kw_only=True):
    """Settings of the strategies."""

    spillover: Annotated[
        int,
        Meta(description="Strategy `spillover`: requests on each running target before the next one is started."),
    ] = 1


class SelectorEntry(Section, frozen=True, kw_only=True):
    """A virtual model: its requests go to one of its targets. The key is its name."""

    strategy: Annotated[
        str,
        Meta(
            description="`pin`: the first target. `warm`: one that runs, else the first. `spillover`: the least busy, "
            "and one more started when all are busy.",
            extra_json_schema={"enum": ["warm", "pin", "spillover"]},
        ),
    ] = ""
    targets: Annotated[tuple[str, ...], Meta(description="Models, aliases, or models of peers.")] = ()
    settings: Annotated[SelectorSettings, Meta(description="Settings of the strategy.")] = field(
        default_factory=SelectorSettings
    )
    name: Annotated[str, Meta(description="A name for people.")] = ""
    description: Annotated[str, Meta(description="A sentence for people.")] = ""
    unlisted: Annotated[bool, Meta(description="Leave it out of `/v1/models`.")] = False
    metadata: Annotated[FreeForm, Meta(description="Anything; shown in `/v1/models`.")] = field(default_factory=dict)


class ProfileEntry(Section, frozen=True, kw_only=True):
    """A set of names that can be switched on as one. The key is its name."""

    description: Annotated[str, Meta(description="A sentence for people.")] = ""
    pins: Annotated[
        Mapping[str, str],
        Meta(description="Name to the model, alias, peer's model or selector that it means; nothing: refused."),
    ] = field(default_factory=dict)


class PeerTimeouts(Timeouts, frozen=True, kw_only=True):
    """How long the connection to the peer may take. Seconds; 0 is no limit."""

    response_header: Annotated[Seconds, Meta(description="From the request to the head of the answer.")] = 60


class PeerEntry(Section, frozen=True, kw_only=True):
    """A remote server that requests are forwarded to, and that is not started. The key is its id."""

    proxy: Annotated[str, Meta(description="Its base URL.", examples=["https://api.example.com"])] = ""
    models: Annotated[tuple[str, ...], Meta(description="The models that it has.")] = ()
    api_key: Annotated[str, Meta(description="Sent as `Authorization: Bearer` and `x-api-key`.")] = ""
    ca_file: Annotated[
        str,
        Meta(
            description="PEM file of the authorities that vouch for it, in place of the system's. (Ours.)",
            examples=["/etc/ssl/our-ca.pem"],
        ),
    ] = ""
    filters: Annotated[Filters, Meta(description="What is changed in its requests.")] = field(default_factory=Filters)
    timeouts: Annotated[PeerTimeouts, Meta(description="Limits of the connection to it.")] = field(
        default_factory=PeerTimeouts
    )
