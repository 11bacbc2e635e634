"""What a browser finds where the web UI is going to be: what runs, and where to look."""

from __future__ import annotations

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from modelyard.app.world import World
from modelyard.runtime.engine import Engine

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Modelyard</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }}
  td {{ padding: 0 2rem 0 0; }}
</style>
<h1>Modelyard runs</h1>
<table>{rows}</table>
<p>A model starts when a request names it. There is no web UI yet; until then:
<a href="/running">what is loaded</a>, <a href="/v1/models">what could be</a>, <a href="/logs/stream">the log, live</a>.
"""


class Landing:
    """The page under `/ui/`."""

    def __init__(self, engine: Engine, world: World) -> None:
        self._engine = engine
        self._world = world

    def __repr__(self) -> str:
        return f"<Landing of {self._world!r}>"

    async def enter(self, request: Request) -> Response:
        """`GET /ui`."""
        return RedirectResponse("/ui/", status_code=307)

    async def page(self, request: Request) -> Response:
        """`GET /ui/…`: each model and where it stands."""
        phases = {model: known.phase for model, known in self._engine.snapshot().models.items()}
        rows = "".join(
            f"<tr><td>{html.escape(model)}<td>{html.escape(str(phases.get(model, 'stopped')))}"
            for model in sorted(self._world.config.models)
        )
        return HTMLResponse(_PAGE.format(rows=rows or "<tr><td>no models are configured"))
