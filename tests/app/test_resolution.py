"""Where names lead: profile, selector, alias, then local or peer; and which target a selector chooses."""

from __future__ import annotations

import pytest

from modelyard.app.resolution import Found, Resolution, UnknownProfileError
from modelyard.app.selection import Spillover, warmest
from modelyard.core.model import Phase
from modelyard.wire.errors import NO_MODEL, NO_ROUTER, HttpError
from tests.config.helpers import load

NAMES = """
models:
  m1:
    cmd: run ${PORT}
    aliases: [a1]
    useModelName: real-m1
    filters: {setParamsByID: {"m1:hi": {top_k: 9}}}
  m2: {cmd: "run ${PORT}"}
  big/m3: {cmd: "run ${PORT}"}
  local: {cmd: "run ${PORT}"}
groups:
  g: {swap: false, members: [m1, m2, big/m3, local]}
peers:
  pa: {proxy: "http://p", models: [ra, org/rb, shared]}
  pb: {proxy: "http://q", models: [shared, local, rc]}
profiles:
  coding:
    pins: {pub: "m1:hi", off: ~, m2: m1, remote: pa/ra, big/x: big/m3, viasel: sel, viaspill: spill, "local": local}
  writing: {pins: {pub: m2}}
selectors:
  sel: {strategy: pin, targets: [a1, pa/ra]}
  far: {strategy: pin, targets: [pa/ra]}
  rc: {strategy: pin, targets: [m2]}
  warm: {strategy: warm, targets: [m2, m1]}
  spill: {strategy: spillover, targets: [m1, m2, pa/ra], settings: {spillover: 1}}
"""


class Standing(dict[str, Phase]):
    """Where models stand; the others are stopped."""

    def __missing__(self, model: str) -> Phase:
        return Phase.STOPPED


def resolution(profile: str | None = None) -> Resolution:
    made = Resolution(load(NAMES))
    made.activate(profile)
    return made


def reloaded(old: Resolution, before: str = "", after: str = "") -> Resolution:
    """What goes on where the old one ends, with some text of the file replaced."""
    made = Resolution(load(NAMES.replace(before, after) if before else NAMES))
    made.inherit(old)
    return made


def find(name: str, profile: str | None = None, **phases: Phase) -> Found:
    found = resolution(profile).find(name, Standing(phases).__getitem__)
    assert isinstance(found, Found), found
    return found


def target(made: Resolution, name: str, standing: Standing) -> str:
    found = made.find(name, standing.__getitem__)
    assert isinstance(found, Found), found
    return found.route.busy_with


def refusal(name: str, profile: str | None = None) -> HttpError:
    found = resolution(profile).find(name, Standing().__getitem__)
    assert isinstance(found, HttpError)
    return found


@pytest.mark.parametrize(
    ("name", "profile", "model", "requested", "replaced", "peer"),
    [
        ("m1", None, "m1", "m1", "", ""),
        ("a1", None, "m1", "a1", "", ""),
        ("m1:hi", None, "m1", "m1:hi", "", ""),
        ("local", None, "local", "local", "", ""),
        ("pb/local", None, "pb/local", "pb/local", "local", "pb/local"),
        ("ra", None, "ra", "ra", "", "pa/ra"),
        ("pa/ra", None, "pa/ra", "pa/ra", "ra", "pa/ra"),
        ("pa/org/rb", None, "pa/org/rb", "pa/org/rb", "org/rb", "pa/org/rb"),
        ("sel", None, "m1", "a1", "a1", ""),
        ("far", None, "pa/ra", "pa/ra", "ra", "pa/ra"),
        ("rc", None, "m2", "m2", "m2", ""),  # a selector hides the bare name of a peer's model
        ("pub", "coding", "m1", "m1:hi", "m1:hi", ""),
        ("pub", "writing", "m2", "m2", "m2", ""),
        ("m2", "coding", "m1", "m1", "m1", ""),  # a pin may hide a model
        ("m1", "coding", "m1", "m1", "", ""),
        ("local", "coding", "local", "local", "", ""),
        ("remote", "coding", "pa/ra", "pa/ra", "ra", "pa/ra"),
        ("viasel", "coding", "m1", "a1", "a1", ""),
    ],
)
def test_where_a_name_leads(
    name: str, profile: str | None, model: str, requested: str, replaced: str, peer: str
) -> None:
    route = find(name, profile).route
    assert (route.model, route.requested, route.replaced) == (model, requested, replaced)
    assert (route.peer.qualified if route.peer else "") == peer


def test_what_a_route_says_beside() -> None:
    assert find("a1").route.use_model_name == "real-m1"
    assert find("sel").route.selector == "sel"
    assert find("viasel", "coding").route.selector == "sel"
    assert find("m1").route.selector == ""


@pytest.mark.parametrize(
    ("name", "profile", "error"),
    [
        ("ghost", None, NO_ROUTER),
        ("pub", None, NO_ROUTER),
        ("shared", None, NO_ROUTER),  # two peers have it
        ("off", "coding", NO_MODEL),
    ],
)
def test_names_that_lead_nowhere(name: str, profile: str | None, error: HttpError) -> None:
    assert refusal(name, profile) is error


def test_a_request_for_a_model_of_its_own_name_is_one_look_up() -> None:
    plain = resolution("coding").routes
    assert {"m1", "a1", "m1:hi", "big/m3", "pub", "m2", "viasel"} <= plain.keys()
    assert plain.keys().isdisjoint({"ra", "pa/ra", "warm", "spill", "off", "remote", "viaspill"})


