"""Who gets which automatic port, at the start and at a reload (spec config 10)."""

from __future__ import annotations

import pytest

from modelyard.config.ports import assign_ports
from modelyard.config.schema import HeldPorts, ProcessText
from modelyard.config.sources import Source, parse_config
from tests.config.helpers import load

ABC = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("held", "ports"),
    [
        (HeldPorts(), [5800, 5801, 5802]),
        (HeldPorts(by_model={"b": 5800}), [5801, 5800, 5802]),
        (HeldPorts(by_model={"c": 5802, "gone": 5801}), [5800, 5801, 5802]),
        (HeldPorts(by_model={"a": 9000}), [9000, 5800, 5801]),
        (HeldPorts(taken=frozenset([5801])), [5800, 5802, 5803]),
        (HeldPorts(by_model={"a": 5801}, taken=frozenset([5800, 5801])), [5801, 5802, 5803]),
    ],
)
def test_a_held_port_is_kept_and_others_are_the_lowest_that_are_free(held: HeldPorts, ports: list[int]) -> None:
    assert list(assign_ports(ABC, 5800, held).values()) == ports


def test_no_port_beyond_the_last() -> None:
    assert assign_ports(ABC, 65534, HeldPorts()) == {"a": 65534, "b": 65535, "c": None}
    assert assign_ports(["a"], 70_000, HeldPorts()) == {"a": None}


def test_a_model_that_no_longer_asks_gives_its_port_to_another() -> None:
    text = 'models: {a: {cmd: run, proxy: "http://u"}, b: {cmd: "${PORT}"}}'
    config = parse_config([Source("x", text)], {}, held=HeldPorts(by_model={"a": 5800}))
    assert [model.port for model in config.models.values()] == [None, 5800]


def test_what_a_process_is_made_from_names_no_automatic_port() -> None:
    text = """
macros: {P: "--port ${PORT}", M: m.gguf}
models:
  a: {cmd: "run ${P} ${M}", proxy: "http://localhost:${PORT}/v1", env: ["P=${PORT}", ~, "M=${M}"]}
  b: {cmd: run, proxy: "http://u", env: [5]}
"""
    config = load(text)
    assert config.models["a"].cmd == "run --port 5800 m.gguf"
    assert config.models["a"].process == ProcessText(
        cmd="run --port ${PORT} m.gguf", env=("P=${PORT}", "M=m.gguf"), proxy="http://localhost:${PORT}/v1"
    )
    assert config.models["b"].process == ProcessText(cmd="run", env=("5",), proxy="http://u")


@pytest.mark.parametrize("proxy", ["http://localhost:5800", "http://127.0.0.1:5800/v1", "HTTP://[::1]:5800"])
def test_an_automatic_port_that_another_proxy_names_is_warned_of(proxy: str) -> None:
    (warning,) = load(f'models: {{a: {{cmd: "${{PORT}}"}}, b: {{cmd: run, proxy: "{proxy}"}}}}').warnings
    assert 'models.b.proxy: port 5800 is also what ${PORT} gives to the model "a"' in warning


@pytest.mark.parametrize("proxy", ["http://localhost:5801", "http://example.com:5800", "http://localhost"])
def test_other_ports_and_other_hosts_do_not_clash(proxy: str) -> None:
    assert load(f'models: {{a: {{cmd: "${{PORT}}"}}, b: {{cmd: run, proxy: "{proxy}"}}}}').warnings == ()
