"""Fair shares between callers.

Two things are shared. Within a model's queue callers take turns: a deficit round robin whose quantum is one request,
kept as the number of the round in which each request has its turn. A caller's next request is for the round after its
last waiting one; a caller that has none waiting joins the round after the one that is being served. So a hundred
requests of one caller hold another's one for at most a turn. Between models that a swap may be made for, the caller
goes first whose last swap is longest ago.
"""

from __future__ import annotations

from collections import OrderedDict

from modelyard.core.model import RequestId

_REMEMBERED = 1000
"""How many callers' last swaps are remembered. Who was forgotten goes first, as it would anyway."""


class Rounds:
    """The rounds of one queue. Remembers only callers that wait: whoever has nobody waiting is owed nothing."""

    __slots__ = ("_current", "_waiting")

    def __init__(self) -> None:
        self._current = 0
        self._waiting: dict[str, OrderedDict[RequestId, int]] = {}

    def __repr__(self) -> str:
        return f"<Rounds at {self._current}: {sorted(self._waiting)}>"

    def __len__(self) -> int:
        """How many callers wait."""
        return len(self._waiting)

    def join(self, request: RequestId, caller: str) -> int:
        """Give a request of `caller` its round."""
        mine = self._waiting.setdefault(caller, OrderedDict())
        last = next(reversed(mine.values()), 0)
        mine[request] = turn = max(self._current, last) + 1
        return turn

    def leave(self, request: RequestId, caller: str, *, served: bool) -> None:
        """The request does not wait any more."""
        mine = self._waiting[caller]
        turn = mine.pop(request)
        if not mine:
            del self._waiting[caller]
        if served:
            self._current = max(self._current, turn)


class SwapTurns:
    """Whose swap was when."""

    __slots__ = ("_last", "_made")

    def __init__(self) -> None:
        self._made = 0
        self._last: OrderedDict[str, int] = OrderedDict()

    def __repr__(self) -> str:
        return f"<SwapTurns {dict(self._last)}>"

    def of(self, caller: str) -> int:
        """How many swaps had been made at the caller's last; 0 where none is remembered."""
        return self._last.get(caller, 0)

    def made_for(self, caller: str) -> None:
        """A swap was made for a request of this caller."""
        self._made += 1
        self._last[caller] = self._made
        self._last.move_to_end(caller)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
