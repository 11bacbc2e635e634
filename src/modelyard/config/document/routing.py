"""`routing`, `groups`, `matrix`: what may run together, and whose turn it is (spec config 16, 17, 18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from modelyard.config.document.base import Seconds, Section


class GroupEntry(Section, frozen=True, kw_only=True):
    """A group of models. The key is its name. Models in no group share one that has the defaults."""

    swap: Annotated[bool, Meta(description="Its members take turns: one runs at a time.")] = True
    exclusive: Annotated[bool, Meta(description="Starting a member stops the models of other groups.")] = True
    persistent: Annotated[bool, Meta(description="Other groups can't stop its members.")] = False
    members: Annotated[tuple[str, ...], Meta(description="Models; a model is in one group, once.")] = ()


class MatrixEntry(Section, frozen=True, kw_only=True):
    """Which models may run together, as expressions."""

    vars: Annotated[
        Mapping[str, str],
        Meta(description="Short names for models, for use in the expressions.", examples=[{"q": "qwen3-8b"}]),
    ] = field(default_factory=dict)
    evict_costs: Annotated[
        Mapping[str, int], Meta(description="How bad it is to stop a model, 1 or more; others cost 1.")
    ] = field(default_factory=dict, name="evict_costs")
    sets: Annotated[
        Mapping[str, str],
        Meta(
            description="Combinations: `&` together, `|` or, `( )`, `+name` another set.",
            examples=[{"chat": "q & (coder | vision)"}],
        ),
    ] = field(default_factory=dict)


class RouterSettings(Section, frozen=True, kw_only=True):
    """Settings of the routers."""

    groups: Annotated[Mapping[str, GroupEntry], Meta(description="Settings of the router `group`.")] = field(
        default_factory=dict
    )
    matrix: Annotated[MatrixEntry | None, Meta(description="Settings of the router `matrix`.")] = None


class Router(Section, frozen=True, kw_only=True):
    """The policy that says which models go when another one is wanted."""

    use: Annotated[
        str,
        Meta(
            description="Which one: `group` (the default), `matrix`, or one that another package provides.",
            extra_json_schema={"examples": ["group", "matrix"]},
        ),
    ] = ""
    settings: Annotated[RouterSettings, Meta(description="Settings of each.")] = field(default_factory=RouterSettings)


class Fifo(Section, frozen=True, kw_only=True):
    """First come, first served, among requests of equal priority."""

    priority: Annotated[Mapping[str, int], Meta(description="Model to priority; higher goes first, default 0.")] = (
        field(default_factory=dict)
    )
    max_wait: Annotated[
        Seconds,
        Meta(
            ge=0, description="A request that waited so long makes its model the next, whatever else. 0: never. (Ours.)"
        ),
    ] = 300
    min_residency: Annotated[
        Seconds,
        Meta(
            ge=0,
            description="A model that was loaded serves at least so long before another takes its place, unless "
            "`maxWait` forces it. (Ours.)",
        ),
    ] = 0
    fairness: Annotated[
        Literal["none", "caller"],
        Meta(
            description="`caller`: who waits for a model is served in turns of the callers (API key, session or "
            "address), so that a hundred requests of one don't hold up the one of another. (Ours.)"
        ),
    ] = "none"
    economics: Annotated[
        bool,
        Meta(
            description="Let learned times decide whether a swap now costs less waiting in all than letting the model "
            "that runs go on with its queue and with those who come meanwhile; within `maxWait`. (Ours.)"
        ),
    ] = False


class SchedulerSettings(Section, frozen=True, kw_only=True):
    """Settings of the disciplines."""

    fifo: Annotated[Fifo, Meta(description="Settings of `fifo`.")] = field(default_factory=Fifo)


class Scheduler(Section, frozen=True, kw_only=True):
    """The order in which waiting requests are served."""

    use: Annotated[
        str,
        Meta(
            description="Which one: `fifo` (the default), or one that another package provides.",
            extra_json_schema={"examples": ["fifo"]},
        ),
    ] = ""
    settings: Annotated[SchedulerSettings, Meta(description="Settings of each.")] = field(
        default_factory=SchedulerSettings
    )


class Routing(Section, frozen=True, kw_only=True):
    """What may run together, and whose turn it is."""

    router: Annotated[Router, Meta(description="What may run together.")] = field(default_factory=Router)
    scheduler: Annotated[Scheduler, Meta(description="Whose turn it is.")] = field(default_factory=Scheduler)
