"""Go's notation of durations."""

from __future__ import annotations

import pytest

from modelyard.wire.durations import go_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (-1, "0s"),
        (5e-7, "500ns"),
        (8.002e-6, "8.002µs"),
        (0.301728845, "301.728845ms"),
        (0.25, "250ms"),
        (3.5, "3.5s"),
        (15, "15s"),
        (62.5, "1m2.5s"),
        (120, "2m0s"),
        (3661, "1h1m1s"),
    ],
)
def test_go_duration(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text
