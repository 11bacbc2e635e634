"""How selectors choose among their targets: by what runs, and by how busy it is (spec config 19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modelyard.core.model import Phase

PhaseOf = Callable[[str], Phase]
"""Where a local model stands."""
Target = tuple[str, bool]
"""The name that load is counted by, and whether it is a local model."""
COMING = (Phase.STARTING, Phase.WAKING)
LEAVING = (Phase.STOPPING, Phase.FALLING_ASLEEP)


def warmest(models: Sequence[str], phase_of: PhaseOf) -> int:
    """The place of the first model that is ready, else of the first that is about to be, else of the first."""
    phases = [phase_of(model) for model in models]
    if Phase.READY in phases:
        return phases.index(Phase.READY)
    return next((place for place, phase in enumerate(phases) if phase in COMING), 0)


class Lease:
    """One request's place at a target. Giving it back twice is harmless."""

    __slots__ = ("_places",)

    def __init__(self, places: set[Lease]) -> None:
        self._places = places
        places.add(self)

    def __repr__(self) -> str:
        return f"<Lease{'' if self in self._places else ' given back'}>"

    def release(self) -> None:
        """The request has ended."""
        self._places.discard(self)


class Spillover:
    """Fills the targets that run up to a limit before it starts the next one.

    Busy is what came through here: requests that named the model itself do not count. Sets of leases, not counters, so
    that nothing can be counted down twice.
    """

    def __init__(self, limit: int = 1) -> None:
        self.limit = limit
        self._places: dict[str, set[Lease]] = {}
        self._turn = 0

    def __repr__(self) -> str:
        return f"<Spillover at {self.limit} { ({name: len(places) for name, places in self._places.items()}) }>"

    def go_on_from(self, old: Spillover) -> None:
        """Take over what the one before knows: its requests go on."""
        self._places, self._turn = old._places, old._turn

    def choose(self, targets: Sequence[Target], phase_of: PhaseOf) -> int | None:
        """The place of the target for one more request; None where all of them are on their way out."""
        active, cold = self._sorted(targets, phase_of)
        least = min((self._load(targets[place]) for place in active), default=self.limit)
        if cold and least >= self.limit:
            return cold[0]
        tied = [place for place in active if self._load(targets[place]) == least]
        if not tied:
            return None
        self._turn += 1
        return tied[(self._turn - 1) % len(tied)]

    def _sorted(self, targets: Sequence[Target], phase_of: PhaseOf) -> tuple[list[int], list[int]]:
        """The places of those that run or got something from here, and of those that would have to start."""
        active: list[int] = []
        cold: list[int] = []
        for place, (name, is_local) in enumerate(targets):
            phase = phase_of(name) if is_local else Phase.STOPPED
            if phase not in LEAVING:
                running = phase is Phase.READY or phase in COMING
                (active if running or self._places.get(name) else cold).append(place)
        return active, cold

    def _load(self, target: Target) -> int:
        return len(self._places.get(target[0], ()))

    def lease(self, name: str) -> Lease:
        """Take a place at a target, until the request ends."""
        return Lease(self._places.setdefault(name, set()))
