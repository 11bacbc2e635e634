"""Who occupies memory, and what the planner says about it.

`Station` is one model with everything the scheduler keeps of it. `Yard` holds all stations and remembers plans: a
plan is a pure function of the target and the residents (law 6), so it holds until the residents change. It also knows
who may not be evicted, by configuration or because somebody holds it.
"""

from __future__ import annotations

from math import inf

from modelyard.core.brake import Brake
from modelyard.core.estimates import Learned
from modelyard.core.lifecycle import Happening, Lifecycle
from modelyard.core.model import ChildId, ModelFacts, Phase, RequestId
from modelyard.core.planners.base import Plan, Planner, Resident
from modelyard.core.reasons import StopReason


class Swap:
    """A committed plan: when `leaving` are gone, `target` starts (or, where it is ready already, serves)."""

    __slots__ = ("leaving", "reason", "target", "victims")

    def __init__(self, target: str, victims: frozenset[str], leaving: set[ChildId], reason: str) -> None:
        self.target = target
        self.victims = victims
        self.leaving = leaving
        self.reason = reason

    def __repr__(self) -> str:
        return f"<Swap {sorted(self.victims)} → {self.target}, leaving {sorted(self.leaving)}>"

    def collides(self, target: str, victims: frozenset[str]) -> bool:
        """Whether a swap of `victims` for `target` must wait for this one (spec lifecycle 3.3)."""
        return self.target in victims or target in self.victims or not self.victims.isdisjoint(victims)


class Station:
    """One model: what is configured, where its child stands, who is served by it."""

    __slots__ = (
        "admits",
        "brake",
        "configured",
        "facts",
        "in_flight",
        "learned",
        "lifecycle",
        "note_service",
        "retiring",
        "swap",
        "used",
        "why",
        "width",
    )

    def __init__(self, facts: ModelFacts, now: float) -> None:
        self.lifecycle = Lifecycle(facts.model, now)
        self.in_flight: dict[RequestId, float] = {}
        """The requests that the present child serves (law 2), and when each was granted."""
        self.learned = Learned()
        """How long it takes to load, to serve and to stop."""
        self.note_service = self.learned.services.append
        """Remember how long a service took: bound once, since every end of a request calls it."""
        self.brake = Brake()
        """Its failed starts in a row."""
        self.swap: Swap | None = None
        """The committed swap whose target this is."""
        self.retiring: StopReason | None = None
        """Why the present child may serve nobody new and stops when it is idle; None where it may."""
        self.why = ""
        """Why the present child was started, or told to stop, in words."""
        self.admits = False
        """Whether a new request may be granted without a further question: the express lane."""
        self.used = now
        """When the last request ended."""
        self.configure(facts)

    def __repr__(self) -> str:
        return f"<Station {self.lifecycle!r} in flight {sorted(self.in_flight)}>"

    def configure(self, facts: ModelFacts) -> None:
        """Take new facts over; they apply to the present child at once."""
        self.facts = facts
        self.configured = True
        limit = facts.concurrency_limit
        self.width = facts.parallel if limit is None else min(facts.parallel, limit)

    def learn(self, happening: Happening, now: float) -> None:
        """Remember how long what is ended by `happening` took. Starts that fail teach nothing."""
        took = now - self.lifecycle.since
        if happening is Happening.BECAME_READY:
            self.learned.loads.append(took)
        elif happening is Happening.EXITED and self.phase is Phase.STOPPING:
            self.learned.stops.append(took)

    @property
    def model(self) -> str:
        """The model's id."""
        return self.facts.model

    @property
    def phase(self) -> Phase:
        """Where the child stands."""
        return self.lifecycle.phase

    @property
    def child(self) -> ChildId:
        """The latest child."""
        return self.lifecycle.child

    @property
    def open(self) -> bool:
        """Whether the child can serve one more request, as far as it alone is concerned."""
        return self.phase is Phase.READY and not self.retiring and len(self.in_flight) < self.width

    @property
    def stays(self) -> bool:
        """Whether a child is there, or committed to, that nothing has told to go."""
        return not self.retiring and (self.phase.staying or self.swap is not None)

    @property
    def resting(self) -> bool:
        """Whether it is ready, serves nobody, and no swap is about to give it work."""
        return self.phase is Phase.READY and not self.in_flight and self.swap is None


