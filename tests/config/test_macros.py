"""Macros, ports and process ids (spec config 10)."""

from __future__ import annotations

import random

import pytest

from modelyard.config.document import MacroValue
from modelyard.config.errors import Place, Report
from modelyard.config.macros import MAX_EXPANDED_TEXT, Expander, Scope
from modelyard.config.scalars import text_of
from tests.config.helpers import load, problems, the_problem

RUN = 'models: {alpha: {cmd: "run ${PORT} %s"}}'


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("n" * 64, "63"),
        ('"a.b"', "a.b"),
        ('""', "macro"),
        ("PORT", "PORT is reserved"),
        ("MODEL_ID", "MODEL_ID is reserved"),
        ("PID", "PID is reserved"),
        ("é", "é"),
    ],
)
def test_a_name_must_be_short_plain_and_free(name: str, fragment: str) -> None:
    assert fragment in the_problem(f"macros: {{{name}: 1}}").message


def test_the_longest_name() -> None:
    assert load(f"macros: {{{'n' * 63}: 1}}").macros == {"n" * 63: 1}


def test_a_mistake_in_a_macro_of_a_model_names_the_model() -> None:
    assert the_problem("models: {alpha: {proxy: 'http://u', macros: {PID: 1}}}").path == "models.alpha.macros.PID"


@pytest.mark.parametrize("value", ["[1]", "{b: 1}", "~", "2031-05-06"])
def test_a_value_must_be_a_scalar(value: str) -> None:
    problem = the_problem(f"macros: {{A: {value}}}")
    assert problem.path == "macros.A"
    assert "scalar" in problem.message


def test_a_macro_may_not_use_itself() -> None:
    assert "A uses itself" in the_problem('macros: {A: "x${A}"}').message


def test_merge_keys_are_refused_and_an_alias_as_the_whole_block_is_not() -> None:
    assert "<<" in the_problem("x-set: &s {A: 3}\nmacros: {<<: *s, B: 4}").message
    assert load("x-set: &s {A: 3}\nmacros: *s").macros == {"A": 3}


def test_names_are_case_sensitive_and_numbers_become_names() -> None:
    text = 'macros: {port: 1, "-": 2, 77: 3}\n' + RUN % "${port} ${-} ${77}"
    assert load(text).models["alpha"].cmd == "run 5800 1 2 3"


@pytest.mark.parametrize(
    ("macros", "arguments", "expanded"),
    [
        ("F: 3.0, G: 2500000.0, H: 0.00002", "${F} ${G} ${H}", "3 2.5e+06 2e-05"),
        ("I: 0x10, O: 1_000, B: TRUE", "${I} ${O} ${B}", "16 1000 true"),
        ('BASE: /m, MID: "${BASE}/l", TOP: "${MID}/f"', "${TOP}", "/m/l/f"),
        ('WHO: "id=${MODEL_ID} p=${PORT}"', "${WHO}", "id=alpha p=5800"),
        ("A: 1", "${a.b} ${a b} $A ${} ${A:-x}", "${a.b} ${a b} $A ${} ${A:-x}"),
        ("A: 1", "$${A}", "$1"),
    ],
)
def test_the_text_of_a_macro_goes_into_other_text(macros: str, arguments: str, expanded: str) -> None:
    assert load(f"macros: {{{macros}}}\n" + RUN % arguments).models["alpha"].cmd == f"run 5800 {expanded}"


def test_a_whole_reference_keeps_the_type() -> None:
    text = (
        'macros: {N: 90, M: "${N}", B: true}\n'
        'models: {alpha: {cmd: "run ${PORT}", ttl: "${M}", unlisted: "${B}", name: "${B}"}}'
    )
    model = load(text).models["alpha"]
    assert (model.ttl, model.unlisted, model.name) == (90, True, "true")


@pytest.mark.parametrize(("value", "use"), [('"90"', "${N}"), ("9", "${N}0")])
def test_text_stays_text(value: str, use: str) -> None:
    text = f'macros: {{N: {value}}}\nmodels: {{alpha: {{cmd: "run ${{PORT}}", ttl: "{use}"}}}}'
    assert the_problem(text).path == "models.alpha.ttl"


