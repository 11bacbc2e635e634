"""What a browser finds where the web UI could not be built: what runs, and where to look."""

from __future__ import annotations

import html
from collections.abc import Iterable

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
<p>A model starts when a request names it.
<p>The web UI is not there: {reason}. Until then:
<a href="/running">what is loaded</a>, <a href="/v1/models">what could be</a>, <a href="/logs/stream">the log, live</a>.
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def fallback_page(models: Iterable[tuple[str, str]], reason: str) -> str:
    """The page: each model, where it stands, and why there is no more than this."""
    rows = "".join(f"<tr><td>{html.escape(model)}<td>{html.escape(phase)}" for model, phase in models)
    return _PAGE.format(rows=rows or "<tr><td>no models are configured", reason=html.escape(reason))
