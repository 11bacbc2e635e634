"""The least total waiting that anybody could reach who knows the future: a best-first search (A*).

The rules are the scheduler's: a model that is answering is not stopped, a model starts only where the planner would
evict nobody, at most `parallel` requests are served by a model at a time. Within them everything is allowed: loading
ahead, letting a request wait though its model is ready, stopping a model that somebody wants.

Only moments at which something happens need be looked at (an arrival, or the end of a load, a stop or a service):
whatever begins in between could as well have begun at the one before. At such a moment the search may grant, start
or stop, one thing at a time in a fixed order, or let time go on. It stops at the first finished schedule that it
takes from the heap; when it has looked at too many, the least that any schedule can still cost is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Planner, Resident


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A request as the search sees it (seconds)."""

    arrival: float
    model: str
    service: float


@dataclass(frozen=True, slots=True, order=True)
class Pace:
    """How quickly a model loads and stops (seconds), and how many requests it serves at a time."""

    load: float
    stop: float
    width: int


class Least(NamedTuple):
    """The least total waiting (seconds), or a lower bound of it where `exact` is false."""

    waiting: float
    exact: bool


class _Model(NamedTuple):
    """A model in a state: absent where `ready` is None and `gone` is None."""

    ready: float | None = None
    ends: tuple[float, ...] = ()
    """When the requests that it serves end."""
    gone: float | None = None
    """When it will have stopped."""


_ABSENT = _Model()


class _State(NamedTuple):
    now: float
    done: int
    """A bit for each job that was granted."""
    models: tuple[_Model, ...]
    turn: int
    """Which action may come next at this moment; the order of actions at one moment makes no difference."""


