"""The top level of the file (spec config 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from modelyard.config.document.access import ApiKeyEntry
from modelyard.config.document.base import Duration, Seconds, Section, Size
from modelyard.config.document.model import MacroValue, ModelEntry
from modelyard.config.document.names import PeerEntry, ProfileEntry, SelectorEntry
from modelyard.config.document.routing import GroupEntry, MatrixEntry, Routing


class Store(Section, frozen=True, kw_only=True):
    """Where the record of requests is kept."""

    path: Annotated[str, Meta(description="A SQLite file; its folder must exist.")] = ""
    keep_days: Annotated[
        int, Meta(ge=0, description="Days that the record of a request stays in the file; 0 = for ever. (Ours.)")
    ] = 0
    keep_megabytes: Annotated[
        int,
        Meta(
            ge=0,
            description="How much of the file records may use, in millions of bytes; beyond it the oldest go. The file "
            "itself does not shrink. 0 = no bound. (Ours.)",
        ),
    ] = 0
    captures: Annotated[
        bool,
        Meta(
            description="Keep what was said in requests in the file, too, up to `captureBuffer` megabytes, so that it "
            "is there after a restart. The file is then closed to other users. (Ours.)"
        ),
    ] = False


class Activity(Section, frozen=True, kw_only=True):
    """How the record of requests is shown."""

    session_id: Annotated[
        tuple[str, ...], Meta(description="Request headers that name a session; [] looks for none.")
    ] = field(default=("X-Session-ID", "X-Litellm-Session-Id"), name="session_id")


class Ui(Section, frozen=True, kw_only=True):
    """The web page."""

    activity: Annotated[Activity, Meta(description="The record of requests.")] = field(default_factory=Activity)
    edit_config: Annotated[
        bool,
        Meta(
            description="Let whoever has an admin key read and change the configuration's files over HTTP. Without "
            "`apiKeys` nobody may. (Ours.)"
        ),
    ] = False


class Performance(Section, frozen=True, kw_only=True):
    """The machine's statistics."""

    disabled: Annotated[bool, Meta(description="Take none.")] = False
    every: Annotated[Duration, Meta(description="How often; 5 s at least. 0 means the default.")] = 5.0


class OnStartup(Section, frozen=True, kw_only=True):
    """What happens at the start, and after a reload."""

    preload: Annotated[tuple[str, ...], Meta(description="Models to load.")] = ()


class Hooks(Section, frozen=True, kw_only=True):
    """What happens by itself."""

    on_startup: Annotated[OnStartup, Meta(description="At the start, and after a reload.")] = field(
        default_factory=OnStartup, name="on_startup"
    )


class Upstream(Section, frozen=True, kw_only=True):
    """The pages of the models' own servers, under `/upstream/`."""

    ignore_paths: Annotated[
        tuple[str, ...],
        Meta(description="RE2 patterns: a matching path starts no model. An empty list means the default."),
    ] = ()


