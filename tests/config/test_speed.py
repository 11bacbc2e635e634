"""Large configurations load while one waits: a reload of a thousand models is no event."""

from __future__ import annotations

import time

from tests.config.helpers import load

MODELS = 1000
HEAD = """
macros:
  server: /opt/llama-server --host 127.0.0.1
  base: ${server} --port ${PORT}
models:
"""
MODEL = """
  model-%d:
    cmd: ${base} -m /models/${MODEL_ID}.gguf --ctx-size ${ctx}
    macros:
      ctx: 4096
    aliases:
      - alias-%d
    ttl: 300
"""


def test_a_thousand_models_with_macros_load_soon() -> None:
    """The bound is twice what it may take, so that a busy machine does not fail it; it takes a quarter of a second."""
    text = HEAD + "".join(MODEL % (number, number) for number in range(MODELS))
    taken = []
    for _ in range(3):
        began = time.process_time()
        config = load(text)
        taken.append(time.process_time() - began)
    assert len(config.models) == MODELS
    assert config.models["model-999"].cmd.endswith("--port 6799 -m /models/model-999.gguf --ctx-size 4096")
    assert min(taken) < 1.0