class Search:
    """The search for one set of jobs."""

    def __init__(self, jobs: Sequence[Job], paces: Mapping[str, Pace], planner: Planner) -> None:
        self._jobs = sorted(jobs)
        self._names = sorted({job.model for job in jobs})
        self._paces = [paces[name] for name in self._names]
        self._wanted = [self._names.index(job.model) for job in self._jobs]
        self._planner = planner
        self._clear: dict[tuple[int, int], bool] = {}
        everything = range(len(self._names))
        self._rivals = [[b for b in everything if a != b and not self._may_run(a, 1 << b)] for a in everything]
        """For each model those that it can't run beside."""
        self._take_turns = all(len(rivals) == len(self._names) - 1 for rivals in self._rivals)
        """Whether no two of the models can run together."""
        self._all = (1 << len(self._jobs)) - 1

    def least(self, most: int, *, warm: bool = False) -> Least:
        """Search, looking at so many states at most.

        `warm`: whatever models may run together are ready at the first arrival, as the best of all pasts would have
        it; otherwise nothing is loaded at 0.
        """
        number = count()
        heap = [(self._estimate(state), next(number), 0.0, state) for state in self._beginnings(warm=warm)]
        heapify(heap)
        seen: dict[_State, float] = {}
        for _ in range(most):
            bound, _, cost, state = heappop(heap)
            if state.done == self._all:
                return Least(cost, exact=True)
            if seen.get(state, cost + 1.0) <= cost:
                continue
            seen[state] = cost
            for extra, following in self._following(state):
                if seen.get(following, cost + extra + 1.0) > cost + extra:
                    estimate = cost + extra + self._estimate(following)
                    heappush(heap, (max(bound, estimate), next(number), cost + extra, following))
        return Least(heap[0][0], exact=False)

    def _beginnings(self, *, warm: bool) -> list[_State]:
        absent = (_ABSENT,) * len(self._names)
        if not warm:
            return [_State(0.0, 0, absent, 0)]
        start = self._jobs[0].arrival
        reached = {0}
        fresh = [0]
        while fresh:
            resident = fresh.pop()
            for model in range(len(self._names)):
                more = resident | 1 << model
                if more not in reached and self._may_run(model, resident):
                    reached.add(more)
                    fresh.append(more)
        return [
            _State(start, 0, tuple(_Model(ready=start) if one >> m & 1 else _ABSENT for m in range(len(absent))), 0)
            for one in sorted(reached)
        ]

    # What may come next

    def _following(self, state: _State) -> Iterator[tuple[float, _State]]:
        """What one action, or the passing of time, makes of a state, and the waiting that it adds."""
        resident = self._resident(state)
        pending = self._pending(state)
        jobs = len(self._jobs)
        for index in range(state.turn, jobs):
            granted = self._granted(state, index, resident)
            if granted is not None:
                yield state.now - self._jobs[index].arrival, granted
        for model in range(len(self._names)):
            place = jobs + model
            if place < state.turn:
                continue
            turned = self._turned(state, model, place, resident, pending)
            if turned is not None:
                yield 0.0, turned
        later = self._later(state)
        if later is not None:
            yield 0.0, later

    def _granted(self, state: _State, index: int, resident: int) -> _State | None:
        job, number = self._jobs[index], self._wanted[index]
        model = state.models[number]
        if state.done >> index & 1 or job.arrival > state.now or model.gone is not None:
            return None
        if model.ready is None or model.ready > state.now or len(model.ends) >= self._paces[number].width:
            return None
        if not self._may_run(number, resident & ~(1 << number)):
            return None
        ends = (*model.ends, state.now + job.service) if job.service else model.ends
        serving = model._replace(ends=tuple(sorted(ends)))
        return self._with(state, number, serving, done=state.done | 1 << index, turn=index + 1)

    def _turned(self, state: _State, number: int, place: int, resident: int, pending: int) -> _State | None:
        """Start a model that is wanted and absent, or stop one that is in somebody's way."""
        model = state.models[number]
        if model.gone is not None:
            return None
        if model.ready is None:
            if not pending >> number & 1 or not self._may_run(number, resident):
                return None
            loading = _Model(ready=state.now + self._paces[number].load)
            return self._with(state, number, loading, turn=place + 1 if loading.ready != state.now else 0)
        if model.ready > state.now or model.ends or not self._in_the_way(number, resident, pending):
            return None
        stopping = _Model(gone=state.now + self._paces[number].stop)
        if stopping.gone == state.now:
            stopping = _ABSENT
        # Where nothing has to be waited for, its place can be taken at the same moment.
        return self._with(state, number, stopping, turn=len(self._jobs) if stopping is _ABSENT else place + 1)

    def _in_the_way(self, number: int, resident: int, pending: int) -> bool:
        """Whether some other model that is wanted could not run beside all that are there or wanted."""
        crowd = resident | pending
        return any(
            pending >> other & 1 and other != number and not self._may_run(other, crowd & ~(1 << other))
            for other in range(len(self._names))
        )

    def _later(self, state: _State) -> _State | None:
        """Let time go on until something happens."""
        moments = [job.arrival for job in self._jobs if job.arrival > state.now]
        for model in state.models:
            moments += [at for at in (*model.ends, model.ready, model.gone) if at is not None and at > state.now]
        if not moments:
            return None
        now = min(moments)
        return _State(now, state.done, tuple(_settled(model, now) for model in state.models), 0)

    def _with(self, state: _State, number: int, model: _Model, *, turn: int, done: int | None = None) -> _State:
        models = (*state.models[:number], model, *state.models[number + 1 :])
        return _State(state.now, state.done if done is None else done, models, turn)

    # What holds in a state

    def _resident(self, state: _State) -> int:
        """A bit for each model that occupies memory."""
        return sum(1 << number for number, model in enumerate(state.models) if model is not _ABSENT)

    def _pending(self, state: _State) -> int:
        """A bit for each model that a job still needs."""
        pending = 0
        for index, number in enumerate(self._wanted):
            if not state.done >> index & 1:
                pending |= 1 << number
        return pending

    def _may_run(self, target: int, resident: int) -> bool:
        """Whether the planner would evict nobody for the target."""
        key = (target, resident)
        answer = self._clear.get(key)
        if answer is None:
            others = [
                Resident(ChildId(name, 1), Phase.READY)
                for number, name in enumerate(self._names)
                if resident >> number & 1 and number != target
            ]
            answer = self._clear[key] = not self._planner.plan(self._names[target], others).evict
        return answer

    def _estimate(self, state: _State) -> float:
        """The least that the remaining jobs will still wait.

        Each waits at least until its model is there. Beyond that, of models that exclude each other and are not
        there, one is loaded after the other; shortest load for most jobs first costs least (Smith's rule).
        """
        soonest: dict[int, float] = {}
        waiting = 0.0
        queues: dict[int, list[Job]] = {}
        for index, number in enumerate(self._wanted):
            if state.done >> index & 1:
                continue
            job = self._jobs[index]
            if self._take_turns and state.models[number] is _ABSENT and job.arrival <= state.now:
                queues.setdefault(number, []).append(job)
                continue
            if number not in soonest:
                soonest[number] = self._soonest(state, number)
            if soonest[number] > job.arrival:
                waiting += soonest[number] - job.arrival
        return waiting + self._one_by_one(state, queues)

    def _one_by_one(self, state: _State, queues: Mapping[int, Sequence[Job]]) -> float:
        """The least that those will wait who are here already, and whose models must be loaded in turns."""
        turns = [
            (self._paces[number].load + self._paces[number].stop + min(job.service for job in queue), number)
            for number, queue in queues.items()
        ]
        waiting, start = 0.0, None
        for turn, number in sorted(turns, key=lambda entry: entry[0] / len(queues[entry[1]])):
            start = self._free(state, number) if start is None else start
            ready = start + self._paces[number].load
            waiting += sum(ready - job.arrival for job in queues[number])
            start += turn
        return waiting

    def _soonest(self, state: _State, number: int) -> float:
        """When a model can serve at the soonest."""
        model = state.models[number]
        if model.gone is not None:
            return model.gone + self._paces[number].load
        if model.ready is None:
            return self._free(state, number) + self._paces[number].load
        return max(state.now, model.ready)

    def _free(self, state: _State, number: int) -> float:
        """When there can be room for an absent model at the soonest: one by one, those go that it can't run beside."""
        soonest = state.now
        for other in self._rivals[number]:
            if state.models[other] is not _ABSENT:
                soonest = max(soonest, self._away(state, other))
        return soonest

    def _away(self, state: _State, number: int) -> float:
        model = state.models[number]
        if model.gone is not None:
            return model.gone
        ready = state.now if model.ready is None else model.ready
        return max(state.now, ready, *model.ends) + self._paces[number].stop


def _settled(model: _Model, now: float) -> _Model:
    """The same without what is over by now."""
    if model.gone is not None and model.gone <= now:
        return _ABSENT
    if model.ends and model.ends[0] <= now:
        return model._replace(ends=tuple(end for end in model.ends if end > now))
    if model.ready is not None and model.ready < now:
        return model._replace(ready=now)
    return model
