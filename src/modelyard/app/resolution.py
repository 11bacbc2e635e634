"""Where a name leads: profile, selector, alias, then a local model or a peer's, in this order (spec http 4 and 13).

What leads to the same place every time is compiled into tables whenever the configuration or the active profile
changes, so that a request costs one look-up. Selectors that decide anew for each request are asked when it comes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from msgspec import Struct

from modelyard.app.selection import Lease, PhaseOf, Spillover, warmest
from modelyard.config.schema import Config, EffectiveFilters, ModelConfig, PeerModel
from modelyard.wire import errors
from modelyard.wire.errors import HttpError
from modelyard.wire.filters import Filter, compile_filter
from modelyard.wire.paths import split_name


class Route(Struct, frozen=True, gc=False):
    """Where a name leads, and what has to be written into the request on its way there."""

    model: str
    """The id of a local model; of a peer's model the name that was asked for."""
    requested: str
    """The name after profile and selector: what parameters are set by, and what a local model's request says."""
    replaced: str = ""
    """The name to write wherever the request names its model; empty: it stays as it came."""
    use_model_name: str = ""
    """The name that the engine wants in bodies; empty: none."""
    peer: PeerModel | None = None
    """None: the model is local."""
    selector: str = ""
    """The selector that chose it, if one did."""

    filter_: Filter | None = None
    """What is stripped from JSON bodies, and set in them."""
    rewrites: bool = False
    """Whether anything has to be written into the request at all."""

    @property
    def busy_with(self) -> str:
        """The name that load is counted by: all names of a model share it."""
        return self.model if self.peer is None else self.peer.qualified


class Found(NamedTuple):
    """A route for one request; the lease, if there is one, is given back when the request ends."""

    route: Route
    lease: Lease | None = None


class PathRoute(NamedTuple):
    """A path below `/upstream/`: the name, where it leads, and what follows, escaped as the client wrote it."""

    name: str
    route: Route
    rest: bytes


class UnknownProfileError(Exception):
    """There is no profile of that name."""


class _Choice(NamedTuple):
    """A selector that decides for each request; `routes` are its targets in order."""

    choose: Callable[[tuple[Route, ...], PhaseOf], Found | None]
    routes: tuple[Route, ...]
    selector: str


