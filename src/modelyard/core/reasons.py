"""Why a child is told to stop: a kind for programs, words for people."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class StopKind(StrEnum):
    """What kind of thing ends a child that did not end by itself."""

    EVICTION = "eviction"
    """Another model needs its place."""
    TTL = "ttl"
    """It has been idle for too long."""
    UNLOAD = "unload"
    """Somebody asked for it."""
    RELOAD = "reload"
    """A new configuration has another process for the model, or no such model."""
    SHUTDOWN = "shutdown"
    """The server goes away."""


class StopReason(Struct, frozen=True):
    """Why a child is told to stop. `successor` is the model that needs its place, where it is evicted."""

    kind: StopKind
    words: str
    successor: str = ""

    def __str__(self) -> str:
        return self.words


UNLOADED = StopReason(StopKind.UNLOAD, "its unload was asked for")
REMOVED = StopReason(StopKind.RELOAD, "removed from the configuration")
RECONFIGURED = StopReason(StopKind.RELOAD, "its configuration changed")
SHUT_DOWN = StopReason(StopKind.SHUTDOWN, "the server shuts down")


def evicted_for(successor: str) -> StopReason:
    """Its place is needed."""
    return StopReason(StopKind.EVICTION, f"makes room for {successor}", successor)


def idle_for(ttl: float) -> StopReason:
    """It has been idle for its `ttl` (seconds)."""
    return StopReason(StopKind.TTL, f"idle for its ttl of {ttl:g} s")