class Document(Section, frozen=True, kw_only=True):
    """A configuration of Modelyard."""

    models: Annotated[Mapping[str, ModelEntry], Meta(description="The models, by id.")] = field(default_factory=dict)
    macros: Annotated[
        Mapping[str, MacroValue],
        Meta(description="Texts and numbers for use as `${NAME}`; one may use those above it."),
    ] = field(default_factory=dict)
    routing: Annotated[Routing, Meta(description="What may run together, and whose turn it is.")] = field(
        default_factory=Routing
    )
    groups: Annotated[
        Mapping[str, GroupEntry], Meta(description="The older place of `routing.router.settings.groups`.")
    ] = field(default_factory=dict)
    matrix: Annotated[MatrixEntry | None, Meta(description="The older place of `routing.router.settings.matrix`.")] = (
        None
    )
    selectors: Annotated[Mapping[str, SelectorEntry], Meta(description="Virtual models.")] = field(default_factory=dict)
    profiles: Annotated[Mapping[str, ProfileEntry], Meta(description="Sets of names to switch on as one.")] = field(
        default_factory=dict
    )
    peers: Annotated[Mapping[str, PeerEntry], Meta(description="Remote servers.")] = field(default_factory=dict)
    state_dir: Annotated[
        str,
        Meta(
            description="The directory for what must survive a crash; read at the start only. Default: "
            "`$XDG_STATE_HOME/modelyard`, else `~/.local/state/modelyard`. (Ours.)"
        ),
    ] = ""
    health_check_timeout: Annotated[
        Seconds, Meta(description="How long a model may take to become ready; 15 at least.")
    ] = 120
    global_ttl: Annotated[Seconds, Meta(ge=0, description="The `ttl` of models that do not say. 0: never unload.")] = (
        field(default=0, name="globalTTL")
    )
    unload_timeout: Annotated[
        Seconds, Meta(ge=0, description="How long a model may take to stop before it is killed. 0 means the default.")
    ] = 10
    start_port: Annotated[int, Meta(ge=1, description="The first port to hand out as `${PORT}`.")] = 5800
    send_loading_state: Annotated[bool, Meta(description="Tell streaming clients that a model is loading.")] = False
    heartbeat: Annotated[
        Seconds,
        Meta(
            ge=0,
            description="How often clients that stream get a comment while they wait for a model, so that nobody in "
            "between takes the connection for dead. It begins the answer. 0: never. (Ours.)",
        ),
    ] = 0
    max_body: Annotated[
        Size,
        Meta(
            description="The largest body of a request, in bytes or as in `2GB`; larger ones get 413. 0: any. (Ours.)"
        ),
    ] = 0
    include_aliases_in_list: Annotated[bool, Meta(description="List aliases in `/v1/models`.")] = False
    api_keys: Annotated[
        tuple[str | ApiKeyEntry, ...], Meta(description="Keys that clients must show one of; none: open to everybody.")
    ] = ()
    hooks: Annotated[Hooks, Meta(description="What happens by itself.")] = field(default_factory=Hooks)
    upstream: Annotated[Upstream, Meta(description="The pages of the models' own servers.")] = field(
        default_factory=Upstream
    )
    log_level: Annotated[
        str,
        Meta(
            description="Least level of our own lines: `debug`, `info`, `warn`, `error`.",
            extra_json_schema={"examples": ["debug", "info", "warn", "error"]},
        ),
    ] = "info"
    log_format: Annotated[
        Literal["text", "json"],
        Meta(
            description="`json`: each of our own lines is an object, with its time; requests have ids then, which are "
            "taken from and answered in `X-Request-Id` and told to the engines. (Ours.)"
        ),
    ] = "text"
    log_time_format: Annotated[
        str, Meta(description="How lines show the time, `rfc3339` for example; nothing: not at all.")
    ] = ""
    log_to_stdout: Annotated[
        str,
        Meta(
            description="What is printed: `proxy` (our lines), `upstream` (the models'), `both`, `none`.",
            extra_json_schema={"enum": ["proxy", "upstream", "both", "none"]},
        ),
    ] = "proxy"
    log_requests: Annotated[bool, Meta(description="Accepted, without effect: an old key.")] = False
    metrics_max_in_memory: Annotated[
        int, Meta(description="Rows of the record of requests when it is kept in memory.", extra={"unit": "rows"})
    ] = 1000
    record_requests: Annotated[
        bool,
        Meta(
            description="Keep a record of each request: model, times, tokens, what was said, and the metrics of "
            "requests. Without it forwarding is quicker. (Ours.)"
        ),
    ] = True
    capture_buffer: Annotated[
        int, Meta(description="Megabytes of captured bodies to keep; 0: none.", extra={"unit": "megabytes"})
    ] = 5
    store: Annotated[Store | None, Meta(description="Where the record of requests is kept; nothing: in memory.")] = None
    ui: Annotated[Ui, Meta(description="The web page.")] = field(default_factory=Ui)
    performance: Annotated[Performance, Meta(description="The machine's statistics.")] = field(
        default_factory=Performance
    )
