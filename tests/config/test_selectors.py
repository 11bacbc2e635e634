"""Selectors and profiles: names that lead to other names (spec config 19, 20)."""

from __future__ import annotations

import pytest

from tests.config.helpers import load, problems, the_problem

PEERS = """
models:
  alpha: {cmd: run, proxy: "http://u", aliases: [al]}
  beta: {cmd: run, proxy: "http://u"}
peers:
  p1: {proxy: "http://p1", models: [r1, dup, org/r2]}
  p2: {proxy: "http://p2", models: [dup, r3]}
"""
TOGETHER = "groups: {g: {swap: false, members: [alpha, beta]}}\n"


@pytest.mark.parametrize(
    "text",
    [
        "selectors: {s: {strategy: pin, targets: [al, p1/dup, r3]}}",
        "selectors: {r1: {strategy: pin, targets: [p1/r1]}}",
        "selectors: {s: {strategy: warm, targets: [alpha, al, alpha]}}",
        TOGETHER + "selectors: {s: {strategy: spillover, targets: [alpha, r3, beta], settings: {spillover: 3}}}",
        'matrix: {sets: {m: "alpha & beta"}}\nselectors: {s: {strategy: spillover, targets: [alpha, beta]}}',
        "selectors: {s: {strategy: spillover, targets: [alpha, p1/r1, r3]}}",
        "selectors: {s: {strategy: pin, targets: [alpha]}}\nprofiles: {p: {pins: {x: s}}}",
        "profiles: {p: {description: D, pins: {one: alpha, two: al, three: p1/r1, four: r3}}}",
        "profiles: {p: {pins: {alpha: beta, beta: alpha}}}",
    ],
)
def test_what_is_accepted(text: str) -> None:
    assert load(PEERS + text).warnings == ()


def test_an_entry_has_its_defaults() -> None:
    selector = load(PEERS + "selectors: {s: {strategy: pin, targets: [al]}}").selectors["s"]
    assert (selector.targets, selector.settings.spillover, selector.metadata) == (("al",), 1, {})
    assert (selector.name, selector.description, selector.unlisted) == ("", "", False)


def test_a_pin_to_nothing_is_a_name_that_is_refused() -> None:
    pins = load(PEERS + 'profiles: {p: {pins: {off: "", off2: ~}}}').profiles["p"].pins
    assert pins == {"off": "", "off2": ""}


@pytest.mark.parametrize(
    ("body", "path", "fragment"),
    [
        ("s: {targets: [alpha]}", "s.strategy", "needs a strategy"),
        ("s: {strategy: Warm, targets: [alpha]}", "s.strategy", 'unknown strategy "Warm"'),
        ("s: {strategy: pin}", "s.targets", "needs targets"),
        ("s: {strategy: pin, targets: ~}", "s.targets", "needs targets"),
        ("s: {strategy: pin, targets: alpha}", "s.targets", "[]string"),
        ("s: {strategy: pin, targets: [ghost]}", "s.targets[0]", 'unknown model "ghost"'),
        ("s: {strategy: pin, targets: [dup]}", "s.targets[0]", 'unknown model "dup"'),
        ("s: {strategy: pin, targets: [' alpha']}", "s.targets[0]", "unknown model"),
        ("alpha: {strategy: pin, targets: [beta]}", "alpha", "already a model"),
        ("al: {strategy: pin, targets: [beta]}", "al", 'already an alias of "alpha"'),
        ("p1/r1: {strategy: pin, targets: [beta]}", "p1/r1", "already a model of a peer"),
        ('" ": {strategy: pin, targets: [alpha]}', " ", "needs a name"),
        ("s: {strategy: warm, targets: [alpha, p1/r1]}", "s.targets[1]", "takes local ones"),
        (
            "s: {strategy: spillover, targets: [alpha], settings: {spillover: 0}}",
            "s.settings.spillover",
            "at least 1, found 0",
        ),
        ("s: {strategy: spillover, targets: [alpha, al]}", "s.targets[1]", '"alpha" is already a target'),
        ("s: {strategy: spillover, targets: [r1, p1/r1]}", "s.targets[1]", '"p1/r1" is already a target'),
        ("s: {strategy: spillover, targets: [alpha, beta]}", "s.targets", "swap: true"),
        ("s: [alpha]", "s", "expected a mapping"),
    ],
)
def test_what_is_refused_of_a_selector(body: str, path: str, fragment: str) -> None:
    problem = the_problem(PEERS + f"selectors: {{{body}}}")
    assert problem.path == f"selectors.{path}"
    assert fragment in problem.message


def test_a_selector_leads_to_no_selector() -> None:
    text = "selectors: {s: {strategy: pin, targets: [t]}, t: {strategy: pin, targets: [alpha]}}"
    assert the_problem(PEERS + text).path == "selectors.s.targets[0]"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("groups: {g: {swap: false, members: [alpha]}, h: {swap: false, members: [beta]}}", "different groups"),
        ('matrix: {sets: {m: "alpha | beta"}}', "the matrix has no combination"),
    ],
)
def test_spillover_needs_targets_that_run_together(text: str, fragment: str) -> None:
    selectors = "\nselectors: {s: {strategy: spillover, targets: [alpha, beta]}}"
    problem = the_problem(PEERS + text + selectors)
    assert problem.path == "selectors.s.targets"
    assert fragment in problem.message


def test_a_setting_of_another_strategy_is_doubtful() -> None:
    text = "selectors: {s: {strategy: pin, targets: [alpha], settings: {spillover: 0}}}"
    (warning,) = load(PEERS + text).warnings
    assert "has no effect but with strategy: spillover" in warning


@pytest.mark.parametrize(
    ("body", "path", "fragment"),
    [
        ("p: {pins: {x: alpha, y: x}}", "p.pins.y", 'unknown model "x"'),
        ("p: {pins: {x: ghost}}", "p.pins.x", 'unknown model "ghost"'),
        ("p: {pins: {x: dup}}", "p.pins.x", 'unknown model "dup"'),
        ("p: {pins: {x: [alpha]}}", "p.pins.x", "expected a string"),
        ("p: {pins: {}}", "p.pins", "needs pins"),
        ("p: {description: D}", "p.pins", "needs pins"),
        ("p: ~", "p.pins", "needs pins"),
        ('"  ": {pins: {x: alpha}}', "  ", "a profile needs a name"),
        ('p: {pins: {" ": alpha}}', "p.pins. ", "a pin needs a name"),
        ("p: {pins: {p1/r1: alpha}}", "p.pins.p1/r1", "no pin may hide"),
    ],
)
def test_what_is_refused_of_a_profile(body: str, path: str, fragment: str) -> None:
    problem = the_problem(PEERS + f"profiles: {{{body}}}")
    assert problem.path == f"profiles.{path}"
    assert fragment in problem.message


def test_the_legacy_list_of_a_profile_is_refused_by_name() -> None:
    found = problems(PEERS + "profiles: {p: [alpha]}")
    assert [problem.path for problem in found] == ["profiles.p"]
    assert "legacy" in found[0].message
