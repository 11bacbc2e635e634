"""Who may run beside a model, under groups and under a matrix."""

from __future__ import annotations

from tests.app.meaning.test_names import explained, fact, facts

MODELS = "models: {a: {cmd: 'x ${PORT}'}, b: {cmd: 'x ${PORT}'}, c: {cmd: 'x ${PORT}'}, d: {cmd: 'x ${PORT}'}}\n"
GROUPS = MODELS + "groups:\n  g: {swap: false, exclusive: false, members: [a, b]}\n  h: {members: [c]}\n"
MATRIX = MODELS + "matrix:\n  vars: {x: a}\n  evict_costs: {x: 9, b: 3}\n  sets: {one: x & b, two: b & c}\n"


def neighbours(text: str, name: str) -> tuple[object, object, object]:
    found = facts(explained(text, name))
    return found["stops"].value, found["stoppedBy"].value, found["beside"].value


def test_groups_are_one_way() -> None:
    assert neighbours(GROUPS, "a") == ([], ["c", "d"], ["b"])
    assert neighbours(GROUPS, "c") == (["a", "b", "d"], ["d"], [])


def test_the_group_is_named_with_its_rules() -> None:
    assert fact(GROUPS, "a", "group") == ("g", ["m.yaml:3:3"])
    assert fact(GROUPS, "a", "group.swap") == (False, ["m.yaml:3:13"])
    assert fact(GROUPS, "a", "group.persistent") == (False, ["default"])
    assert fact(GROUPS, "a", "router") == ("group", ["follows from groups at m.yaml:3:3"])


def test_models_in_no_group_are_in_the_default_one() -> None:
    assert fact(MODELS, "a", "group") == ("(default)", ["it is in no group of the file"])
    assert fact(MODELS, "a", "router") == ("group", ["default"])
    assert neighbours(MODELS, "a") == (["b", "c", "d"], ["b", "c", "d"], [])


def test_groups_in_their_newer_place() -> None:
    text = MODELS + "routing: {router: {use: group, settings: {groups: {g: {swap: false, members: [a]}}}}}\n"
    assert fact(text, "a", "group") == ("g", ["m.yaml:2:52"])
    assert fact(text, "a", "router") == ("group", ["m.yaml:2:25"])


def test_a_matrix_names_the_sets() -> None:
    assert neighbours(MATRIX, "a") == (["c", "d"], ["c", "d"], ["b"])
    assert fact(MATRIX, "a", "sets.one") == ("x & b", ["m.yaml:5:15"])
    assert {key for key in facts(explained(MATRIX, "b")) if key.startswith("sets.")} == {"sets.one", "sets.two"}


def test_what_it_costs_to_stop_a_model() -> None:
    assert fact(MATRIX, "a", "evictCost") == (9, ["m.yaml:4:20"])
    assert fact(MATRIX, "b", "evictCost") == (3, ["m.yaml:4:26"])
    assert fact(MATRIX, "c", "evictCost") == (1, ["default"])


def test_a_model_in_no_set_runs_alone() -> None:
    assert facts(explained(MATRIX, "d"))["sets"].note == "it is in no set, and runs alone"
    assert neighbours(MATRIX, "d") == (["a", "b", "c"], ["a", "b", "c"], [])