def test_profiles_are_switched() -> None:
    made = resolution()
    routes = made.routes
    assert [made.activate("coding"), made.activate("coding")] == [True, False]
    assert made.pins["pub"] == "m1:hi"
    assert "pub" in routes
    with pytest.raises(UnknownProfileError):
        made.activate("zz")
    assert made.activate(None)
    assert (dict(made.pins), "pub" in routes) == ({}, False)


def test_a_reload_keeps_the_profile_where_it_still_exists() -> None:
    kept = reloaded(resolution("writing"), "pub: m2", "pub: big/m3")
    assert kept.active == "writing"
    assert kept.routes["pub"].model == "big/m3"
    gone = reloaded(kept, "writing:", "reading:")
    assert gone.active is None
    assert "pub" not in gone.routes


# ------------------------------------------------------------------------ paths


@pytest.mark.parametrize(
    ("path", "profile", "name", "model", "rest"),
    [
        (b"m1/x%2Fy", None, "m1", "m1", b"/x%2Fy"),
        (b"big%2Fm3/x", None, "big/m3", "big/m3", b"/x"),
        (b"pa/org/rb/v1/x%2Fy", None, "pa/org/rb", "pa/org/rb", b"/v1/x%2Fy"),
        (b"ra", None, "ra", "ra", b""),
        (b"pub/x%2Fy", "coding", "m1:hi", "m1", b"/x%2Fy"),
        (b"big/x/y/z", "coding", "big/m3", "big/m3", b"/y/z"),
        (b"big/x", "coding", "big/m3", "big/m3", b""),
        (b"rc/x", None, "rc", "rc", b"/x"),  # selectors have no pages, so the peer's model shows
    ],
)
def test_what_a_path_leads_to(path: bytes, profile: str | None, name: str, model: str, rest: bytes) -> None:
    """R45: slashes, plain or escaped, in names and behind them."""
    located = resolution(profile).locate(path)
    assert located is not None
    assert (located.name, located.route.model, located.rest) == (name, model, rest)


@pytest.mark.parametrize(
    ("path", "profile"), [(b"sel/x", None), (b"off/x", "coding"), (b"viasel/x", "coding"), (b"", None), (b"x/y", None)]
)
def test_paths_that_lead_nowhere(path: bytes, profile: str | None) -> None:
    assert resolution(profile).locate(path) is None


# ------------------------------------------------------------------------ choosing


@pytest.mark.parametrize(
    ("phases", "place"),
    [
        ("stopped stopped", 0),
        ("stopped ready", 1),
        ("starting ready", 1),
        ("stopped starting", 1),
        ("stopping waking", 1),
        ("ready ready", 0),
        ("stopping asleep", 0),
    ],
)
def test_the_warmest(phases: str, place: int) -> None:
    standing = {str(number): Phase(phase) for number, phase in enumerate(phases.split())}
    assert warmest(list(standing), standing.__getitem__) == place


def test_a_warm_selector_writes_the_name_of_its_choice() -> None:
    assert find("warm").route.replaced == "m2"
    assert find("warm", m1=Phase.READY).route.model == "m1"


def test_spillover_fills_one_after_the_other_and_then_takes_turns() -> None:
    made, standing = resolution(), Standing()
    assert target(made, "spill", standing) == "m1"  # nobody is active: the first cold one
    standing["m1"] = Phase.READY
    assert target(made, "spill", standing) == "m2"  # m1 is full
    standing["m2"] = Phase.STARTING
    assert target(made, "spill", standing) == "pa/ra"  # a peer is active only by what it got from here
    assert sorted(target(made, "spill", standing) for _ in range(3)) == ["m1", "m2", "pa/ra"]


def test_a_place_is_given_back_once() -> None:
    made, standing = resolution(), Standing(m1=Phase.READY)
    first = made.find("spill", standing.__getitem__)
    assert isinstance(first, Found)
    assert first.route.model == "m1"
    assert first.lease is not None
    first.lease.release()
    first.lease.release()
    assert target(made, "spill", standing) == "m1"
    assert target(made, "spill", standing) == "m2"


def test_targets_on_their_way_out_are_not_taken() -> None:
    made = Resolution(load(NAMES.replace("[m1, m2, pa/ra]", "[m1, m2]")))
    assert target(made, "spill", Standing(m1=Phase.STOPPING)) == "m2"
    both = Standing(m1=Phase.STOPPING, m2=Phase.STOPPING)
    refused = made.find("spill", both.__getitem__)
    assert isinstance(refused, HttpError)
    assert (refused.status, refused.message) == (503, 'selector "spill" has no available spillover targets')


def test_a_reload_keeps_the_counts_and_takes_the_new_limit() -> None:
    made, standing = resolution(), Standing(m1=Phase.READY)
    assert target(made, "spill", standing) == "m1"
    made = reloaded(made)
    assert target(made, "spill", standing) == "m2"
    made = reloaded(made, "spillover: 1", "spillover: 2")
    assert sorted(target(made, "spill", standing) for _ in range(2)) == ["m1", "m2"]
    assert target(made, "spill", standing) == "pa/ra"


def test_a_pin_may_lead_to_a_selector_that_chooses() -> None:
    assert find("viaspill", "coding").route.replaced == "m1"


def test_spillover_among_equals_is_fair() -> None:
    spillover = Spillover(limit=100)
    targets = [("a", True), ("b", True), ("c", True)]
    chosen = []
    for _ in range(9):
        place = spillover.choose(targets, lambda _: Phase.READY)
        assert place is not None
        chosen.append(targets[place][0])
        spillover.lease(targets[place][0])
    assert sorted(chosen) == [*"aaabbbccc"]
