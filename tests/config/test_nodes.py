"""Structure of files: documents, anchors, merge keys, duplicates, depth (spec config 7)."""

from __future__ import annotations

import pytest

from tests.config.helpers import load, problems, the_problem


@pytest.mark.parametrize(
    ("text", "start_port"),
    [
        ("", 5800),
        ("# only a comment", 5800),
        ("---\n...\n", 5800),
        ("just text", 5800),
        ("{}", 5800),
        ("[]", 5800),
        ("startPort: 6001\n---\nstartPort: 6002", 6001),
        ("startPort: 6001\n--- [", 6001),
        ('{"startPort": 6003}', 6003),
        ("\ufeffstartPort: 6004", 6004),
        ("StartPort: 1\nSTARTPORT: 2", 5800),
        ("? startPort\n: 6005", 6005),
        ("'startPort': 6006", 6006),
    ],
)
def test_only_the_first_document_counts_and_an_empty_one_is_fine(text: str, start_port: int) -> None:
    assert load(text).start_port == start_port


@pytest.mark.parametrize(
    ("text", "place", "fragment"),
    [
        ("- a\n- b", (1, 1), "mapping"),
        ("startPort: 1\nstartPort: 1", (2, 1), 'key "startPort" is already defined at line 1'),
        ('a: 1\n"a": 2', (2, 1), "already defined"),
        ("x: {b: 1, b: 2}", (1, 11), "already defined"),
        ("x: *nowhere", (1, 4), "nowhere"),
        ("x: &a {b: *a}", (1, 11), "contains itself"),
        ("? [1]\n: 2", (1, 3), "key must be a scalar"),
        ("x: !!int y", (1, 4), "'y' is not a valid !!int"),
        ("a: [", (1, 5), "not YAML"),
        ("\tx: 1", (1, 1), "not YAML"),
        ("a: b: c", (1, 5), "not YAML"),
        ("ä: \x00", (1, 4), "control characters"),
        ("a: 1\nb: [\n\nc", (4, 2), "not YAML"),
        ("{<<: 1}", (1, 6), "<<"),
        ("<<: {a: 1}\n<<: {b: 1}", (2, 1), "already defined"),
        ("macros: [A]", (1, 9), "macros"),
    ],
)
def test_what_is_no_tree_of_values_is_refused_at_its_place(text: str, place: tuple[int, int], fragment: str) -> None:
    problem = the_problem(text)
    assert (problem.line, problem.column) == place
    assert fragment in str(problem)


def test_a_problem_of_the_tree_knows_its_path() -> None:
    assert the_problem("x:\n  y:\n    - a\n    - {b: *no}").path == "x.y[1].b"


def test_a_duplicate_does_not_hide_other_mistakes() -> None:
    found = problems("startPort: x\nglobalTTL: 1\nglobalTTL: 2\nunloadTimeout: -1")
    assert [problem.line for problem in found] == [1, 3, 4]


def test_a_merge_key_brings_in_what_is_not_given() -> None:
    models = load('x-base: &b {cmd: "run ${PORT}", ttl: 11}\nmodels: {alpha: {<<: *b}, beta: {ttl: 12, <<: *b}}').models
    assert (models["alpha"].ttl, models["beta"].ttl) == (11, 12)
    assert models["beta"].cmd == "run 5801"


def test_the_earlier_mapping_of_a_merge_list_wins() -> None:
    model = load(
        "x-1: &p {ttl: 1, name: P}\nx-2: &q {ttl: 2, description: Q}\n"
        'models: {alpha: {<<: [*p, *q], cmd: "run ${PORT}"}}'
    ).models["alpha"]
    assert (model.ttl, model.name, model.description) == (1, "P", "Q")


def test_each_use_of_an_anchor_is_a_copy() -> None:
    models = load('models: {alpha: &m {cmd: "run ${PORT} ${MODEL_ID}"}, beta: *m}').models
    assert [model.cmd for model in models.values()] == ["run 5800 alpha", "run 5801 beta"]


def test_models_can_be_merged_in() -> None:
    models = load('x-all: &all {alpha: {cmd: "${PORT}"}}\nmodels: {<<: *all, beta: {cmd: "${PORT}"}}').models
    assert list(models) == ["alpha", "beta"]


def test_an_anchor_may_be_defined_again() -> None:
    assert load("x: &a 1\ny: &a 6000\nstartPort: *a").start_port == 6000


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 100_000, "- " * 10_000, "".join(" " * depth + "a:\n" for depth in range(300))],
    ids=["brackets", "braces", "dashes", "indents"],
)
def test_deep_nesting_is_refused_and_kills_nobody(text: str) -> None:
    assert "not YAML" in the_problem(text).message


def test_nesting_by_aliases_counts_as_well() -> None:
    text = "x-0: &a0 [1]\n" + "".join(f"x-{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2000))
    assert "levels deep" in the_problem(text).message


def test_aliases_that_expand_without_measure_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))
    assert "aliases expand" in the_problem(bomb).message


def test_nothing_after_a_colon_is_null_in_a_block_and_empty_text_in_braces() -> None:
    assert load("startPort:\nlogLevel: ~\nmodels: null").log_level == "info"
    assert load('models: {alpha: {cmd: "run ${PORT}", name: }}').models["alpha"].name == ""
    assert the_problem('models: {alpha: {cmd: "run ${PORT}", ttl: }}').path == "models.alpha.ttl"
    assert load("models:\n  alpha:\n    cmd: run ${PORT}\n    ttl:\n").models["alpha"].ttl == 0


def test_keys_that_are_no_strings_become_text() -> None:
    models = load('models: {7: {cmd: "${PORT}"}, 0x10: {cmd: "${PORT}"}, true: {cmd: "${PORT}"}}').models
    assert list(models) == ["16", "7", "true"]
