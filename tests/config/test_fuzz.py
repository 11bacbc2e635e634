"""No text makes the loader do anything but load or raise its own error, soon, and in little memory.

`FUZZ_EXAMPLES` in the environment sets how many texts each test tries.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config
from modelyard.config.sources import Source, parse_config
from modelyard.config.view import resolved_view

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
ENVIRONMENT = {"A": "a", "B": "${env.A}", "NOTHING": "", "QUOTE": '"', "BROKEN": "x\ny", "YAML": "[1, {a: b}]"}

_WORDS = """models alpha beta macros cmd cmdStop proxy aliases env ttl filters stripParams strip_params setParams
    metadata setParamsByID timeouts connect capabilities in out tools context compat ignoreWebsockets groups g swap
    members exclusive persistent matrix vars evict_costs sets routing router use settings scheduler fifo priority group
    selectors s strategy targets spillover pin warm profiles pins peers p apiKey hooks on_startup preload upstream
    ignorePaths store path ui activity session_id performance every apiKeys startPort globalTTL unloadTimeout logLevel
    logToStdout healthCheckTimeout concurrencyLimit comfyui_auto parallel queueLimit"""
_VALUES = """0 1 -1 5800 65535 65536 9223372036854775807 99999999999999999999999 1e400 .inf .nan -0.0 1e-9 0x1F 08 true
    Yes ~ null "" 2031-05-06 5s 1h2m 0.1ns http://u http://[::1 ${PORT} ${PID} ${MODEL_ID} ${A} ${B} x${A}${A} ${env.A}
    ${env.B} ${env.UNSET} ${env.BROKEN} ${env.YAML} alpha|beta &a *a <<: !!binary !!int !x é 🦙 \u2028 \x85 [] {}
    alpha beta p/m model text audio pin warm spillover matrix group fifo both /tmp/x .db run ("""
WORDS = st.sampled_from(_WORDS.split())
VALUES = st.sampled_from(_VALUES.split())
TEXTS = st.one_of(VALUES, st.text(max_size=12), st.integers(), st.floats(), st.booleans(), st.none())
KEYS = st.one_of(WORDS, WORDS, WORDS, VALUES, st.text(max_size=6))
TREES = st.recursive(
    TEXTS,
    lambda children: st.one_of(st.lists(children, max_size=4), st.dictionaries(KEYS, children, max_size=5)),
    max_leaves=30,
)


def outcome(*texts: str) -> Config | ConfigError:
    """What becomes of a text. Anything but these two is a failure."""
    try:
        config = parse_config([Source(f"{index}.yaml", text) for index, text in enumerate(texts)], ENVIRONMENT)
    except ConfigError as error:
        refusal = error
    else:
        resolved_view(config)
        return config
    refusal.render(color=True)
    assert list(refusal.problems) == sorted(refusal.problems, key=lambda problem: problem.place)
    return refusal


def written(tree: object, depth: int = 0) -> str:
    """A tree as YAML flow, texts unquoted: it need not be valid."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {written(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(written, tree)) + "]"
    return str(tree)


def document(tree: object) -> str:
    """A tree whose top level is in block style."""
    if isinstance(tree, dict):
        return "\n".join(f"{key}: {written(value)}" for key, value in tree.items())
    return written(tree)


@FUZZ
@given(st.text())
def test_any_text(text: str) -> None:
    outcome(text)


@FUZZ
@given(
    st.lists(st.one_of(WORDS, VALUES, st.sampled_from([*":-[]{}&*!|>'\"#,?\n\t ", ": ", "\n  ", "- "]))).map("".join)
)
def test_what_looks_like_a_configuration_and_is_none(text: str) -> None:
    outcome(text)


@FUZZ
@given(st.dictionaries(KEYS, TREES, max_size=6))
def test_any_tree(tree: dict[str, object]) -> None:
    outcome(document(tree))


@FUZZ
@given(st.lists(st.dictionaries(WORDS, TREES, max_size=4), min_size=2, max_size=3))
def test_any_trees_together(trees: list[dict[str, object]]) -> None:
    outcome(*map(document, trees))


SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "models": st.dictionaries(KEYS, st.dictionaries(WORDS, TREES, max_size=6), max_size=4),
        "groups": st.dictionaries(KEYS, st.dictionaries(WORDS, TREES, max_size=3), max_size=3),
        "matrix": st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES, max_size=3), max_size=3),
        "selectors": st.dictionaries(KEYS, st.dictionaries(WORDS, TREES, max_size=3), max_size=3),
        "profiles": st.dictionaries(KEYS, st.dictionaries(WORDS, TREES, max_size=3), max_size=3),
        "peers": st.dictionaries(KEYS, st.dictionaries(WORDS, TREES, max_size=4), max_size=3),
        "macros": st.dictionaries(KEYS, TEXTS, max_size=4),
        "store": st.dictionaries(WORDS, TEXTS, max_size=2),
    },
)


