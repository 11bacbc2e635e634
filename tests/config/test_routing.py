"""Groups, priorities and the choice of the router (spec config 16, 17)."""

from __future__ import annotations

import pytest

from modelyard.config.schema import DEFAULT_GROUP, GroupConfig
from tests.config.helpers import load, problems, the_problem

ABC = """
models:
  alpha: {cmd: run, proxy: "http://u", aliases: [al]}
  beta: {cmd: run, proxy: "http://u"}
  gamma: {cmd: run, proxy: "http://u"}
"""


def test_without_groups_all_models_are_in_the_default_one() -> None:
    assert load(ABC).groups == {DEFAULT_GROUP: GroupConfig(members=("alpha", "beta", "gamma"))}


def test_the_default_group_is_there_even_when_it_is_empty() -> None:
    assert load("").groups == {DEFAULT_GROUP: GroupConfig()}


@pytest.mark.parametrize(
    "text", ["groups: {g: %s}", "routing: {router: {use: group, settings: {groups: {g: %s}}}}"], ids=["top", "routing"]
)
@pytest.mark.parametrize(
    ("body", "group", "rest"),
    [
        ("{members: [beta]}", GroupConfig(members=("beta",)), ("alpha", "gamma")),
        ("{members: [gamma, alpha]}", GroupConfig(members=("gamma", "alpha")), ("beta",)),
        ("{members: [al]}", GroupConfig(members=("alpha",)), ("beta", "gamma")),
        ("{}", GroupConfig(), ("alpha", "beta", "gamma")),
        ("~", GroupConfig(), ("alpha", "beta", "gamma")),
        (
            "{swap: no, exclusive: no, persistent: yes, members: [beta]}",
            GroupConfig(swap=False, exclusive=False, persistent=True, members=("beta",)),
            ("alpha", "gamma"),
        ),
    ],
)
def test_groups(text: str, body: str, group: GroupConfig, rest: tuple[str, ...]) -> None:
    groups = load(ABC + text % body).groups
    assert groups["g"] == group
    assert groups[DEFAULT_GROUP] == GroupConfig(members=rest)
    assert list(groups)[-1] == DEFAULT_GROUP


def test_a_group_may_be_called_like_the_default_one_and_keeps_its_members() -> None:
    groups = load(ABC + 'groups: {"(default)": {swap: false, members: [beta]}}').groups
    assert groups == {
        "(default)": GroupConfig(swap=False, members=("beta",)),
        "((default))": GroupConfig(members=("alpha", "gamma")),
    }


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("groups: {g: {members: [beta, beta]}}", "groups.g.members[1]", '"beta" is already here'),
        ("groups: {g: {members: [alpha, al]}}", "groups.g.members[1]", '"alpha" is already here'),
        ("groups: {g: {members: [beta]}, h: {members: [beta]}}", "groups.h.members[0]", 'in group "g"'),
        ("groups: {g: {members: [alhpa]}}", "groups.g.members[0]", 'did you mean "alpha"?'),
        ("groups: {g: {members: [ghost]}}", "groups.g.members[0]", 'unknown model "ghost"'),
        ("groups: {g: {members: beta}}", "groups.g.members", "[]string"),
        ("groups: {g: [beta]}", "groups.g", "expected a mapping"),
        ("groups: {g: {swap: 1}}", "groups.g.swap", "expected a boolean"),
        (
            "routing: {router: {settings: {groups: {g: {members: [ghost]}}}}}",
            "routing.router.settings.groups.g.members[0]",
            "ghost",
        ),
        ("routing: {router: {use: Group}}", "routing.router.use", '"Group"'),
        ("routing: {scheduler: {use: lifo}}", "routing.scheduler.use", '"lifo"'),
        (
            "routing: {scheduler: {settings: {fifo: {priority: {ghost: 1}}}}}",
            "routing.scheduler.settings.fifo.priority.ghost",
            'unknown model "ghost"',
        ),
        (
            "routing: {scheduler: {settings: {fifo: {priority: {alpha: x}}}}}",
            "routing.scheduler.settings.fifo.priority.alpha",
            "expected an integer",
        ),
        (
            "routing: {scheduler: {settings: {fifo: {maxWait: -1}}}}",
            "routing.scheduler.settings.fifo.maxWait",
            "at least 0",
        ),
        ("groups: {g: {members: [alpha]}}\nrouting: {router: {use: group}}", "groups", "routing.router"),
        (
            "matrix: {sets: {s: alpha}}\nrouting: {router: {settings: {groups: {g: {members: [alpha]}}}}}",
            "matrix",
            "routing.router",
        ),
        ("matrix: {}\nrouting: {router: {use: group}}", "matrix", "routing.router"),
        ("groups: {g: {members: [alpha]}}\nmatrix: {sets: {s: alpha}}", "matrix", "exclude each other"),
        ("routing: {router: {use: matrix}}", "routing.router.use", "settings.matrix is missing"),
        ("matrix: [alpha]", "matrix", "expected a mapping"),
    ],
)
def test_what_is_refused(text: str, path: str, fragment: str) -> None:
    problem = the_problem(ABC + text)
    assert problem.path == path
    assert fragment in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        "matrix: {sets: {s: alpha}}",
        "matrix: {}",
        "groups: {}\nmatrix: {sets: {s: alpha}}",
        "routing: {router: {use: matrix, settings: {matrix: {sets: {s: alpha}}}}}",
    ],
)
def test_a_matrix_is_refused_as_ignoring_it_would_let_other_models_run_together(text: str) -> None:
    assert "not supported yet" in the_problem(ABC + text).message


def test_a_matrix_that_is_not_used_is_ignored_with_a_warning() -> None:
    config = load(ABC + "routing: {router: {settings: {matrix: {sets: {s: ghost}}}}}")
    (warning,) = config.warnings
    assert "routing.router.settings.matrix: ignored without use: matrix" in warning


@pytest.mark.parametrize(
    "text",
    [
        "groups: {g: {members: [alpha]}}\nrouting: {scheduler: {use: fifo}}",
        "matrix: ~\nrouting: {router: {use: group}}",
        "groups: {}\nrouting: {router: {use: group}}",
        "routing: {router: {use: ''}}",
        "routing:",
    ],
)
def test_what_is_no_contradiction(text: str) -> None:
    assert DEFAULT_GROUP in load(ABC + text).groups


def test_priorities_keep_the_names_as_written() -> None:
    config = load(ABC + "routing: {scheduler: {settings: {fifo: {priority: {alpha: 4, al: -1}, maxWait: 60}}}}")
    assert config.priorities == {"alpha": 4, "al": -1}
    assert config.max_wait == 60


def test_the_members_of_a_contradiction_are_still_checked() -> None:
    found = problems(ABC + "groups: {g: {members: [a]}}\nmatrix: {}")
    assert [problem.path for problem in found] == ["groups.g.members[0]", "matrix"]
