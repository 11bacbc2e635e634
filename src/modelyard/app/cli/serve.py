"""`modelyard -config FILE -listen ADDR`: serve until told to stop."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import sys
from collections.abc import Callable, Sequence

import uvloop

from modelyard import __version__
from modelyard.app.cli.flags import Flags, UsageError, parse_flags, usage
from modelyard.app.daemon import Daemon, ListenError, Options
from modelyard.app.listen import Address, parse_address
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config
from modelyard.config.sources import load_config

EXIT_FAILED = 1

SUBCOMMAND_HELP = """

Commands:
  modelyard check FILE   say what is wrong with a configuration, and where
  modelyard demo         three small models on loopback, and what to try
"""


def run(argv: Sequence[str]) -> int:
    """Serve; returns the exit code (spec config 3)."""
    try:
        flags = parse_flags(argv)
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if flags.help:
        print(usage() + SUBCOMMAND_HELP, file=sys.stderr)
        return 0
    if flags.version:
        print(f"version: {__version__} (unknown), built at unknown")
        return 0
    try:
        config, address, tls = _prepare(flags)
    except _FatalError as error:
        return fatal(str(error))
    except ConfigError as error:
        print(error.render(color=sys.stderr.isatty()), file=sys.stderr)
        files = " and ".join(filter(None, (flags.config, flags.config_dir)))
        return fatal(f"the configuration {files} can't be used")
    return serve(config, address, tls)


class _FatalError(Exception):
    """The server can't start."""


def _prepare(flags: Flags) -> tuple[Config, Address, ssl.SSLContext | None]:
    if not flags.config and not flags.config_dir:
        raise _FatalError(_what_is_missing(flags.rest))
    if flags.rest:
        print(f"ignored, since flags end at the first argument that is none: {' '.join(flags.rest)}", file=sys.stderr)
    if bool(flags.tls_cert_file) != bool(flags.tls_key_file):
        raise _FatalError("TLS needs both -tls-cert-file and -tls-key-file")
    if flags.watch_config:
        print("-watch-config has no effect yet: restart to apply changes", file=sys.stderr)
    config = load_config(flags.config, flags.config_dir)
    if config.unbuildable:
        raise _FatalError("; ".join(config.unbuildable))
    try:
        address = parse_address(flags.listen)
    except ValueError as error:
        raise _FatalError(str(error)) from error
    return config, address, _tls_context(flags)


def _what_is_missing(rest: Sequence[str]) -> str:
    if rest:
        return f"{rest[0]!r} is no command, and one of -config and -config-dir is required (help: modelyard -h)"
    return "one of -config and -config-dir is required (try: modelyard demo)"


def _tls_context(flags: Flags) -> ssl.SSLContext | None:
    if not flags.tls_cert_file:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(flags.tls_cert_file, flags.tls_key_file)
    except (OSError, ssl.SSLError) as error:
        files = f"{flags.tls_cert_file} and {flags.tls_key_file}"
        raise _FatalError(f"the TLS files {files} can't be used: {error}") from error
    return context


def serve(
    config: Config,
    address: Address,
    tls: ssl.SSLContext | None = None,
    on_listening: Callable[[str], None] | None = None,
) -> int:
    """Run the daemon on its own event loop; returns the exit code."""

    async def work() -> int:
        return await Daemon(config, Options(address=address, tls=tls, on_listening=on_listening)).run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())
    except ListenError as error:
        return fatal(str(error))


def fatal(message: str) -> int:
    """Print a fatal message, one line on stderr (spec config 2); returns the exit code."""
    now = datetime.datetime.now().astimezone()
    print(f"{now:%Y/%m/%d %H:%M:%S} ERROR {message}", file=sys.stderr)
    return EXIT_FAILED