@pytest.mark.parametrize(
    ("macros", "own", "use", "expanded"),
    [
        ('TAG: outer, MSG: "<${TAG}>"', "TAG: inner", "${MSG}", "<inner>"),
        ("G: g", 'X: "${G}!"', "${X}", "g!"),
    ],
)
def test_macros_of_a_model_come_on_top_of_global_ones(macros: str, own: str, use: str, expanded: str) -> None:
    text = f'macros: {{{macros}}}\nmodels: {{alpha: {{cmd: "run ${{PORT}} {use}", macros: {{{own}}}}}}}'
    assert load(text).models["alpha"].cmd == f"run 5800 {expanded}"


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ('macros: {FIRST: "${SECOND}", SECOND: 2}\n' + RUN % "${FIRST}", "models.alpha.cmd", "declare SECOND above"),
        (
            'macros: {A: 0}\nmodels: {alpha: {cmd: "${PORT} ${A}", macros: {A: "${B}", B: 1}}}',
            "models.alpha.cmd",
            "${B}",
        ),
        (
            'models: {alpha: {cmd: "${PORT}", macros: {L: 1}}, beta: {cmd: "${PORT} ${L}"}}',
            "models.beta.cmd",
            "${L}",
        ),
        ('globalTTL: "${T}"', "globalTTL", "${T}"),
        ('ui: {unknownkey: "${never}"}', "ui.unknownkey", "${never}"),
        ('hooks: {on_startup: {preload: ["${MODEL_ID}"]}}', "hooks.on_startup.preload[0]", "${MODEL_ID}"),
        ('peers: {p: {proxy: "http://h:${PORT}", models: [m]}}', "peers.p.proxy", "${PORT}"),
        ('models: {alpha: {cmd: run, proxy: "http://u", nosuchkey: "${Z}"}}', "models.alpha.nosuchkey", "${Z}"),
        ('models: {alpha: {cmd: "run $${A}", proxy: "http://u"}}', "models.alpha.cmd", "${A}"),
        (RUN % "# ${UNDEFINED}", "models.alpha.cmd", "${UNDEFINED}"),
        ("macros: {MODEL_PATH: /m}\n" + RUN % "${MODEL_PTH}", "models.alpha.cmd", 'did you mean "MODEL_PATH"?'),
        ('models: {alpha: {cmd: run, proxy: "http://u", name: "${PORT}"}}', "models.alpha.name", "PORT"),
        ('models: {alpha: {cmd: run, proxy: "http://u:${PORT}"}}', "models.alpha.proxy", "${PORT}"),
        ("models: {alpha: {cmd: run}}", "models.alpha.proxy", "${PORT}"),
        ("models: {alpha: {}}", "models.alpha.proxy", "${PORT}"),
        (RUN % "${PID}", "models.alpha.cmd", "${PID} exists only in cmdStop"),
        ('models: {alpha: {cmd: "${PORT}", env: ["P=${PID}"]}}', "models.alpha.env[0]", "PID"),
    ],
)
def test_what_nothing_replaces_is_refused_where_it_stands(text: str, path: str, fragment: str) -> None:
    problem = the_problem(text)
    assert problem.path == path
    assert fragment in str(problem)


def test_keys_and_unknown_sections_are_left_alone() -> None:
    text = 'x-anything: {deep: "${never}"}\nmystery: "${never}"\nmodels: {"${never}": {cmd: "${PORT}"}}'
    assert list(load(text).models) == ["${never}"]


def test_a_mapping_with_keys_that_are_no_texts_is_expanded_and_not_checked() -> None:
    text = 'models: {alpha: {cmd: "${PORT}", metadata: {m: {1: "${never} ${MODEL_ID}", x: ["${never}"]}}}}'
    assert load(text).models["alpha"].metadata == {"m": {"1": "${never} alpha", "x": ["${never}"]}}


def test_a_broken_macro_gives_one_problem_however_often_it_is_used() -> None:
    text = 'macros: {A: ~, B: "${A}"}\nmodels: {alpha: {cmd: "${PORT} ${A} ${B}", ttl: "${A}"}}\nstartPort: "${B}"'
    assert the_problem(text).path == "macros.A"


def test_macros_that_double_each_other_are_refused() -> None:
    doubled = ", ".join(f"A{i}: '${{A{i - 1}}}${{A{i - 1}}}'" for i in range(1, 62))
    problem = the_problem(f"macros: {{A0: x, {doubled}}}\nlogLevel: '${{A61}}'")
    assert str(MAX_EXPANDED_TEXT) in problem.message


def test_ports_follow_the_byte_order_of_ids() -> None:
    text = """
startPort: 7000
models:
  zed: {cmd: "run ${PORT}"}
  Abc: {cmd: "run ${PORT}"}
  abc10: {cmd: "run ${PORT}"}
  abc9: {cmd: "run ${PORT}"}
  fixed: {cmd: run, proxy: "http://u"}
"""
    models = load(text).models
    assert {name: model.port for name, model in models.items()} == {
        "Abc": 7000,
        "abc10": 7001,
        "abc9": 7002,
        "fixed": None,
        "zed": 7003,
    }
    assert list(models) == sorted(models)


