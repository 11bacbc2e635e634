from __future__ import annotations

from modelyard.core.brake import Brake


def test_the_pause_begins_with_the_third_failure_and_doubles_to_a_minute() -> None:
    """R31: 1, 2, 4 … 60 seconds."""
    brake = Brake()
    assert [brake.fail("exit status 1", 0.0) for _ in range(2)] == [False, False]
    pauses = []
    for _ in range(10):
        assert brake.fail("exit status 1", 100.0)
        pauses.append(brake.until - 100.0)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_it_remembers_why() -> None:
    brake = Brake()
    brake.fail("first", 0.0)
    brake.fail("last", 0.0)
    assert brake.reason == "last"
    assert repr(brake) == "<Brake after 2 failures>"


def test_a_success_makes_the_next_failure_the_first() -> None:
    """R31."""
    brake = Brake()
    for _ in range(7):
        brake.fail("exit status 1", 0.0)
    brake.release()
    assert (brake.failures, brake.reason, brake.until) == (0, "", 0.0)
    assert not brake.fail("exit status 1", 0.0)


def test_a_million_failures_pause_for_a_minute() -> None:
    brake = Brake()
    brake.failures = 1_000_000
    assert brake.fail("exit status 1", 0.0)
    assert brake.until == 60.0
