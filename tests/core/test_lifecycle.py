"""The table of a child's life, and the page that is drawn from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.core.lifecycle import TABLE, Happening, Lifecycle, TransitionError
from modelyard.core.model import ChildId, Phase

ROOT = Path(__file__).resolve().parents[2]


def lifecycle_in(phase: Phase) -> Lifecycle:
    lifecycle = Lifecycle("a", 0.0)
    lifecycle.phase = phase
    return lifecycle


def test_a_normal_life() -> None:
    lifecycle = Lifecycle("a", 1.0)
    assert (lifecycle.phase, lifecycle.child, lifecycle.since) == (Phase.STOPPED, ChildId("a", 0), 1.0)
    lifecycle.happen(Happening.STARTED, 2.0)
    assert (lifecycle.phase, lifecycle.child, lifecycle.since) == (Phase.STARTING, ChildId("a", 1), 2.0)
    lifecycle.happen(Happening.BECAME_READY, 3.0)
    lifecycle.happen(Happening.STOP_ASKED, 4.0)
    lifecycle.happen(Happening.EXITED, 5.0)
    assert (lifecycle.phase, lifecycle.child, lifecycle.since) == (Phase.STOPPED, ChildId("a", 1), 5.0)
    lifecycle.happen(Happening.STARTED, 6.0)
    assert lifecycle.child == ChildId("a", 2)


def test_a_nap() -> None:
    lifecycle = lifecycle_in(Phase.READY)
    for happening, phase in (
        (Happening.SLEEP_ASKED, Phase.FALLING_ASLEEP),
        (Happening.FELL_ASLEEP, Phase.ASLEEP),
        (Happening.WAKE_ASKED, Phase.WAKING),
        (Happening.WOKE_UP, Phase.READY),
    ):
        lifecycle.happen(happening, 1.0)
        assert lifecycle.phase is phase


def test_the_table_knows_every_phase_and_every_happening() -> None:
    assert set(TABLE) == set(Phase)
    assert {happening for row in TABLE.values() for happening in row} == set(Happening)
    assert {target for row in TABLE.values() for target in row.values()} == set(Phase)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("happening", Happening)
def test_what_is_not_in_the_table_cannot_happen(phase: Phase, happening: Happening) -> None:
    lifecycle = lifecycle_in(phase)
    assert lifecycle.may(happening) == (happening in TABLE[phase])
    if lifecycle.may(happening):
        lifecycle.happen(happening, 1.0)
        assert lifecycle.phase is TABLE[phase][happening]
    else:
        with pytest.raises(TransitionError, match=f"a#0 is {phase}: it cannot be that it {happening}"):
            lifecycle.happen(happening, 1.0)
        assert lifecycle.phase is phase


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.resident])
def test_a_child_can_exit_wherever_it_exists(phase: Phase) -> None:
    assert TABLE[phase][Happening.EXITED] is Phase.STOPPED


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.resident and phase is not Phase.STOPPING])
def test_a_child_can_be_asked_to_stop_wherever_it_exists(phase: Phase) -> None:
    """R11: also while it starts."""
    assert TABLE[phase][Happening.STOP_ASKED] is Phase.STOPPING


def test_the_page_is_drawn_from_the_table() -> None:
    script = ROOT / "scripts" / "lifecycle-diagram"
    checked = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    for phase, row in TABLE.items():
        for happening, target in row.items():
            assert f"    {phase} --> {target}: {happening}\n" in (ROOT / "docs" / "lifecycle.md").read_text()