class Yard:
    """All stations by model id, and the plans for the present residents."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.stations: dict[str, Station] = {}
        self.swaps: dict[str, Swap] = {}
        """The committed swaps by target."""
        self.holds: dict[str, float | None] = {}
        """The models that somebody holds, and until when (None: until it is released)."""
        self._residents: list[Resident] | None = None
        self._guards: tuple[frozenset[str], frozenset[str]] | None = None
        self._plans: dict[str, Plan] = {}
        self._plans_beside: dict[tuple[str, str], Plan] = {}

    def __repr__(self) -> str:
        return f"<Yard {[str(resident.child) for resident in self.residents()]}>"

    def use(self, planner: Planner) -> None:
        """Plan by another policy from now on."""
        self.planner = planner
        self._changed()

    def happen(self, station: Station, happening: Happening, now: float) -> None:
        """Move a station's lifecycle on. The express lane is closed until somebody opens it again."""
        station.admits = False
        station.lifecycle.happen(happening, now)
        if not station.phase.staying:
            self.release(station.model)
        self._changed()

    def commit(self, station: Station, swap: Swap) -> None:
        """Count the target as resident from now on."""
        self.swaps[station.model] = station.swap = swap
        self._changed()

    def forget_swap(self, station: Station) -> None:
        """The target's swap, if any, is over or not wanted any more; its victims leave all the same."""
        if self.swaps.pop(station.model, None) is not None:
            station.swap = None
            self._changed()

    def residents(self) -> list[Resident]:
        """Everybody who occupies memory or is committed to, sorted by model id."""
        if self._residents is None:
            counted = [station for station in self.stations.values() if _counts(station)]
            self._residents = sorted(map(_resident, counted), key=_model_of)
        return self._residents

    def hold(self, station: Station, until: float | None) -> None:
        """Let nobody evict the model, if it runs."""
        if station.phase.staying and not station.retiring:
            self.holds[station.model] = until
            self._guards = None

    def release(self, model: str) -> None:
        """Nobody holds the model any more."""
        if model in self.holds:
            del self.holds[model]
            self._guards = None

    def release_until(self, now: float) -> None:
        """Release the models whose holds have ended by now."""
        for model in [model for model, until in self.holds.items() if until is not None and until <= now]:
            self.release(model)

    def held_until(self, model: str) -> float | None:
        """When the hold on the model ends; None where no end is set, or the configuration guards it."""
        station = self.stations[model]
        return None if station.facts.evictable == "never" else self.holds.get(model)

    def next_release(self) -> float:
        """When the next hold ends; infinity where none does."""
        return min((until for until in self.holds.values() if until is not None), default=inf)

    def refusing(self) -> frozenset[str]:
        """The models that nobody may evict: who needs their place is refused."""
        return self._guarded()[0]

    def reserved(self) -> frozenset[str]:
        """The models that leave in their own time: who needs their place waits."""
        return self._guarded()[1]

    def holder(self, target: str) -> str | None:
        """Who refuses to make room for the target; None where nobody does."""
        refusing = self.refusing()
        if not refusing:
            return None
        return min(self.plan(target).evict & refusing, default=None)

    def reconfigured(self) -> None:
        """Facts of models are new."""
        self._guards = None

    def _guarded(self) -> tuple[frozenset[str], frozenset[str]]:
        if self._guards is None:
            staying = [self.stations[resident.model] for resident in self.residents()]
            staying = [station for station in staying if station.stays]
            never = {s.model for s in staying if s.facts.evictable == "never" or s.model in self.holds}
            idle = {s.model for s in staying if s.facts.evictable == "idle"}
            self._guards = frozenset(never), frozenset(idle - never)
        return self._guards

    def plan(self, target: str) -> Plan:
        """Ask the planner, or remember what it said."""
        plan = self._plans.get(target)
        if plan is None:
            plan = self._plans[target] = self.planner.plan(target, self._residents_for(target))
        return plan

    def plan_beside(self, target: str, newcomer: Station) -> Plan:
        """What the planner would say for `target` if `newcomer` ran as well."""
        pair = (target, newcomer.model)
        plan = self._plans_beside.get(pair)
        if plan is None:
            residents = [resident for resident in self._residents_for(target) if resident.model != newcomer.model]
            residents.append(_resident(newcomer))
            residents.sort(key=_model_of)
            plan = self._plans_beside[pair] = self.planner.plan(target, residents)
        return plan

    def _residents_for(self, target: str) -> list[Resident]:
        """Everybody, but not the target's own swap that is committed and has not begun: that is what is planned."""
        if self.stations[target].phase.resident:
            return self.residents()
        return [resident for resident in self.residents() if resident.model != target]

    def _changed(self) -> None:
        self._residents = None
        self._guards = None
        self._plans.clear()
        self._plans_beside.clear()


def _counts(station: Station) -> bool:
    return station.phase.resident or station.swap is not None


def _resident(station: Station) -> Resident:
    """Show a station to a planner; one that is about to start shows the child that it will be."""
    if station.phase.resident:
        return Resident(station.child, station.phase)
    return Resident(ChildId(station.model, station.child.generation + 1), Phase.STARTING)


def _model_of(resident: Resident) -> str:
    return resident.model
