"""Peers, and what a name means when they have it (spec config 21)."""

from __future__ import annotations

import pytest

from modelyard.config.schema import PeerModel
from tests.config.helpers import load, the_problem

URL = 'cmd: run, proxy: "http://u"'
TWO = """
peers:
  p1: {proxy: "http://p1/api", models: [r1, dup, org/r2, p2/r3]}
  p2: {proxy: "http://p2", models: [dup, r3]}
"""


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("r1", PeerModel("p1", "r1")),
        ("p1/r1", PeerModel("p1", "r1")),
        ("org/r2", PeerModel("p1", "org/r2")),
        ("p1/org/r2", PeerModel("p1", "org/r2")),
        ("dup", None),
        ("p2/dup", PeerModel("p2", "dup")),
        ("p2/r3", PeerModel("p2", "r3")),
        ("p1/p2/r3", PeerModel("p1", "p2/r3")),
        ("r2", None),
        ("p1", None),
        ("", None),
    ],
)
def test_a_qualified_name_and_a_bare_one_that_one_peer_has(name: str, found: PeerModel | None) -> None:
    assert load(TWO).find_peer(name) == found


def test_a_local_model_may_have_a_bare_name_of_a_peer() -> None:
    config = load(TWO + f"models: {{r1: {{{URL}}}}}")
    assert config.resolve("r1") == "r1"
    assert config.find_peer("r1") == PeerModel("p1", "r1")


def test_defaults_and_filters() -> None:
    peer = load(
        "macros: {K: sk-1}\npeers: {p: {proxy: 'http://h', models: [m], apiKey: '${K}', filters: {stripParams: 'b,a', "
        "setParamsByID: {q: {r: 1}}}, timeouts: {connect: 0}}}"
    ).peers["p"]
    assert (peer.api_key, peer.timeouts.connect, peer.timeouts.response_header) == ("sk-1", 0, 60)
    assert peer.effective_filters.strip_params == ("a", "b")
    assert peer.effective_filters.set_params_by_id == {"q": {"r": 1}}


def test_names_in_the_filters_of_a_peer_are_no_aliases() -> None:
    assert load("peers: {p: {proxy: 'http://h', models: [m], filters: {setParamsByID: {q: {r: 1}}}}}").aliases == {}


def test_a_model_listed_twice_is_one_model() -> None:
    config = load("peers: {p: {proxy: 'http://h', models: [m, m]}}")
    assert config.find_peer("m") == PeerModel("p", "m")
    (warning,) = config.warnings
    assert 'peers.p.models[1]: "m" is listed twice' in warning


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("peers: {p: ~}", "has no proxy and no models"),
        ("peers: {p: {proxy: 'http://h', models: ['']}}", "a model without a name"),
        ("peers: {p: {proxy: word, models: [m]}}", "the peer can't be reached"),
        ("peers: {p: {proxy: 'http://h', models: [m], filters: {strip_params: a}}}", "strip_params: unknown key"),
    ],
)
def test_what_is_doubtful(text: str, fragment: str) -> None:
    (warning,) = load(text).warnings
    assert fragment in warning


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("peers: {p: {models: [m]}}", "peers.p.proxy", "a peer needs a proxy"),
        ("peers: {p: {proxy: 'http://h'}}", "peers.p.models", "a peer needs models"),
        ("peers: {p: {proxy: 'http://h', models: ~}}", "peers.p.models", "a peer needs models"),
        ("peers: {p: {proxy: '://h', models: [m]}}", "peers.p.proxy", '"://h" is not a URL'),
        ("peers: {p: {proxy: [h], models: [m]}}", "peers.p.proxy", "expected a string"),
        ("peers: {p: http://h}", "peers.p", "expected a mapping"),
        ("peers: [p]", "peers", "expected a mapping"),
        (
            "peers: {p: {proxy: 'http://h', models: [m], filters: {stripParams: '*'}}}",
            "peers.p.filters.stripParams",
            "wildcard",
        ),
        (
            "peers: {a: {proxy: 'http://h', models: [b/c]}, a/b: {proxy: 'http://h', models: [c]}}",
            "peers.a/b.models[0]",
            '"a/b/c" is also a model of the peer "a"',
        ),
        (TWO + f"models: {{p1/r1: {{{URL}}}}}", "models.p1/r1", '"p1/r1" is already a model of the peer "p1"'),
        (TWO + f"models: {{m: {{{URL}, aliases: [x, p1/r1]}}}}", "models.m.aliases[1]", '"p1/r1" is already'),
        (
            TWO + f"models: {{m: {{{URL}, filters: {{setParamsByID: {{p1/r1: {{a: 1}}}}}}}}}}",
            "models.m.filters.setParamsByID.p1/r1",
            '"p1/r1" is already',
        ),
        ("peers: {p: {proxy: 'http://h', models: [m], apiKey: '${K}'}}", "peers.p.apiKey", "unknown macro"),
    ],
)
def test_what_is_refused(text: str, path: str, fragment: str) -> None:
    problem = the_problem(text)
    assert problem.path == path
    assert fragment in problem.message
