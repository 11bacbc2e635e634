"""Hypothesis strategies for the core: policies and facts over a handful of models."""

from __future__ import annotations

from hypothesis import strategies as st

from modelyard.core.model import Evictable, ModelFacts
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.worlds import FAIRNESS
from tests.support.playbook import Policy

MODELS = "abcdefgh"
EVICTABLE: tuple[Evictable, ...] = ("always", "always", "always", "idle", "never")


@st.composite
def group_planners(draw: st.DrawFn, models: str = MODELS) -> GroupsPlanner:
    """Any division of the models into up to three groups; the rest is in none."""
    place = {model: draw(st.sampled_from(("", "g", "h", "i"))) for model in models}
    return GroupsPlanner(
        {
            name: GroupRule(
                swap=draw(st.booleans()),
                exclusive=draw(st.booleans()),
                persistent=draw(st.booleans()),
                members=tuple(model for model in models if place[model] == name),
            )
            for name in ("g", "h", "i")
        }
    )


@st.composite
def model_facts(draw: st.DrawFn, model: str) -> ModelFacts:
    """Facts that make limits bite often."""
    return ModelFacts(
        model=model,
        parallel=draw(st.integers(1, 3)),
        concurrency_limit=draw(st.none() | st.integers(1, 4)),
        queue_limit=draw(st.sampled_from((512, 2, 0))),
        priority=draw(st.integers(-1, 1)),
        ttl=draw(st.sampled_from((0.0, 5.0))),
        unload_timeout=draw(st.sampled_from((0.0, 10.0))),
        evictable=draw(st.sampled_from(EVICTABLE)),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """What a configuration says besides its models and its planner."""
    return Policy(
        max_wait=draw(st.sampled_from((0.0, 10.0))),
        min_residency=draw(st.sampled_from((0.0, 4.0))),
        fairness=draw(st.sampled_from(FAIRNESS)),
        economics=draw(st.booleans()),
        load_times=draw(st.dictionaries(st.sampled_from(MODELS), st.sampled_from((0.0, 1.0, 60.0)), max_size=4)),
    )
