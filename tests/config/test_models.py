"""Keys of a model: defaults, checks, names (spec config 13, 14)."""

from __future__ import annotations

import pytest

from modelyard.config.schema import ModelConfig, ProcessText
from tests.config.helpers import load, load_model, problems, the_problem

URL = 'cmd: run, proxy: "http://u"'


def test_a_model_that_says_only_how_to_start_it() -> None:
    assert load('models: {alpha: {cmd: "run --port ${PORT}"}}').models == {
        "alpha": ModelConfig(
            id="alpha",
            cmd="run --port 5800",
            proxy="http://localhost:5800",
            port=5800,
            process=ProcessText(cmd="run --port ${PORT}", proxy="http://localhost:${PORT}"),
        )
    }


def test_every_key() -> None:
    model = load_model(
        '{cmd: "run ${PORT}", cmdStop: stop, proxy: "http://h:1/v", checkEndpoint: none, ttl: 7, unloadTimeout: 8,'
        " env: [A=1, B, 5], aliases: [b, c], useModelName: up, name: Name, description: Words, unlisted: yes,"
        " concurrencyLimit: 3, parallel: 2, queueLimit: 0, macros: {M: 1.5}}"
    )
    assert model == ModelConfig(
        id="alpha",
        cmd="run 5800",
        cmd_stop="stop",
        proxy="http://h:1/v",
        port=5800,
        check_endpoint="none",
        ttl=7,
        unload_timeout=8,
        env=("A=1", "B", "5"),
        aliases=("b", "c"),
        use_model_name="up",
        name="Name",
        description="Words",
        unlisted=True,
        concurrency_limit=3,
        parallel=2,
        queue_limit=0,
        macros={"M": 1.5},
        process=ProcessText(cmd="run ${PORT}", env=("A=1", "B", "5"), proxy="http://h:1/v"),
    )


def test_the_time_to_live_comes_from_the_top_unless_given() -> None:
    text = f"globalTTL: 40\nmodels: {{a: {{{URL}, ttl: -1}}, b: {{{URL}, ttl: 0}}, c: {{{URL}}}, d: {{{URL}, ttl: 9}}}}"
    assert [model.ttl for model in load(text).models.values()] == [40, 0, 40, 9]


def test_the_unload_timeout_comes_from_the_top_unless_given() -> None:
    text = f"unloadTimeout: 44\nmodels: {{a: {{{URL}, unloadTimeout: 0}}, b: {{{URL}, unloadTimeout: 3}}}}"
    assert [model.unload_timeout for model in load(text).models.values()] == [44, 3]


@pytest.mark.parametrize(
    ("body", "key", "fragment"),
    [
        ("ttl: -2", "ttl", "at least -1, found -2"),
        ("unloadTimeout: -1", "unloadTimeout", "at least 0, found -1"),
        ("parallel: 0", "parallel", "at least 1, found 0"),
        ("queueLimit: -1", "queueLimit", "at least 0, found -1"),
        ("useModelName: [a]", "useModelName", "expected a string"),
    ],
)
def test_what_is_out_of_bounds(body: str, key: str, fragment: str) -> None:
    problem = the_problem(f"models: {{alpha: {{{URL}, {body}}}}}")
    assert problem.path == f"models.alpha.{key}"
    assert fragment in problem.message


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (f"models: {{a: {{{URL}, unloadTimeout: -1}}}}", "write unloadTimeout: 0"),
        (f"models: {{a: {{{URL}, ttl: -2}}}}", "write ttl: -1"),
        ("startPort: -7", "write startPort: 5800"),
    ],
)
def test_the_remedy_for_what_is_out_of_bounds_is_the_default(text: str, remedy: str) -> None:
    assert the_problem(text).remedy == remedy


def test_a_command_must_be_a_text() -> None:
    assert the_problem("models: {alpha: {cmd: [run, x]}}").path == "models.alpha.cmd"


@pytest.mark.parametrize(
    ("model", "body", "limit", "parallel"),
    [
        ("alpha", "", 0, 10),
        ("alpha", "concurrencyLimit: -4", -4, 10),
        ("alpha", "concurrencyLimit: 3", 3, 3),
        ("alpha", "concurrencyLimit: 30, parallel: 5", 30, 5),
        ("comfyui_auto", "", 0, 50),
        ("comfyui_auto", "concurrencyLimit: 7", 50, 50),
        ("comfyui_auto", "concurrencyLimit: 70", 70, 70),
    ],
)
def test_how_many_requests_at_a_time(model: str, body: str, limit: int, parallel: int) -> None:
    config = load(f"models: {{{model}: {{{URL}, {body}}}}}").models[model]
    assert (config.concurrency_limit, config.parallel) == (limit, parallel)


@pytest.mark.parametrize("proxy", ["myhost:99", "word", '""'])
def test_a_proxy_that_can_not_work_loads_with_a_warning(proxy: str) -> None:
    config = load(f"models: {{alpha: {{cmd: run, proxy: {proxy}}}}}")
    assert config.models["alpha"].proxy == proxy.strip('"')
    (warning,) = config.warnings
    assert "models.alpha" in warning


def test_a_null_proxy_is_the_default() -> None:
    assert load_model('{cmd: "run ${PORT}", proxy: ~}').proxy == "http://localhost:5800"


