"""`models.*`: how a model is started, named, filtered and kept (spec config 13, 15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from modelyard.config.document.base import FreeForm, Seconds, Section

MacroValue = str | int | float | bool
Modality = Literal["text", "audio", "image"]


class Timeouts(Section, frozen=True, kw_only=True):
    """How long the connection to the model's server may take. Seconds; 0 is no limit."""

    connect: Annotated[Seconds, Meta(description="Until the connection stands.")] = 30
    keepalive: Annotated[Seconds, Meta(description="Between TCP keep-alive probes.")] = 30
    response_header: Annotated[Seconds, Meta(description="From the request to the head of the answer.")] = 0
    tls_handshake: Annotated[Seconds, Meta(description="For the TLS handshake.")] = 10
    expect_continue: Annotated[Seconds, Meta(description="Until a `100 Continue` is no longer waited for.")] = 1
    idle_conn: Annotated[Seconds, Meta(description="Until an unused connection is closed.")] = 90


class Compat(Section, frozen=True, kw_only=True):
    """Allowances for servers with habits of their own."""

    ignore_websockets: Annotated[
        bool,
        Meta(description="WebSockets neither start the model nor count for swapping, idling and limits."),
    ] = False


class Capabilities(Section, frozen=True, kw_only=True):
    """What the model can do, as `/v1/models` tells it. A block without any of it is as good as none."""

    in_: Annotated[tuple[Modality, ...], Meta(description="What it takes: `text`, `audio`, `image`.")] = field(
        default=(), name="in"
    )
    out: Annotated[tuple[Modality, ...], Meta(description="What it gives: `text`, `audio`, `image`.")] = ()
    tools: Annotated[bool, Meta(description="Whether it calls tools.")] = False
    reranker: Annotated[bool, Meta(description="Whether it ranks documents.")] = False
    context: Annotated[int, Meta(ge=0, description="Tokens that fit into its context.", extra={"unit": "tokens"})] = 0


class Filters(Section, frozen=True, kw_only=True):
    """What is changed in JSON requests before they are forwarded. Keys may be paths: `a.b`, `list.0`."""

    strip_params: Annotated[str, Meta(description="Keys to remove, separated by commas. `model` is never removed.")] = (
        ""
    )
    set_params: Annotated[FreeForm, Meta(description="Keys to set. `model` is never set.")] = field(
        default_factory=dict
    )
    set_params_by_id: Annotated[
        Mapping[str, FreeForm],
        Meta(description="Keys to set when the request used this name. Of a model, each name becomes an alias."),
    ] = field(default_factory=dict, name="setParamsByID")


class ModelFilters(Filters, frozen=True, kw_only=True):
    """The filters of a model."""

    legacy_strip_params: Annotated[
        str, Meta(description="The old spelling of `stripParams`, used where that is empty.")
    ] = field(default="", name="strip_params")


class WarmUpEntry(Section, frozen=True, kw_only=True):
    """A request that the model is sent once its check has passed; it counts as ready when that is answered.

    Whatever the answer is, the model stays. Ours.
    """

    path: Annotated[
        str,
        Meta(
            description="Where a request goes that warms the model up: it counts as ready when that is answered, "
            "whatever the answer is. (Ours.)",
            examples=["/v1/chat/completions"],
        ),
    ] = "/"
    body: Annotated[
        FreeForm | None,
        Meta(
            description="Sent as JSON, by POST; without it the path is asked for by GET. `model` is set where it has "
            "none.",
            examples=[{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}],
        ),
    ] = None
    timeout: Annotated[Seconds, Meta(ge=1, description="How long the answer is waited for.")] = 60


