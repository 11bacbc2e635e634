"""What holds for every configuration: the same text means the same, and loading it again moves nothing."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config, HeldPorts
from modelyard.config.sources import Source, parse_config
from modelyard.config.view import resolved_view

NAMES = st.text("abXY01-/. é", min_size=1, max_size=5).map(str.strip).filter(bool)
TEXTS = st.sampled_from(["run", "run ${PORT}", "run ${PORT} ${A}", "serve ${B} --port ${PORT}", "x ${MODEL_ID}"])
BODIES = st.fixed_dictionaries(
    {"cmd": TEXTS, "proxy": st.just("http://localhost:9")},
    optional={"ttl": st.integers(-1, 99), "name": NAMES, "env": st.lists(st.just("N=${A}"), max_size=2)},
)
MODELS = st.dictionaries(NAMES, BODIES, max_size=6)
EXAMPLES = settings(max_examples=150, deadline=None)


def text_of(models: dict[str, dict[str, object]]) -> str:
    """A configuration of these models, as JSON-like YAML."""
    listed = ", ".join(f"{name!r}: {body}" for name, body in models.items())
    return f"macros: {{A: 1, B: 'b${{A}}'}}\nmodels: {{{listed}}}"


def load(*texts: str, held: HeldPorts = HeldPorts()) -> Config:  # noqa: B008 - frozen
    """The configuration of several files."""
    return parse_config([Source(f"{index}.yaml", text) for index, text in enumerate(texts)], {}, held=held)


def held_by(config: Config) -> HeldPorts:
    """The ports of a configuration in use."""
    return HeldPorts(by_model={model.id: model.port for model in config.models.values() if model.port is not None})


@EXAMPLES
@given(MODELS)
def test_resolving_is_deterministic(models: dict[str, dict[str, object]]) -> None:
    assert load(text_of(models)) == load(text_of(models))


@EXAMPLES
@given(MODELS)
def test_the_order_of_the_models_in_the_file_does_not_count(models: dict[str, dict[str, object]]) -> None:
    backwards = dict(reversed(models.items()))
    assert resolved_view(load(text_of(models))) == resolved_view(load(text_of(backwards)))


@EXAMPLES
@given(MODELS)
def test_loading_again_with_the_ports_held_changes_nothing(models: dict[str, dict[str, object]]) -> None:
    config = load(text_of(models))
    assert load(text_of(models), held=held_by(config)) == config


@EXAMPLES
@given(MODELS, MODELS)
def test_at_a_reload_every_model_that_stays_keeps_its_port_and_its_process(
    before: dict[str, dict[str, object]], more: dict[str, dict[str, object]]
) -> None:
    old = load(text_of(before))
    new = load(text_of(more | before), held=held_by(old))
    for model in before:
        assert new.models[model].port == old.models[model].port
        assert new.models[model].process == old.models[model].process
    ports = [model.port for model in new.models.values() if model.port is not None]
    assert len(set(ports)) == len(ports)


@EXAMPLES
@given(MODELS, st.integers(0, 6))
def test_models_may_be_spread_over_files(models: dict[str, dict[str, object]], count: int) -> None:
    first = dict(itertools.islice(models.items(), count))
    rest = {name: body for name, body in models.items() if name not in first}
    assert resolved_view(load(text_of(first), text_of(rest))) == resolved_view(load(text_of(models)))


@EXAMPLES
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), min_size=1, max_size=4))
def test_lists_are_appended_in_the_order_of_the_files(lists: list[list[str]]) -> None:
    config = load(*(f"apiKeys: [{', '.join(keys)}]" for keys in lists))
    assert config.api_keys == tuple(itertools.chain(*lists))


@EXAMPLES
@given(MODELS, NAMES)
def test_the_texts_of_a_process_do_not_name_its_port(models: dict[str, dict[str, object]], name: str) -> None:
    try:
        config = load(text_of(models) + f"\nstartPort: {20_000 + len(name)}")
    except ConfigError as error:  # no text of these is a mistake
        raise AssertionError(error) from error
    for model in config.models.values():
        assert model.port is None or str(model.port) not in model.process.cmd
        assert model.process.cmd.replace("${PORT}", str(model.port)) == model.cmd