@FUZZ
@given(SECTIONS)
def test_any_sections(tree: dict[str, object]) -> None:
    outcome(document(tree))


CASES = [
    case["yaml"]
    for case in yaml.safe_load(
        (Path(__file__).parents[1] / "conformance/config/cases.yaml").read_text(encoding="utf-8")
    )
    if case["kind"] == "load"
]
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1), st.integers(0, 12), st.one_of(st.just(""), WORDS, VALUES, st.sampled_from(": {}[]\n,'\""))
    ),
    min_size=1,
    max_size=4,
)


@FUZZ
@given(st.sampled_from(CASES), EDITS)
def test_any_example_with_changes(text: str, edits: list[tuple[float, int, str]]) -> None:
    for where, removed, inserted in edits:
        start = int(where * len(text))
        text = text[:start] + inserted + text[start + removed :]
    outcome(text)


BOMBS = {
    "aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)),
    "merge keys": "a0: &a0 {k: {j: 1}}\n"
    + "".join(f"a{i}: &a{i} {{k{i}: *a{i - 1}, l{i}: *a{i - 1}, <<: *a{i - 1}}}\n" for i in range(1, 60)),
    "macros that double": "macros: {A0: 'xxxxxxxx', "
    + ", ".join(f"A{i}: '${{A{i - 1}}}${{A{i - 1}}}'" for i in range(1, 60))
    + "}\nmodels: {m: {cmd: '${A59}', proxy: 'http://u'}}",
    "one long macro, many uses": f"macros: {{A: {'x' * 100_000}}}\nmodels:\n"
    + "".join(f"  m{i}: {{cmd: 'run ${{A}}', proxy: 'http://u', env: ['${{A}}a', '${{A}}b']}}\n" for i in range(2000)),
    "many macros, all in one text": "macros:\n"
    + "".join(f"  A{i}: x\n" for i in range(10_000))
    + "models: {m: {proxy: 'http://u', cmd: '"
    + " ".join(f"${{A{i}}}" for i in range(10_000))
    + "'}}",
    "one anchor, many uses": f"x: &x [{', '.join(['y'] * 5000)}]\nmodels:\n"
    + "".join(f"  m{i}: {{cmd: run, proxy: 'http://u', env: *x}}\n" for i in range(150)),
    "many mistakes": "models:\n" + "".join(f"  m{i}: {{cmd: [1], prxy: 5, ttl: x}}\n" for i in range(3000)),
    "huge numbers": "startPort: " + "9" * 200_000,
    "huge keys": "x" * 500_000 + ": 1",
    "deep braces": "a: " * 1 + "{a: " * 50_000,
    "deep indents": "".join(" " * depth + "a:\n" for depth in range(1000)),
    "many names": "groups: {g: {members: [" + ", ".join(f"m{i}" for i in range(20_000)) + "]}}",
    "many aliases of one model": "models: {a: {cmd: run, proxy: 'http://u', aliases: ["
    + ", ".join(f"alias-{i}" for i in range(20_000))
    + "]}}",
    "many peers, many pins, many mistakes": "peers:\n"
    + "".join(f"  p{i}: {{proxy: 'http://u', models: [a, a, b{i}]}}\n" for i in range(1000))
    + "profiles: {p: {pins: {"
    + ", ".join(f"x{i}: y{i}" for i in range(10_000))
    + "}}}\nselectors: {s: {strategy: spillover, targets: ["
    + ", ".join(f"b{i % 900}" for i in range(10_000))
    + "]}}",
    "many models, many misspelt": "models:\n"
    + "".join(f"  model-number-{i}: {{cmd: run, proxy: 'http://u'}}\n" for i in range(5000))
    + "groups: {g: {members: ["
    + ", ".join(f"modle-number-{i}" for i in range(5000))
    + "]}}",
    "one name as long as a book": "models: {a: {cmd: run, proxy: 'http://u'}}\ngroups: {g: {members: ["
    + "a" * 300_000
    + "]}}\n"
    + "b" * 100_000
    + ": 1",
    "a long pattern": "upstream: {ignorePaths: ['" + "(a{1,900}){1,900}" * 50 + "']}",
    "an endless expression": "models: {a: {cmd: run, proxy: http://u}}\nmatrix: {sets: {s: '"
    + "(" * 50_000
    + "a"
    + ")" * 50_000
    + "'}}",
    "long durations": "performance: {every: '" + "1s" * 100_000 + "'}",
    "surrogates": "logLevel: '\ud800'",
    "nul": "logLevel: 'a\0b'",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_goes_off_in_little_time_and_memory(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    outcome(BOMBS[name])
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime - before.ru_utime < 20
    assert after.ru_maxrss - before.ru_maxrss < 500_000  # kilobytes