class ModelEntry(Section, frozen=True, kw_only=True):
    """One model: the key is its id."""

    cmd: Annotated[
        str,
        Meta(
            description="The command that serves the model, no shell involved. `${PORT}` is a free port, "
            "`${MODEL_ID}` the id. Lines that begin with # are comments.",
            examples=["llama-server --port ${PORT} -m /models/qwen3-8b.gguf"],
        ),
    ] = ""
    cmd_stop: Annotated[
        str,
        Meta(
            description="Stops the model in place of SIGTERM; `${PID}` is its process.",
            examples=["docker stop ${MODEL_ID}"],
        ),
    ] = ""
    proxy: Annotated[str, Meta(description="Where the command listens.")] = "http://localhost:${PORT}"
    aliases: Annotated[tuple[str, ...], Meta(description="More names for the model.")] = ()
    env: Annotated[
        tuple[str, ...],
        Meta(description="Environment variables of the command, `NAME=value`.", examples=[["CUDA_VISIBLE_DEVICES=0"]]),
    ] = ()
    check_endpoint: Annotated[
        str, Meta(description="The path that answers 200 once the model is ready; `none`: ready at once.")
    ] = "/health"
    ttl: Annotated[
        Seconds, Meta(ge=-1, description="Unload after so long without a request. 0: never; -1: as `globalTTL` says.")
    ] = -1
    unload_timeout: Annotated[
        Seconds, Meta(ge=0, description="How long it may take to stop before it is killed. 0: as at the top level.")
    ] = 0
    unlisted: Annotated[bool, Meta(description="Leave it out of `/v1/models`.")] = False
    use_model_name: Annotated[str, Meta(description="The name that the command expects in `model`.")] = ""
    name: Annotated[str, Meta(description="A name for people.")] = ""
    description: Annotated[str, Meta(description="A sentence for people.")] = ""
    concurrency_limit: Annotated[
        int,
        Meta(
            description="Requests at a time, waiting ones included; more are refused with 429. 0: no such limit.",
            extra={"unit": "requests"},
        ),
    ] = 0
    parallel: Annotated[
        Annotated[int, Meta(ge=1, extra={"unit": "requests"})] | None,
        Meta(
            description="Requests forwarded at a time; the others wait in line. Default: `concurrencyLimit` where "
            "that is given, else 10. (Ours.)",
        ),
    ] = None
    queue_limit: Annotated[
        int,
        Meta(
            description="Requests that may wait for the model; more are refused with 429. (Ours.)",
            ge=0,
            extra={"unit": "requests"},
        ),
    ] = 512
    start_timeout: Annotated[
        Annotated[int, Meta(ge=1, extra={"unit": "seconds"})] | None,
        Meta(description="How long it may take to become ready. Default: as `healthCheckTimeout` says. (Ours.)"),
    ] = None
    start_progress: Annotated[
        bool,
        Meta(
            description="The time to become ready counts anew from each line of its log that is not a repetition: for "
            "downloads, and loads of unknown length. (Ours.)"
        ),
    ] = False
    warmup: Annotated[
        WarmUpEntry | None,
        Meta(description="A request that it must have answered before it counts as ready. (Ours.)"),
    ] = None
    busy_timeout: Annotated[
        Seconds,
        Meta(
            ge=0,
            description="Kill it when it has sent nothing to anybody for so long although a request was there to be "
            "answered. 0: never. (Ours.)",
        ),
    ] = 0
    port_check: Annotated[
        bool,
        Meta(
            description="Start it only when nobody else listens on its port. Off for servers that may run already. "
            "(Ours.)"
        ),
    ] = True
    keep_descendants: Annotated[
        bool,
        Meta(
            description="The command may end (with status 0) while what it started serves on, until `cmdStop`. (Ours.)"
        ),
    ] = False
    evictable: Annotated[
        Literal["always", "idle", "never"],
        Meta(
            description="Whether other models may take its place. `idle`: only once its `ttl` is over, or it is "
            "unloaded; they wait. `never`: requests that would need its place are refused with 409. (Ours.)"
        ),
    ] = "always"
    filters: Annotated[ModelFilters, Meta(description="What is changed in its requests.")] = field(
        default_factory=ModelFilters
    )
    macros: Annotated[
        Mapping[str, MacroValue],
        Meta(description="Macros of this model; one that the top level has too takes its place."),
    ] = field(default_factory=dict)
    metadata: Annotated[FreeForm | None, Meta(description="Anything; shown in `/v1/models`.")] = None
    send_loading_state: Annotated[
        bool | None, Meta(description="Tell streaming clients that the model is loading. Default: as at the top level.")
    ] = None
    heartbeat: Annotated[
        Annotated[int, Meta(ge=0, extra={"unit": "seconds"})] | None,
        Meta(
            description="How often clients that stream get a comment while they wait for the model. 0: never. Default: "
            "as at the top level. (Ours.)"
        ),
    ] = None
    capture: Annotated[
        bool, Meta(description="Whether what is said with it may be captured (`captureBuffer`). (Ours.)")
    ] = True
    timeouts: Annotated[Timeouts, Meta(description="Limits of the connection to it.")] = field(default_factory=Timeouts)
    compat: Annotated[Compat, Meta(description="Allowances for its server.")] = field(default_factory=Compat)
    capabilities: Annotated[Capabilities, Meta(description="What it can do, for clients that ask.")] = field(
        default_factory=Capabilities
    )
    health_check_timeout: Annotated[
        Seconds | None, Meta(description="Read and overruled by the key of the same name at the top level.")
    ] = None
