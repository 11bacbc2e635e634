"""Groups, priorities and the choice of the router (spec config 16, 17)."""

from __future__ import annotations

import pytest

from modelyard.config.document import GroupEntry
from modelyard.config.schema import DEFAULT_GROUP
from tests.config.helpers import load, the_problem

ABC = """
models:
  alpha: {cmd: run, proxy: "http://u", aliases: [al]}
  beta: {cmd: run, proxy: "http://u"}
  gamma: {cmd: run, proxy: "http://u"}
"""


def test_without_groups_all_models_are_in_the_default_one() -> None:
    assert load(ABC).groups == {DEFAULT_GROUP: GroupEntry(members=("alpha", "beta", "gamma"))}


def test_the_default_group_is_there_even_when_it_is_empty() -> None:
    assert load("").groups == {DEFAULT_GROUP: GroupEntry()}


@pytest.mark.parametrize(
    "text", ["groups: {g: %s}", "routing: {router: {use: group, settings: {groups: {g: %s}}}}"], ids=["top", "routing"]
)
@pytest.mark.parametrize(
    ("body", "group", "rest"),
    [
        ("{members: [beta]}", GroupEntry(members=("beta",)), ("alpha", "gamma")),
        ("{members: [gamma, alpha]}", GroupEntry(members=("gamma", "alpha")), ("beta",)),
        ("{members: [al]}", GroupEntry(members=("alpha",)), ("beta", "gamma")),
        ("{}", GroupEntry(), ("alpha", "beta", "gamma")),
        ("~", GroupEntry(), ("alpha", "beta", "gamma")),
        (
            "{swap: no, exclusive: no, persistent: yes, members: [beta]}",
            GroupEntry(swap=False, exclusive=False, persistent=True, members=("beta",)),
            ("alpha", "gamma"),
        ),
    ],
)
def test_groups(text: str, body: str, group: GroupEntry, rest: tuple[str, ...]) -> None:
    groups = load(ABC + text % body).groups
    assert groups["g"] == group
    assert groups[DEFAULT_GROUP] == GroupEntry(members=rest)
    assert list(groups)[-1] == DEFAULT_GROUP


def test_a_group_may_be_called_like_the_default_one_and_keeps_its_members() -> None:
    groups = load(ABC + 'groups: {"(default)": {swap: false, members: [beta]}}').groups
    assert groups == {
        "(default)": GroupEntry(swap=False, members=("beta",)),
        "((default))": GroupEntry(members=("alpha", "gamma")),
    }


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("groups: {g: {members: [beta, beta]}}", "groups.g.members[1]", '"beta" is already here'),
        ("groups: {g: {members: [beta]}, h: {members: [beta]}}", "groups.h.members[0]", 'in group "g"'),
        ("groups: {g: {members: beta}}", "groups.g.members", "[]string"),
        ("groups: {g: [beta]}", "groups.g", "expected a mapping"),
        ("groups: {g: {swap: 1}}", "groups.g.swap", "expected a boolean"),
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
        "matrix: {sets: {s: alpha & beta}}",
        "groups: {}\nmatrix: {sets: {s: alpha & beta}}",
        "routing: {router: {use: matrix, settings: {matrix: {sets: {s: alpha & beta}}, groups: {g: {}}}}}",
    ],
)
def test_a_matrix_is_compiled_and_groups_play_no_role(text: str) -> None:
    config = load(ABC + text)
    assert (config.router, config.groups) == ("matrix", {})
    assert config.matrix is not None
    assert config.matrix_program is not None
    assert config.matrix_program.together(["alpha", "beta"])
    assert not config.matrix_program.together(["alpha", "gamma"])


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("matrix: {}", "matrix", "no sets"),
        ('matrix: {sets: {s: "alpha & ghost"}}', "matrix.sets.s", "ghost"),
        ("matrix: {vars: {a: al}, sets: {s: a}}", "matrix.vars.a", '"al" is not a model'),
        ("matrix: {evict_costs: {alpha: ~}, sets: {s: alpha}}", "matrix.evict_costs.alpha", "the cost"),
        ("routing: {router: {use: matrix, settings: {matrix: {}}}}", "routing.router.settings.matrix", "no sets"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_noted_at_its_place(text: str, path: str, fragment: str) -> None:
    problem = the_problem(ABC + text)
    assert problem.path == path
    assert fragment in problem.message


@pytest.mark.parametrize(
    ("costs", "resolved"),
    [
        ("a: 9, beta: 2.9", {"alpha": 9, "beta": 2}),
        ("alpha: 5, a: 9", {"alpha": 9}),
        ("a: 9, a2: 8", {"alpha": 9}),
    ],
)
def test_the_cost_of_a_var_counts_before_that_of_its_model(costs: str, resolved: dict[str, int]) -> None:
    config = load(ABC + f"matrix: {{vars: {{a: alpha, a2: alpha}}, evict_costs: {{{costs}}}, sets: {{s: a}}}}")
    assert config.matrix_program is not None
    assert config.matrix_program.costs == resolved


def test_two_costs_of_one_model_are_warned_of() -> None:
    text = "matrix: {vars: {a: alpha}, evict_costs: {alpha: 5, a: 9}, sets: {s: a}}"
    (warning,) = load(ABC + text).warnings
    assert 'matrix.evict_costs.alpha: "a" gives the model "alpha" a cost already' in warning


def test_an_unknown_member_loads_and_stops_a_server_from_being_built() -> None:
    config = load(ABC + "groups: {g: {members: [alhpa]}}")
    assert config.groups["g"].members == ("alhpa",)
    (problem,) = config.unbuildable
    assert str(problem).endswith('groups.g.members[0]: unknown model "alhpa" (did you mean "alpha"?)')
    assert "members: [alhpa]" in problem.source_line
    assert problem.source_line[problem.column - 1 :].startswith("alhpa")


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("groups: {g: {members: [alpha, al]}}", {"g": ("alpha",), DEFAULT_GROUP: ("beta", "gamma")}),
        (
            "groups: {g: {members: [al, beta]}, h: {members: [alpha]}}",
            {"g": ("beta",), "h": ("alpha",), DEFAULT_GROUP: ("gamma",)},
        ),
    ],
)
def test_an_alias_as_a_member_counts_only_where_its_model_is_in_no_group(
    text: str, groups: dict[str, tuple[str, ...]]
) -> None:
    assert {name: group.members for name, group in load(ABC + text).groups.items()} == groups


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


@pytest.mark.parametrize(
    ("written", "priority"), [("alpha: 4, al: 9", 4), ("al: 9", 9), ("al: 9, al2: 11", 11), ("beta: 3", 0)]
)
def test_the_priority_of_a_model_is_its_own_or_that_of_its_aliases(written: str, priority: int) -> None:
    text = ABC.replace("[al]", "[al, al2]")
    config = load(text + f"routing: {{scheduler: {{settings: {{fifo: {{priority: {{{written}}}}}}}}}}}")
    assert config.priority_of("alpha") == priority
    assert config.priority_of("nobody") == 0