def test_the_port_goes_everywhere_in_its_model() -> None:
    text = """
models:
  alpha:
    cmd: run ${PORT} ${PORT}
    proxy: http://h:${PORT}/v
    checkEndpoint: /ok/${PORT}
    cmdStop: stop ${PORT} ${PID}
    ttl: ${PORT}
"""
    model = load(text).models["alpha"]
    assert (model.cmd, model.proxy) == ("run 5800 5800", "http://h:5800/v")
    assert (model.check_endpoint, model.cmd_stop, model.ttl) == ("/ok/5800", "stop 5800 ${PID}", 5800)


@pytest.mark.parametrize(
    ("text", "cmds"),
    [
        ('models: {a: {cmd: "run ${PORT}", proxy: "http://u:1"}, b: {cmd: "run ${PORT}"}}', ["run 5800", "run 5801"]),
        ('macros: {FP: 6200}\nstartPort: "${FP}"\nmodels: {a: {cmd: "run ${PORT}"}}', ["run 6200"]),
        (
            'macros: {P: "-p ${PORT}"}\nmodels: {a: {cmd: "run ${P}"}, b: {cmd: "run ${P}"}}',
            ["run -p 5800", "run -p 5801"],
        ),
    ],
)
def test_every_model_that_asks_takes_a_port(text: str, cmds: list[str]) -> None:
    assert [model.cmd for model in load(text).models.values()] == cmds


def test_no_port_beyond_the_last_is_given_out() -> None:
    text = 'startPort: 65535\nmodels: {a: {cmd: "${PORT}"}, b: {cmd: "${PORT}"}}'
    problem = the_problem(text)
    assert (problem.path, problem.message) == ("models.b", "no port is left")


def test_the_process_id_may_stay_in_the_stop_command() -> None:
    text = 'macros: {K: "kill ${PID}"}\nmodels: {alpha: {cmd: "run ${PORT}", cmdStop: "${K}"}}'
    assert load(text).models["alpha"].cmd_stop == "kill ${PID}"


def test_comment_lines_go_before_macros_are_expanded() -> None:
    text = "models:\n  alpha:\n    cmd: |\n      # ${UNDEFINED} line\n      run\n        # more\n      -p ${PORT}\n"
    assert load(text).models["alpha"].cmd == "run\n-p 5800\n"
    commented = "models:\n  alpha:\n    cmd: |\n      # ${PORT}\n      run\n"
    assert "cmd does not" in the_problem(commented).message


def test_macros_stay_to_be_seen_as_they_are_written() -> None:
    text = 'macros: {A: 1, B: "${A}"}\nmodels: {alpha: {cmd: "${PORT}", macros: {C: "${B}"}}}'
    config = load(text)
    assert config.macros == {"A": 1, "B": "${A}"}
    assert config.models["alpha"].macros == {"C": "${B}"}


def test_every_leftover_is_named() -> None:
    text = 'models: {alpha: {cmd: "${PORT} ${X} ${Y} ${X}"}}'
    assert [problem.message for problem in problems(text)] == ["unknown macro ${X}", "unknown macro ${Y}"]


PIECES = ["${A}", "${B}", "${C}", "${AB}", "${Ax}", "$", "{", "}", "A", "B", "x", "${", "${A", "${${A}}", " "]


def as_the_rule_says(text: str, macros: dict[str, MacroValue]) -> MacroValue:
    """Expansion by the letter of the rule: every macro in its turn, from the last one to the first (spec config 10)."""
    for name, value in reversed(macros.items()):
        reference = f"${{{name}}}"
        if text != reference:
            text = text.replace(reference, text_of(value))
        elif isinstance(value, str):
            text = value
        else:
            return value
    return text


def test_expansion_stops_only_where_something_is_used_and_still_follows_the_rule() -> None:
    """References may form only once others are filled in, as in `${A${B}}`."""
    dice = random.Random(1)
    for _ in range(5000):
        macros: dict[str, MacroValue] = {}
        for name in dice.sample(["A", "B", "C", "AB", "Ax", "ABC", "CA"], dice.randint(1, 6)):
            text = "".join(dice.choices(PIECES, k=dice.randint(0, 4)))
            values: list[MacroValue] = ["self"] if f"${{{name}}}" in text else [text, text, text, 5, True, 1.5]
            macros[name] = dice.choice(values)
        text = "".join(dice.choices(PIECES, k=dice.randint(1, 6)))
        expanded = Expander(Report()).expand_text(text, Place("f"), Scope(macros))
        expected = as_the_rule_says(text, macros)
        assert (expanded, type(expanded)) == (expected, type(expected)), (text, macros)