class Resolution:
    """The names of one configuration as requests use them, under the active profile."""

    routes: dict[str, Route]
    """Every name that leads to a local model, always the same one. It stays the same dictionary."""
    active: str | None
    """The active profile."""

    def __init__(self, config: Config) -> None:
        self.routes = {}
        self.active = None
        self._config = config
        self._direct = dict(_direct_routes(config))
        self._spillovers = {
            name: Spillover(entry.settings.spillover)
            for name, entry in config.selectors.items()
            if entry.strategy == "spillover"
        }
        self._compile()

    def __repr__(self) -> str:
        return f"<Resolution of {len(self._direct)} names, profile {self.active!r}>"

    # ---------------------------------------------------------------- what is in force

    def inherit(self, old: Resolution) -> None:
        """Go on where the resolution before ends: with its profile, where that still exists, and its counts."""
        if self is old:
            return
        for name, spillover in self._spillovers.items():
            if name in old._spillovers:
                spillover.go_on_from(old._spillovers[name])
        if old.active in self._config.profiles:
            self.activate(old.active)

    def activate(self, profile: str | None) -> bool:
        """Let a profile's pins hold from now on (None: no pins); whether that changes anything.

        Raises UnknownProfileError.
        """
        if profile is not None and profile not in self._config.profiles:
            raise UnknownProfileError(profile)
        if profile == self.active:
            return False
        self.active = profile
        self._compile()
        return True

    @property
    def pins(self) -> Mapping[str, str]:
        """The pins of the active profile: name to target, empty where the name is switched off."""
        return {} if self.active is None else self._config.profiles[self.active].pins

    def _compile(self) -> None:
        """Fill the tables; pins hide selectors, which hide the bare names of peers' models."""
        ends: dict[str, Route | _Choice | HttpError] = dict(self._direct)
        ends |= {name: self._selected(name, name) for name in self._config.selectors}
        ends |= {pin: self._pinned(pin, target) for pin, target in self.pins.items()}
        plain = {name: end for name, end in ends.items() if isinstance(end, Route) and end.peer is None}
        self._others = {name: end for name, end in ends.items() if name not in plain}
        self.routes.clear()
        self.routes.update(plain)

    def _pinned(self, pin: str, target: str) -> Route | _Choice | HttpError:
        if not target:
            return errors.NO_MODEL
        return self._selected(pin, target) if target in self._config.selectors else self._towards(pin, target)

    def _selected(self, asked: str, selector: str) -> Route | _Choice:
        entry = self._config.selectors[selector]
        routes = tuple(self._towards(asked, target, selector) for target in entry.targets)
        match entry.strategy:
            case "warm":
                return _Choice(_choose_warm, routes, selector)
            case "spillover":
                return _Choice(functools.partial(_spill, self._spillovers[selector]), routes, selector)
            case _:
                return routes[0]

    def _towards(self, asked: str, target: str, selector: str = "") -> Route:
        """The route of a target for a request that uses another name."""
        route = self._direct[target]
        written = target if route.peer is None else route.peer.model
        return _route(
            route.model,
            target,
            replaced="" if written == asked else written,
            use_model_name=route.use_model_name,
            peer=route.peer,
            selector=selector,
            filter_=route.filter_,
        )

    # ---------------------------------------------------------------- one request

    def find(self, name: str, phase_of: PhaseOf) -> Found | HttpError:
        """Where a request that uses this name goes now, or why it goes nowhere."""
        end = self.routes.get(name) or self._others.get(name)
        match end:
            case None:
                return errors.NO_ROUTER
            case Route():
                return Found(end)
            case _Choice(choose=choose, routes=routes, selector=selector):
                return choose(routes, phase_of) or errors.no_spillover_target(selector)
            case HttpError():
                return end

    def locate(self, path: bytes) -> PathRoute | None:
        """What a path below `/upstream/` (without that) leads to: a pin first, then the longest name (spec http 10).

        Selectors have no pages, so they are no names here.
        """
        pins = self.pins
        if pins and (pinned := split_name(path, pins.__contains__)) is not None:
            target = pins[pinned.name]
            if not target:
                return None
            path = quote(target).encode() + pinned.rest
        named = split_name(path, self._direct.__contains__)
        return None if named is None else PathRoute(named.name, self._direct[named.name], named.rest)

    def direct(self, name: str) -> Route | None:
        """The model that a name means without profile and selectors: a local one first, then a peer's."""
        return self._direct.get(name)


def _choose_warm(routes: tuple[Route, ...], phase_of: PhaseOf) -> Found:
    return Found(routes[warmest([route.model for route in routes], phase_of)])


def _spill(spillover: Spillover, routes: tuple[Route, ...], phase_of: PhaseOf) -> Found | None:
    place = spillover.choose([(route.busy_with, route.peer is None) for route in routes], phase_of)
    return None if place is None else Found(routes[place], spillover.lease(routes[place].busy_with))


def _direct_routes(config: Config) -> Iterator[tuple[str, Route]]:
    """Every name of a model; later ones hide earlier ones: ids hide aliases, and those the models of peers."""
    for name, offer in config.peer_names.items():
        replaced = "" if offer.model == name else offer.model
        filter_ = _filter_of(config.peers[offer.peer].effective_filters, name)
        yield name, _route(name, name, replaced=replaced, peer=offer, filter_=filter_)
    for alias, model in config.aliases.items():
        yield alias, _local_route(config.models[model], alias)
    for model, entry in config.models.items():
        yield model, _local_route(entry, model)


def _local_route(model: ModelConfig, name: str) -> Route:
    filter_ = _filter_of(model.effective_filters, name)
    return _route(model.id, name, use_model_name=model.use_model_name, filter_=filter_)


def _filter_of(filters: EffectiveFilters, name: str) -> Filter | None:
    """The filters of a model as they act when it is asked for by this name (spec config 15)."""
    return compile_filter(filters.strip_params, filters.set_params, filters.set_params_by_id.get(name))


def _route(
    model: str,
    requested: str,
    *,
    replaced: str = "",
    use_model_name: str = "",
    peer: PeerModel | None = None,
    selector: str = "",
    filter_: Filter | None = None,
) -> Route:
    """A route that knows beforehand whether it changes anything."""
    return Route(
        model,
        requested,
        replaced=replaced,
        use_model_name=use_model_name,
        peer=peer,
        selector=selector,
        filter_=filter_,
        rewrites=bool(replaced or use_model_name or filter_),
    )
