"""Several files to one configuration (spec config 6)."""

from __future__ import annotations

import pytest

from modelyard.config.errors import ConfigError, Problem
from modelyard.config.schema import Config
from modelyard.config.sources import Source, parse_config

ALPHA = 'models:\n  alpha: {cmd: run, proxy: "http://u"}\n'
BETA = 'models:\n  beta: {cmd: run, proxy: "http://u"}\n'


def merged(*texts: str) -> Config:
    """The configuration of several files, a.yaml, b.yaml and so on."""
    return parse_config([Source(f"{name}.yaml", text) for name, text in zip("abcdef", texts, strict=False)], {})


def conflict(*texts: str) -> Problem:
    """The only problem of several files."""
    with pytest.raises(ConfigError) as caught:
        merged(*texts)
    (problem,) = caught.value.problems
    return problem


def test_models_of_several_files_are_together() -> None:
    assert list(merged(BETA, ALPHA).models) == ["alpha", "beta"]


def test_no_text_at_all_means_the_defaults() -> None:
    assert merged("", "# nothing\n", "just text", "{}", "[]").start_port == 5800


def test_lists_are_appended_and_nothing_is_dropped() -> None:
    assert merged("apiKeys: [c, d]", "apiKeys: [d]", "apiKeys: ", "apiKeys: [e]").api_keys == ("c", "d", "d", "e")


@pytest.mark.parametrize(
    ("left", "right", "ttl"),
    [
        ("globalTTL: 9", "globalTTL: 9", 9),
        ("globalTTL:", "globalTTL: 9", 9),
        ("globalTTL: 9", "globalTTL:", 9),
        ("globalTTL: ~", "globalTTL: ~", 0),
        ("{globalTTL: }", "globalTTL: 9", 9),
    ],
)
def test_equal_values_and_empty_ones_are_no_conflict(left: str, right: str, ttl: int) -> None:
    assert merged(left, right).global_ttl == ttl


@pytest.mark.parametrize(
    ("left", "right", "path", "fragment"),
    [
        ("globalTTL: 9", "globalTTL: 10", "globalTTL", "is 10 here and 9 at a.yaml:1:12"),
        ("globalTTL: 9", "globalTTL: 0x9", "globalTTL", "is 0x9 here and 9 at"),
        ("globalTTL: 9", 'globalTTL: "9"', "globalTTL", 'is "9" here and 9 at'),
        ("globalTTL: ~", "globalTTL: 9", "globalTTL", "is 9 here and ~ at"),
        ("hooks: {on_startup: {}}", "hooks: 5", "hooks", "is 5 here and a mapping at"),
        ("apiKeys: [a]", "apiKeys: {a: 1}", "apiKeys", "is a mapping here and a list at"),
        ("macros: {A: 1}", "macros: {A: 2}", "macros.A", "is 2 here and 1 at a.yaml:1:13"),
        (ALPHA, ALPHA, "models.alpha", '"alpha" is already defined at a.yaml:2:3'),
        ("models:", ALPHA, "models", "is a mapping here and empty at"),
        ("groups: {g: {}}", "groups: {g: {}}", "groups.g", "already defined"),
        ("peers: {p: ~}", "peers: {p: ~}", "peers.p", "already defined"),
        (
            "routing: {router: {settings: {matrix: {vars: {}}}}}",
            "routing: {router: {settings: {matrix: {vars: {}}}}}",
            "routing.router.settings.matrix.vars",
            "already defined",
        ),
    ],
)
def test_a_conflict_names_both_places(left: str, right: str, path: str, fragment: str) -> None:
    problem = conflict(left, right)
    assert (problem.file, problem.path) == ("b.yaml", path)
    assert fragment in problem.message


def test_every_conflict_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        merged("globalTTL: 1\nstartPort: 6000", "globalTTL: 2\nstartPort: 7000", "globalTTL: 3")
    assert [(problem.file, problem.path) for problem in caught.value.problems] == [
        ("b.yaml", "globalTTL"),
        ("b.yaml", "startPort"),
        ("c.yaml", "globalTTL"),
    ]


def test_the_quotes_of_a_text_do_not_matter() -> None:
    assert merged("logLevel: warn", 'logLevel: "warn"', "logLevel: 'warn'").log_level == "warn"


def test_plain_mappings_merge_in_depth() -> None:
    config = merged("performance: {every: 8s}", "performance: {disabled: true}")
    assert (config.performance.every, config.performance.disabled) == (8.0, True)


def test_blocks_of_a_matrix_may_be_in_different_files() -> None:
    config = merged(ALPHA + "matrix: {vars: {v: alpha}}", "matrix: {sets: {s: v}}")
    assert config.matrix_program is not None


def test_macros_of_an_earlier_file_are_declared_earlier() -> None:
    model = 'models: {alpha: {cmd: "run ${PORT} ${B}"}}'
    assert merged(f"macros: {{A: 1}}\n{model}", 'macros: {B: "b${A}"}').models["alpha"].cmd == "run 5800 b1"
    assert "declare A above" in str(conflict(f'macros: {{B: "b${{A}}"}}\n{model}', "macros: {A: 1}"))


def test_a_merge_key_among_macros_is_refused_in_every_file() -> None:
    assert "<<" in conflict("macros: {A: 1}", "x: &x {B: 2}\nmacros: {<<: *x}").message


def test_anchors_belong_to_their_file() -> None:
    one = 'x-m: &m {cmd: one, proxy: "http://u"}\nmodels: {alpha: *m}'
    two = 'x-n: &m {cmd: two, proxy: "http://u"}\nmodels: {beta: *m}'
    assert [model.cmd for model in merged(one, two).models.values()] == ["one", "two"]
    assert "unknown anchor" in conflict(one, "logLevel: *m").message


def test_a_whole_section_may_be_an_alias() -> None:
    both = merged(ALPHA, 'x: &x {beta: {cmd: run, proxy: "http://u"}}\nmodels: *x')
    assert list(both.models) == ["alpha", "beta"]


def test_a_mistake_is_shown_in_the_file_that_has_it() -> None:
    problem = conflict(ALPHA, 'models:\n  beta: {cmd: run, proxy: "http://u", ttl: x}')
    assert (problem.file, problem.line, problem.path) == ("b.yaml", 2, "models.beta.ttl")
    assert "beta" in problem.source_line
