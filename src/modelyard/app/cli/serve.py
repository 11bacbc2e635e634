"""`modelyard -config FILE -listen ADDR`: serve until told to stop."""

from __future__ import annotations

import asyncio
import datetime
import sys
from collections.abc import Sequence

import uvloop

from modelyard import __version__
from modelyard.app.cli.flags import Flags, UsageError, parse_flags, usage
from modelyard.app.configfiles import ConfigFiles, understood
from modelyard.app.daemon import Daemon, ListenError, Options
from modelyard.app.listen import parse_address
from modelyard.app.reload import Loaded, Sources
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config, HeldPorts
from modelyard.runtime.http.certificate import ServerCertificate
from modelyard.runtime.platform.descriptors import claim_descriptors
from modelyard.runtime.platform.supported import why_not_on
from modelyard.runtime.watch import Watcher, look_at_directory, look_at_file

EXIT_FAILED = 1


def run(argv: Sequence[str], commands: str = "") -> int:
    """Serve; returns the exit code (spec config 3). `commands` is what the help says of the other commands."""
    try:
        flags = parse_flags(argv)
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if flags.help:
        print(f"{usage()}\n\n{commands}".rstrip(), file=sys.stderr)
        return 0
    if flags.version:
        print(f"version: {__version__} (unknown), built at unknown")
        return 0
    try:
        config, options = _prepare(flags)
    except _FatalError as error:
        return fatal(str(error))
    except ConfigError as error:
        print(error.render(color=sys.stderr.isatty()), file=sys.stderr)
        files = " and ".join(filter(None, (flags.config, flags.config_dir)))
        return fatal(f"the configuration {files} can't be used")
    return serve(config, options)


class _FatalError(Exception):
    """The server can't start."""


def _prepare(flags: Flags) -> tuple[Config, Options]:
    if not flags.config and not flags.config_dir:
        raise _FatalError(_what_is_missing(flags.rest))
    if flags.rest:
        print(f"ignored, since flags end at the first argument that is none: {' '.join(flags.rest)}", file=sys.stderr)
    if bool(flags.tls_cert_file) != bool(flags.tls_key_file):
        raise _FatalError("TLS needs both -tls-cert-file and -tls-key-file")
    watcher = _watcher_of(flags)  # before the files are read, so that a change meanwhile is noticed
    sources = _sources_of(flags)
    config, texts = sources.load(HeldPorts())
    try:
        address = parse_address(flags.listen)
    except ValueError as error:
        raise _FatalError(str(error)) from error
    options = Options(
        address=address, certificate=_certificate_of(flags), sources=sources, texts=texts, watcher=watcher
    )
    return config, options


def _sources_of(flags: Flags) -> Sources:
    files = ConfigFiles(flags.config, flags.config_dir)

    def load(held: HeldPorts) -> Loaded:
        texts = files.read()
        return Loaded(understood(texts, held), tuple(texts))

    return Sources(files.names, load, files)


def _watcher_of(flags: Flags) -> Watcher | None:
    if not flags.watch_config:
        return None
    looks = [look_at_file(flags.config)] if flags.config else []
    if flags.config_dir:
        looks.append(look_at_directory(flags.config_dir))
    return Watcher(looks)


def _what_is_missing(rest: Sequence[str]) -> str:
    if rest:
        return f"{rest[0]!r} is no command, and one of -config and -config-dir is required (help: modelyard -h)"
    return "one of -config and -config-dir is required (try: modelyard demo)"


def _certificate_of(flags: Flags) -> ServerCertificate | None:
    if not flags.tls_cert_file:
        return None
    try:
        return ServerCertificate(flags.tls_cert_file, flags.tls_key_file)
    except OSError as error:
        files = f"{flags.tls_cert_file} and {flags.tls_key_file}"
        raise _FatalError(f"the TLS files {files} can't be used: {error}") from error


def serve(config: Config, options: Options) -> int:
    """Run the daemon on its own event loop; returns the exit code."""
    if refusal := why_not_on(sys.platform):
        return fatal(refusal)

    async def work() -> int:
        daemon = Daemon(config, options)
        try:
            return await daemon.run()
        finally:
            daemon.logs.flush()  # if a bug ends it, what it said last is wanted most

    claim_descriptors()
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