def test_a_proxy_that_is_no_url() -> None:
    problem = the_problem('models: {alpha: {cmd: run, proxy: "http://u:port"}}')
    assert problem.path == "models.alpha.proxy"
    assert "the port is not a number" in problem.message


def test_a_model_without_a_command_loads_with_a_warning() -> None:
    config = load('models: {alpha: {proxy: "http://u"}}')
    assert config.models["alpha"].cmd == ""
    assert config.warnings == ("models.yaml:1:10: models.alpha: has no cmd, so it can't be started",)


def test_an_open_quote_is_warned_of() -> None:
    (warning,) = load('models: {alpha: {cmd: "run \'a ${PORT}"}}').warnings
    assert "models.alpha.cmd: a quote is not closed" in warning


def test_ids_are_any_text() -> None:
    text = f'models: {{"org/model:7b v1": {{{URL}}}, "": {{{URL}}}, "é": {{{URL}}}}}'
    assert list(load(text).models) == ["", "org/model:7b v1", "é"]


def test_aliases_name_their_model() -> None:
    config = load(f'models: {{alpha: {{{URL}, aliases: [a1, "${{MODEL_ID}}-x", 1, 2.50]}}}}')
    assert config.aliases == {"a1": "alpha", "alpha-x": "alpha", "1": "alpha", "2.5": "alpha"}
    assert config.resolve("alpha-x") == "alpha"
    assert config.resolve("nobody") is None


def test_an_alias_belongs_to_one_model_and_stands_there_once() -> None:
    text = f"models:\n  alpha: {{{URL}, aliases: [a1, a1]}}\n  beta: {{{URL}, aliases: [a2, a1]}}"
    found = problems(text)
    assert [(problem.line, problem.path) for problem in found] == [
        (2, "models.alpha.aliases[1]"),
        (3, "models.beta.aliases[1]"),
    ]
    assert all('"a1"' in problem.message for problem in found)


def test_a_model_wins_over_an_alias_of_its_name() -> None:
    config = load(f"models: {{alpha: {{{URL}, aliases: [beta]}}, beta: {{{URL}}}}}")
    assert config.resolve("beta") == "beta"
    assert config.aliases == {"beta": "alpha"}
    (warning,) = config.warnings
    assert 'alias "beta" is also a model' in warning


def test_a_broken_model_is_still_a_name() -> None:
    found = problems("models: {alpha: 5}\ngroups: {g: {members: [alpha]}}")
    assert [problem.path for problem in found] == ["models.alpha"]


@pytest.mark.parametrize("text", ["models: {alpha: ~}", "models:\n  alpha:\n"])
def test_a_model_with_nothing_below_it_loads_and_can_not_be_started(text: str) -> None:
    config = load(text)
    model = config.models["alpha"]
    assert (model.cmd, model.proxy, model.port, model.ttl, model.timeouts.connect) == ("", "", None, 0, 30)
    assert [warning.partition("models.alpha: ")[2] for warning in config.warnings] == [
        "has no cmd, so it can't be started",
        "has no proxy, so it can't be started",
    ]


def test_names_that_nobody_can_ask_for_are_warned_of() -> None:
    config = load(f'models: {{"": {{{URL}}}, alpha: {{{URL}, aliases: [""]}}}}')
    assert [warning.partition(": ")[2] for warning in config.warnings] == [
        "models.: a model without a name: no request can ask for it",
        'models.alpha.aliases[0]: alias "" is also a model, which is what the name will mean',
    ]
    (warning,) = load(f'models: {{alpha: {{{URL}, aliases: [""]}}}}').warnings
    assert "an empty alias" in warning


def test_what_a_model_inherits_and_what_it_can_not_say_itself() -> None:
    config = load(
        "sendLoadingState: true\nhealthCheckTimeout: 60\n"
        f"models: {{a: {{{URL}, healthCheckTimeout: 3}}, b: {{{URL}, sendLoadingState: no}}}}"
    )
    assert [model.health_check_timeout for model in config.models.values()] == [60, 60]
    assert [model.send_loading_state for model in config.models.values()] == [True, False]


def test_time_outs_keep_their_other_defaults() -> None:
    timeouts = load_model(f"{{{URL}, timeouts: {{connect: 0, keepalive: -1}}}}").timeouts
    assert (timeouts.connect, timeouts.keepalive, timeouts.idle_conn, timeouts.response_header) == (0, -1, 90, 0)


@pytest.mark.parametrize(
    ("body", "path", "fragment"),
    [
        ("in: [Text]", "in[0]", '"Text" is none of'),
        ("out: [text, smell]", "out[1]", '"smell" is none of audio, image, text'),
        ("context: -1", "context", "at least 0, found -1"),
        ("in: text", "in", "[]string"),
    ],
)
def test_capabilities_that_are_refused(body: str, path: str, fragment: str) -> None:
    problem = the_problem(f"models: {{alpha: {{{URL}, capabilities: {{{body}}}}}}}")
    assert problem.path == f"models.alpha.capabilities.{path}"
    assert fragment in problem.message


def test_capabilities() -> None:
    told = load_model(f"{{{URL}, capabilities: {{in: [text, image, text], tools: yes, context: 4096.9}}}}").capabilities
    assert (told.in_, told.out, told.tools, told.reranker, told.context) == (
        ("text", "image", "text"),
        (),
        True,
        False,
        4096,
    )
