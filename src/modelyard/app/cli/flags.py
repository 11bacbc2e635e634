"""The flags of the server (spec config 2). Pure: nothing is printed, nobody exits.

The syntax is that of Go's `flag` package, which existing command lines and unit files are written for; `argparse`
differs in abbreviations, in booleans and in where it stops.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

EXIT_USAGE = 2
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
_DESCRIPTIONS = {
    "config": ("path", "the configuration file"),
    "config-dir": ("path", "a directory of *.yml and *.yaml files, added to -config"),
    "listen": ("host:port", 'listen address (default ":8080", or ":8443" with TLS)'),
    "tls-cert-file": ("path", "PEM certificate; requires -tls-key-file"),
    "tls-key-file": ("path", "PEM key; requires -tls-cert-file"),
    "watch-config": ("", "reload the configuration when its files change"),
    "version": ("", "print the version and exit"),
}
_BOOLEAN_FLAGS = frozenset(name for name, (value, _) in _DESCRIPTIONS.items() if not value)
_HELP = ("h", "help")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line asks for. A text that was not given is empty, but for `listen`."""

    config: str = ""
    config_dir: str = ""
    listen: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    watch_config: bool = False
    version: bool = False
    help: bool = False
    rest: tuple[str, ...] = ()
    """Where parsing stopped: arguments that have no meaning and are ignored."""


class UsageError(Exception):
    """A command line that can't be understood. Its text is the message and the usage, for stderr; exit code 2."""

    exit_code = EXIT_USAGE

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(f"{message}\n{usage()}")


def usage() -> str:
    """The list of the flags."""
    lines = ["Usage of modelyard:"]
    for name, (value, description) in _DESCRIPTIONS.items():
        lines += [f"  -{name} {value}".rstrip(), f"    \t{description}"]
    return "\n".join(lines)


def parse_flags(argv: Sequence[str]) -> Flags:
    """The flags in the arguments, which do not include the program's name. Raises `UsageError`.

    `-name` and `--name` are the same; a value follows as the next argument or after `=`, that of a boolean only
    after `=`. Parsing ends at the first argument that is no flag, and after `--`. The last of several wins.
    """
    parser = _Parser(argv)
    return parser.parse()


class _Parser:
    def __init__(self, argv: Sequence[str]) -> None:
        self._arguments = list(argv)
        self._values: dict[str, str | bool] = {}

    def parse(self) -> Flags:
        while self._arguments and self._arguments[0].startswith("-") and self._arguments[0] != "-":
            argument = self._arguments.pop(0)
            if argument == "--":
                break
            name, equals, value = _taken_apart(argument)
            if name in _HELP:
                return Flags(help=True)
            if name not in _DESCRIPTIONS:
                raise UsageError(f"flag provided but not defined: -{name}")
            self._values[name.replace("-", "_")] = (
                _boolean(name, value if equals else "true")
                if name in _BOOLEAN_FLAGS
                else value or ("" if equals else self._next_value(name))
            )
        return self._flags()

    def _next_value(self, name: str) -> str:
        if not self._arguments:
            raise UsageError(f"flag needs an argument: -{name}")
        return self._arguments.pop(0)

    def _flags(self) -> Flags:
        flags = dataclasses.replace(Flags(rest=tuple(self._arguments)), **self._values)  # type: ignore[arg-type]
        if flags.listen:
            return flags
        has_tls = bool(flags.tls_cert_file and flags.tls_key_file)
        return dataclasses.replace(flags, listen=":8443" if has_tls else ":8080")


def _taken_apart(argument: str) -> tuple[str, str, str]:
    text = argument.removeprefix("-").removeprefix("-")
    if not text or text[0] in "-=":
        raise UsageError(f"bad flag syntax: {argument}")
    return text.partition("=")


def _boolean(name: str, value: str) -> bool:
    if value not in _BOOLEANS:
        raise UsageError(f'invalid boolean value "{value}" for -{name}: write true or false')
    return _BOOLEANS[value]
