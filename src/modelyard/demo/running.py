"""Puts the engine together and keeps it running."""

from __future__ import annotations

import asyncio
import signal

from modelyard.demo.application import Application
from modelyard.demo.journal import log
from modelyard.demo.options import Options
from modelyard.demo.routes import ROUTES
from modelyard.demo.server import Connection

BACKLOG = 1024


def run_until_stopped(options: Options) -> int:
    """Serve until a signal stops us. Returns the exit status."""
    return asyncio.run(_run(options))


async def _run(options: Options) -> int:
    loop = asyncio.get_running_loop()
    app = Application(options, ROUTES)
    stopped: asyncio.Future[str] = loop.create_future()
    _handle_signals(options, stopped)
    living = loop.create_task(_live(app), name="live")
    await asyncio.wait((stopped, living), return_when=asyncio.FIRST_COMPLETED)
    if not stopped.done():
        log(f"error: {living.exception()}")
        return 1
    log(f"received {stopped.result()}, stopping")
    return 0


async def _live(app: Application) -> None:
    """Listen and load, in the order asked for, and never end but by an error."""
    if app.options.load_mode == "refuse":
        await app.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(app.handle, app.journal), app.options.host, app.options.port, backlog=BACKLOG
    )
    host, port = server.sockets[0].getsockname()[:2]
    log(f"listening on http://{host}:{port}")
    async with asyncio.TaskGroup() as group:
        if app.options.chatter > 0:
            group.create_task(app.chatter(), name="chatter")
        if not app.is_ready:
            await app.load()
        await app.stay_ready()


def _handle_signals(options: Options, stopped: asyncio.Future[str]) -> None:
    def stop(name: str) -> None:
        if not stopped.done():
            stopped.set_result(name)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop, "SIGINT")
    if options.ignore_term:
        loop.add_signal_handler(signal.SIGTERM, log, "ignoring SIGTERM")
    else:
        loop.add_signal_handler(signal.SIGTERM, stop, "SIGTERM")
