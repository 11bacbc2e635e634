"""`apiKeys`: who may do what (spec config 12.2; the form with rights is ours)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from modelyard.config.document.base import Section

RouteClass = Literal["inference", "admin", "logs"]
ALL_ROUTES: tuple[RouteClass, ...] = ("inference", "admin", "logs")


class ApiKeyEntry(Section, frozen=True, kw_only=True):
    """A key with a name and bounds. A key that is only a text may do everything."""

    key: Annotated[str, Meta(description="The key itself.", examples=["${env.TEAM_KEY}"])] = ""
    key_hash: Annotated[
        str,
        Meta(
            description="In place of `key`: `sha256:` and the digest of the key, so that the file holds no secret.",
            examples=["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        ),
    ] = ""
    name: Annotated[str, Meta(description="Who has it; told in place of the key.")] = ""
    models: Annotated[
        tuple[str, ...],
        Meta(description="Models that it may use, `*` and `?` stand for anything. Nothing: all.", examples=[["qwen*"]]),
    ] = ()
    routes: Annotated[
        tuple[RouteClass, ...],
        Meta(description="What it opens: `inference`; `admin`, models, profiles and pages; `logs`, all that was said."),
    ] = ("inference",)
    capture: Annotated[bool, Meta(description="Whether what is said with it may be captured (`captureBuffer`).")] = True
    max_concurrent: Annotated[
        int, Meta(ge=0, description="Requests at a time, waiting ones included. 0: any.", extra={"unit": "requests"})
    ] = 0
    priority: Annotated[
        int | None, Meta(description="Priority of its requests in the line, in place of the model's.")
    ] = None
