"""The flags of the server (spec config 2)."""

from __future__ import annotations

import pytest

from modelyard.app.cli.flags import Flags, UsageError, parse_flags, usage


@pytest.mark.parametrize(
    ("argv", "flags"),
    [
        ([], Flags(listen=":8080")),
        (["-config", "a.yaml"], Flags(config="a.yaml", listen=":8080")),
        (["--config", "a.yaml"], Flags(config="a.yaml", listen=":8080")),
        (["-config=a.yaml"], Flags(config="a.yaml", listen=":8080")),
        (["--config=a=b.yaml"], Flags(config="a=b.yaml", listen=":8080")),
        (["-config", "a.yaml", "-config", "b.yaml"], Flags(config="b.yaml", listen=":8080")),
        (["-config", ""], Flags(listen=":8080")),
        (["-config="], Flags(listen=":8080")),
        (["-config", "-version"], Flags(config="-version", listen=":8080")),
        (["-config-dir", "d", "-listen", ""], Flags(config_dir="d", listen=":8080")),
        (["-listen", "127.0.0.1:9"], Flags(listen="127.0.0.1:9")),
        (
            ["-tls-cert-file", "c", "-tls-key-file", "k"],
            Flags(tls_cert_file="c", tls_key_file="k", listen=":8443"),
        ),
        (["-tls-cert-file", "c"], Flags(tls_cert_file="c", listen=":8080")),
        (
            ["-tls-cert-file", "c", "-tls-key-file", "k", "-listen", ":1"],
            Flags(tls_cert_file="c", tls_key_file="k", listen=":1"),
        ),
        (["-watch-config"], Flags(watch_config=True, listen=":8080")),
        (["-watch-config=F"], Flags(watch_config=False, listen=":8080")),
        (["-watch-config=0", "-version=T"], Flags(version=True, listen=":8080")),
        (["-watch-config", "false"], Flags(watch_config=True, listen=":8080", rest=("false",))),
        (["x", "-config", "a.yaml"], Flags(listen=":8080", rest=("x", "-config", "a.yaml"))),
        (["-version", "-", "-nosuch"], Flags(version=True, listen=":8080", rest=("-", "-nosuch"))),
        (["-version", "--", "-nosuch"], Flags(version=True, listen=":8080", rest=("-nosuch",))),
        (["", "-version"], Flags(listen=":8080", rest=("", "-version"))),
        (["-h"], Flags(help=True)),
        (["--help", "-nosuch"], Flags(help=True)),
    ],
)
def test_flags_are_read_as_go_reads_them(argv: list[str], flags: Flags) -> None:
    assert parse_flags(argv) == flags


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-nosuch"], "flag provided but not defined: -nosuch"),
        (["--nosuch=1"], "flag provided but not defined: -nosuch"),
        (["-conf", "a.yaml"], "flag provided but not defined: -conf"),
        (["-config"], "flag needs an argument: -config"),
        (["-watch-config=maybe"], 'invalid boolean value "maybe" for -watch-config'),
        (["-watch-config="], 'invalid boolean value "" for -watch-config'),
        (["-watch-config=yes"], 'invalid boolean value "yes" for -watch-config'),
        (["---config"], "bad flag syntax: ---config"),
        (["-=x"], "bad flag syntax: -=x"),
        (["-nosuch", "-h"], "flag provided but not defined: -nosuch"),
        (["-version", "-nosuch"], "flag provided but not defined: -nosuch"),
    ],
)
def test_what_can_not_be_understood_is_a_usage_error(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_flags(argv)
    assert caught.value.message.startswith(message)
    assert caught.value.exit_code == 2
    assert str(caught.value).endswith(usage())


def test_the_usage_names_every_flag() -> None:
    text = usage()
    for flag in ("config", "config-dir", "listen", "tls-cert-file", "tls-key-file", "watch-config", "version"):
        assert f"  -{flag}" in text
