"""The resolved view: what programs see of a configuration (spec config, Appendix A)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.config.secrets import HIDDEN
from modelyard.config.view import resolved_view
from tests.config.helpers import load

URL = 'cmd: run, proxy: "http://u"'
FULL = """
macros: {A: 1, B: "${A}.5"}
apiKeys: [ours, more]
startPort: 6000
performance: {every: 1m}
hooks: {on_startup: {preload: [al]}}
models:
  alpha:
    cmd: run --port ${PORT} "a ${B}"
    cmdStop: kill ${PID}
    aliases: [al]
    macros: {C: x}
    metadata: {k: ~, n: 2.0}
    capabilities: {in: [text], tools: yes}
    filters: {stripParams: "b, a", setParams: {t: 1}, setParamsByID: {"al:x": ~}}
peers: {p: {proxy: "http://p", models: [m], apiKey: theirs}, q: {proxy: "http://q", models: [m]}}
matrix: {vars: {v: alpha}, evict_costs: {v: 3}, sets: {two: v, one: alpha}}
"""


def view(text: str) -> dict[str, Any]:
    """The view as a program gets it."""
    seen: dict[str, Any] = json.loads(json.dumps(resolved_view(load(text))))
    return seen


def test_a_model_has_its_effective_values_beside_those_that_are_written() -> None:
    model = view(FULL)["models"]["alpha"]
    assert model["cmd"] == 'run --port 6000 "a 1.5"'
    assert (model["cmd_argv"], model["cmdStop_argv"]) == (["run", "--port", "6000", "a 1.5"], ["kill", "${PID}"])
    assert model["proxy"] == "http://localhost:6000"
    assert model["macros"] == [["C", "x"]]
    assert model["metadata"] == {"k": None, "n": 2}
    assert (model["capabilities"]["in"], model["capabilities"]["empty"]) == (["text"], False)
    assert model["filters"]["stripParams"] == "b, a"
    assert model["filters"]["effective"] == {
        "stripParams": ["a", "b"],
        "setParams": {"t": 1},
        "setParamsByID": {"al:x": None},
    }
    assert model["aliases"] == ["al", "al:x"]


def test_the_rest_is_called_as_in_the_file() -> None:
    seen = view(FULL)
    assert seen["macros"] == [["A", 1], ["B", "${A}.5"]]
    assert seen["performance"] == {"disabled": False, "every_seconds": 60}
    assert seen["hooks"] == {"on_startup": {"preload": ["alpha"]}}
    assert seen["aliases"] == {"al": "alpha", "al:x": "alpha"}
    assert seen["routing"]["router"]["settings"]["matrix"] == {
        "vars": {"v": "alpha"},
        "evict_costs": {"v": 3},
        "resolved_evict_costs": {"alpha": 3},
        "sets": [["two", "v"], ["one", "alpha"]],
    }
    assert seen["routing"]["scheduler"]["use"] == "fifo"
    assert seen["routing"]["scheduler"]["settings"]["fifo"].items() >= {"priority": None, "maxWait": 300}.items()
    assert {"healthCheckTimeout", "globalTTL", "logToStdout", "includeAliasesInList"} <= seen.keys()


def test_secrets_are_hidden_where_that_is_asked() -> None:
    config = load(FULL)
    shown, hidden = resolved_view(config), resolved_view(config, reveal=False)
    assert shown["apiKeys"] == ["ours", "more"]
    assert shown["peers"]["p"]["apiKey"] == "theirs"
    assert hidden["apiKeys"] == [HIDDEN, HIDDEN]
    assert [peer["apiKey"] for peer in hidden["peers"].values()] == [HIDDEN, ""]
    assert not any(secret in json.dumps(hidden) for secret in ("ours", "more", "theirs"))


def test_secrets_are_hidden_also_where_a_macro_or_a_command_holds_them() -> None:
    config = load("""
macros: {KEY: sk-long-enough, SHORT: abc}
apiKeys: ["${KEY}", "${SHORT}"]
models: {abcd: {cmd: "run --api-key ${KEY} --port ${PORT}", env: ["KEY=${KEY}"]}}
""")
    hidden = resolved_view(config, reveal=False)
    assert "sk-long-enough" not in json.dumps(hidden)
    assert hidden["macros"] == [["KEY", HIDDEN], ["SHORT", HIDDEN]]
    assert hidden["models"]["abcd"]["cmd"] == f"run --api-key {HIDDEN} --port 5800"


@pytest.mark.parametrize(("limit", "shown"), [("", 50), ("concurrencyLimit: 7", 50), ("concurrencyLimit: 70", 70)])
def test_the_allowance_of_comfyui(limit: str, shown: int) -> None:
    model = view(f"models: {{comfyui_auto: {{{URL}, {limit}}}}}")["models"]["comfyui_auto"]
    assert (model["concurrencyLimit"], model["compat"]["ignoreWebsockets"]) == (shown, True)


def test_a_model_without_a_command_has_no_arguments() -> None:
    model = view('models: {alpha: {proxy: "http://u"}}')["models"]["alpha"]
    assert (model["cmd_argv"], model["cmdStop_argv"], model["metadata"]) == (None, None, None)
    assert model["capabilities"]["empty"] is True
