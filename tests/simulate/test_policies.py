"""The names of policies."""

from __future__ import annotations

import msgspec
import pytest

from modelyard.core.events import SpecsChanged
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.simulate import policies
from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.policies import parse_policies

SPECS = SpecsChanged({}, GroupsPlanner({}), max_wait=120.0, min_residency=3.0)


def test_fifo_is_what_the_configuration_says() -> None:
    (policy,) = parse_policies("fifo")
    assert policy.applied(SPECS) == SPECS
    assert policy.collates


def test_switches_change_what_they_name() -> None:
    one, other = parse_policies("fifo+maxWait=30, fifo+minResidency=0.5+fairness=caller+economics=on")
    assert one.name == "fifo+maxWait=30"
    assert one.applied(SPECS) == msgspec.structs.replace(SPECS, max_wait=30.0)
    assert other.applied(SPECS) == msgspec.structs.replace(SPECS, min_residency=0.5, fairness="caller", economics=True)


def test_plain_fifo_is_forced_by_nothing() -> None:
    (policy,) = parse_policies("plain-fifo")
    assert not policy.collates
    assert policy.applied(SPECS).max_wait == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fif", 'unknown policy "fif" (did you mean "fifo"?)'),
        ("random", 'unknown policy "random" (known: fifo, plain-fifo)'),
        ("", 'unknown policy ""'),
        ("fifo,fifo", 'policy "fifo" is named twice'),
        ("fifo+maxwait=3", 'fifo+maxwait=3: unknown switch "maxwait" (did you mean "maxWait"?)'),
        ("fifo+maxWait", 'fifo+maxWait: maxWait is a number of seconds, 0 or more, not ""'),
        ("fifo+maxWait=-1", 'maxWait is a number of seconds, 0 or more, not "-1"'),
        ("fifo+maxWait=nan", 'maxWait is a number of seconds, 0 or more, not "nan"'),
        ("fifo+fairness=model", 'fairness is none or caller, not "model"'),
        ("fifo+economics=yes", 'economics is on or off, not "yes"'),
        ("plain-fifo+maxWait=3", "plain-fifo knows no switches"),
    ],
)
def test_what_is_no_policy(text: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        parse_policies(text)
    assert message in str(caught.value)


def test_what_the_scheduler_cannot_be_told_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(msgspec.Struct):
        max_wait: float

    monkeypatch.setattr(policies, "SpecsChanged", Older)
    with pytest.raises(WorkloadError, match="the scheduler of this version does not know minResidency yet"):
        parse_policies("fifo+minResidency=3")
