from __future__ import annotations

import pytest

from modelyard.app.world import World
from modelyard.runtime.warmup import WarmUp
from tests.config.helpers import load


def warm_up(model: str) -> WarmUp | None:
    """The request for warming up of a model that is written so."""
    spec = World(load(f"models: {{a: {{cmd: x, proxy: 'http://h:1', {model}}}}}")).process("a")
    assert spec is not None
    return spec.warm_up


@pytest.mark.parametrize(
    ("written", "request_"),
    [
        ("", None),
        ("warmup: null", None),
        ("warmup: {path: /v1/models}", WarmUp("/v1/models", None, 60.0)),
        ("warmup: {}", WarmUp("/", None, 60.0)),
        ("warmup: {path: /p, timeout: 5, body: {n: 1.0}}", WarmUp("/p", b'{"model":"a","n":1}', 5.0)),
        ("warmup: {path: /p, body: {}}, useModelName: b", WarmUp("/p", b'{"model":"b"}', 60.0)),
        ("warmup: {path: /p, body: {model: c}}, useModelName: b", WarmUp("/p", b'{"model":"c"}', 60.0)),
        ("warmup: {path: '/${MODEL_ID}', body: {x: '${MODEL_ID}'}}", WarmUp("/a", b'{"model":"a","x":"a"}', 60.0)),
    ],
)
def test_what_a_model_is_warmed_up_with(written: str, request_: WarmUp | None) -> None:
    assert warm_up(written) == request_
