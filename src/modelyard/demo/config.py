"""The configuration of `modelyard demo`; `examples/demo.yaml` is the same for a `python3` on the PATH."""

from __future__ import annotations

import json
import shlex

_TEMPLATE = """\
# Five demo engines behind Modelyard: three that take turns, and two that stay beside them.
#
#   modelyard -config examples/demo.yaml -listen 127.0.0.1:8080
#
# The demo engine needs no model file: it continues some old books with a small n-gram model, draws landscapes and
# speaks in tones, behind the protocols of real engines. docs/demo-engine.md lists its switches.

# Models take their ports from here on, in the order of their names.
startPort: {start_port}

macros:
  # The interpreter that has Modelyard installed.
  python: {python}
  engine: ${{python}} -m modelyard.demo.engine --port ${{PORT}} --name ${{MODEL_ID}}

models:
  writer:
    name: Writer
    description: Loads in a second and writes quickly.
    cmd: ${{engine}} --load 1 --tps 60 --tokens 80
    # Other names for it, for clients that insist on one of these.
    aliases: [gpt-4o-mini, default]
    # What clients are told that it can do; it limits nothing.
    capabilities: {{in: [text, image], out: [text]}}

  poet:
    name: Poet
    description: Takes three seconds and 200 MB to load, and thinks before it writes.
    cmd: ${{engine}} --load 3 --memory 200 --tps 20 --tokens 80 --reasoning
    capabilities: {{in: [text, image], out: [text]}}
    # Unloads itself after five minutes without a request.
    ttl: 300

  painter:
    name: Painter
    description: Draws landscapes of what it is told.
    cmd: ${{engine}} --load 2 --memory 120 --draw 0.8
    capabilities: {{in: [text], out: [image]}}

  speaker:
    name: Speaker
    description: Speaks in tones, and understands its own speech.
    cmd: ${{engine}} --load 0.5
    capabilities: {{in: [text, audio], out: [audio, text]}}

  embedder:
    name: Embedder
    description: Embeddings and reranking, beside whichever of the others is loaded.
    cmd: ${{engine}} --load 0.5
    capabilities: {{in: [text], reranker: true}}

groups:
  # One member at a time: `writer` leaves when `poet` is asked for.
  authors:
    swap: true
    exclusive: true
    members: [writer, poet, painter]

  # Never evicted by another group, and evicts nobody.
  always:
    persistent: true
    exclusive: false
    swap: false
    members: [embedder, speaker]
"""


MODELS = 5
"""Of the demo; each takes a port."""


def demo_config(python: str, start_port: int) -> str:
    """The demo's configuration as YAML. `python` is the interpreter's path; ports count from `start_port`."""
    return _TEMPLATE.format(python=json.dumps(shlex.quote(python)), start_port=start_port)
