"""Filters, and the aliases that come from them (spec config 15)."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.config.schema import EffectiveFilters
from tests.config.helpers import load, load_model, problems, the_problem

URL = 'cmd: run, proxy: "http://u"'


def filters(body: str) -> EffectiveFilters:
    """What the filters of a model come down to."""
    return load_model(f"{{{URL}, filters: {{{body}}}}}").effective_filters


@pytest.mark.parametrize(
    ("body", "stripped"),
    [
        ('stripParams: " top_p ,model,, top_k,top_p"', ("top_k", "top_p")),
        ("stripParams: Model", ("Model",)),
        ("strip_params: seed", ("seed",)),
        ("stripParams: a, strip_params: b", ("a",)),
        ('stripParams: "", strip_params: b', ("b",)),
        ("stripParams: 5", ("5",)),
        ('stripParams: "model,,"', ()),
        ("", ()),
    ],
)
def test_what_is_stripped(body: str, stripped: tuple[str, ...]) -> None:
    assert filters(body).strip_params == stripped


@pytest.mark.parametrize(
    ("body", "params"),
    [
        (
            "setParams: {model: z, temperature: 0.25, n: 2.0, stop: [x, 1.0, ~]}",
            {"temperature": 0.25, "n": 2, "stop": ["x", 1, None]},
        ),
        ("setParams: {model: z}", None),
        ("setParams: {}", None),
        ("setParams: ~", None),
        ("", None),
        (
            "setParams: {d: 2031-05-06, b: !!binary aGk=, deep: {1: {x: yes}}}",
            {"d": "2031-05-06T00:00:00Z", "b": "hi", "deep": {"1": {"x": "yes"}}},
        ),
    ],
)
def test_what_is_set(body: str, params: dict[str, Any] | None) -> None:
    assert filters(body).set_params == params


def test_parameters_are_set_in_the_order_of_their_names() -> None:
    params = filters("setParams: {b: 1, a: 2, B: 3}").set_params
    assert params is not None
    assert list(params) == ["B", "a", "b"]


def test_whole_floats_become_integers_as_far_as_floats_are_exact() -> None:
    params = filters("setParams: {n: 2.0, big: 1e300, none: .nan}").set_params
    assert params is not None
    assert isinstance(params["n"], int)
    assert isinstance(params["big"], float)


def test_names_with_parameters_of_their_own_become_aliases() -> None:
    config = load(
        f'models: {{alpha: {{{URL}, aliases: [v], filters: {{setParamsByID: {{"${{MODEL_ID}}": {{e: 1}}, '
        f'"${{MODEL_ID}}:hi": {{e: 2, model: x}}, v: {{e: 3}}, null-one: ~, 5: {{e: 5}}}}}}}}}}'
    )
    model = config.models["alpha"]
    assert model.aliases == ("v", "5", "alpha:hi", "null-one")
    assert config.aliases == {"v": "alpha", "5": "alpha", "alpha:hi": "alpha", "null-one": "alpha"}
    assert model.effective_filters.set_params_by_id == {
        "alpha": {"e": 1},
        "alpha:hi": {"e": 2},
        "v": {"e": 3},
        "null-one": None,
        "5": {"e": 5},
    }


def test_macros_and_the_port_in_names_and_values() -> None:
    model = load_model(
        '{cmd: "run ${PORT}", filters: {setParamsByID: {"m-${PORT}": {p: "${PORT}", t: "${T}"}}}}', "macros: {T: 0.5}"
    )
    assert model.effective_filters.set_params_by_id == {"m-5800": {"p": 5800, "t": 0.5}}


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        (f"models: {{a: {{{URL}, filters: {{strip_params: [a]}}}}}}", "models.a.filters.strip_params", "a string"),
        (f"models: {{a: {{{URL}, filters: {{setParams: [x]}}}}}}", "models.a.filters.setParams", "a mapping"),
        (
            f"models: {{a: {{{URL}, filters: {{setParamsByID: {{v: 1}}}}}}}}",
            "models.a.filters.setParamsByID.v",
            "expected a mapping",
        ),
        (
            f"models: {{a: {{{URL}, filters: {{setParamsByID: {{b: {{e: 1}}}}}}}}, b: {{{URL}}}}}",
            "models.a.filters.setParamsByID.b",
            '"b" is another model',
        ),
        (
            f"models: {{a: {{{URL}, filters: {{setParamsByID: {{v: {{e: 1}}}}}}}},"
            f" b: {{{URL}, filters: {{setParamsByID: {{v: {{e: 1}}}}}}}}}}",
            "models.b.filters.setParamsByID.v",
            'alias "v" is already used by model "a"',
        ),
        (
            f"models: {{a: {{{URL}, filters: {{setParamsByID: {{v: {{e: 1}}}}}}}}, b: {{{URL}, aliases: [v]}}}}",
            "models.a.filters.setParamsByID.v",
            'alias "v" is already used by model "b"',
        ),
        (
            f"macros: {{A: same, B: same}}\nmodels: {{a: {{{URL}, filters: {{setParamsByID: "
            '{"${A}": {e: 1}, "${B}": {e: 2}}}}}',
            "models.a.filters.setParamsByID.${B}",
            'another key is "same" as well',
        ),
        (
            f'models: {{a: {{{URL}, filters: {{setParamsByID: {{"${{NOPE}}": {{e: 1}}}}}}}}}}',
            "models.a.filters.setParamsByID.${NOPE}",
            "unknown macro ${NOPE}",
        ),
        (f"models: {{a: {{{URL}, filters: {{stripParams: 'n, t*'}}}}}}", "models.a.filters.stripParams", '"t*"'),
    ],
)
def test_what_is_refused(text: str, path: str, fragment: str) -> None:
    problem = the_problem(text)
    assert problem.path == path
    assert fragment in problem.message


def test_every_wildcard_is_named() -> None:
    found = problems(
        f"models: {{a: {{{URL}, filters: {{strip_params: 'x?'}}}}, b: {{{URL}, filters: {{stripParams: '*'}}}}}}"
    )
    assert [problem.path for problem in found] == ["models.a.filters.strip_params", "models.b.filters.stripParams"]
