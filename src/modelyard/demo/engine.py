"""The demo engine's program: `python -m modelyard.demo.engine --port N`."""

from __future__ import annotations

import sys
import time

from modelyard.demo import process
from modelyard.demo.options import Options, parse


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit status: 1 where the address can't be listened on."""
    options = parse(arguments)
    if options.crash == "start":
        time.sleep(options.crash_after or 0.0)
        process.crash("no usable device found")
    if options.fork or options.setsid:
        process.serve_from_child(new_session=options.setsid)
    return _serve(options)


def _serve(options: Options) -> int:
    # Tests start hundreds of engines. asyncio does without TLS where `ssl` can't be imported, which saves an
    # eighth of the start; and an engine that is to crash at once needs no asyncio.
    sys.modules.setdefault("ssl", None)  # type: ignore[arg-type]
    from modelyard.demo.running import run_until_stopped

    return run_until_stopped(options)


if __name__ == "__main__":
    sys.exit(main())
