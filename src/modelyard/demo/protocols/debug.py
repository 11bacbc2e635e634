"""What tests want to know, and the page for people."""

from __future__ import annotations

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, RefusedError

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}</style></head>
<body><h1>{name}</h1>
<p>This is Modelyard's demo engine: a word model after some old books, behind real protocols.</p>
<ul><li><a href="v1/models">models</a></li><li><a href="props">properties</a></li>
<li><a href="slots">slots</a></li><li><a href="debug/requests">requests</a></li></ul>
</body></html>
"""


async def page(app: Application, exchange: Exchange) -> None:
    """GET `/`. Its links are relative, so that they work behind a path prefix."""
    from html import escape  # here, since its table of entities is large and the page rarely asked for

    exchange.answer(_PAGE.format(name=escape(app.options.alias)).encode(), "text/html; charset=utf-8")


async def requests(app: Application, exchange: Exchange) -> None:
    """GET `/debug/requests`: what is open, what was, who left early."""
    exchange.answer_json(app.journal.report())


async def headers(app: Application, exchange: Exchange) -> None:
    """`/debug/headers`: the headers of this request, and of the last POST to another route."""
    if not app.options.echo_headers:
        raise RefusedError(404, "start the engine with --echo-headers", "not_found_error")
    exchange.answer_json({"headers": exchange.request.headers, "last": app.last_headers})
