"""HTTPS on the real server: certificates are renewed while connections stand."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificates import Certificate, make_certificate
from tests.support.daemon import Daemon
from tests.support.processes import PATIENCE

pytestmark = pytest.mark.real


def connect(port: int, trusted: Certificate) -> http.client.HTTPSConnection:
    """A connection of a client that trusts this certificate, and nobody else."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=trusted.client_context())
    connection.connect()
    return connection


def is_healthy(connection: http.client.HTTPSConnection) -> bool:
    connection.request("GET", "/health")
    return connection.getresponse().read() == b"OK"


def is_shown(port: int, certificate: Certificate) -> bool:
    """Whether a new client meets this certificate."""
    try:
        connect(port, certificate).close()
    except OSError:
        return False
    return True


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def put(new: Certificate, shown: Certificate) -> None:
    """Put other files in the place of those that are shown, as tools that renew certificates do."""
    for source, target in zip(new, shown, strict=True):
        beside = target.with_suffix(".new")
        beside.write_bytes(source.read_bytes())
        os.replace(beside, target)


def test_a_certificate_is_renewed_while_connections_stand(tmp_path: Path) -> None:
    """By SIGHUP, and by itself when the files change; a pair that does not fit changes nothing."""
    shown = make_certificate(tmp_path / "shown")
    first, second, third, fourth = (make_certificate(tmp_path / str(number)) for number in range(4))
    put(first, shown)
    flags = ("-tls-cert-file", str(shown.chain), "-tls-key-file", str(shown.key))
    with Daemon(tmp_path, "models: {}", *flags) as daemon:
        assert daemon.url.startswith("https://")
        port = int(daemon.url.rpartition(":")[2])
        old = connect(port, first)
        stream = connect(port, first)
        stream.request("GET", "/logs/stream?no-history")
        lines = stream.getresponse()
        assert lines.status == 200
        assert is_healthy(old)

        put(second, shown)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: is_shown(port, second))
        assert not is_shown(port, first)

        put(third, shown)
        eventually(lambda: is_shown(port, third))

        shown.key.write_bytes(fourth.key.read_bytes())
        daemon.wait_for_line("can't be used, the certificate from before stays")
        assert is_shown(port, third)

        put(fourth, shown)
        eventually(lambda: is_shown(port, fourth))
        assert is_healthy(old)
        assert any(b"new connections are shown the certificate" in lines.readline() for _ in range(50))
        for connection in (old, stream):
            connection.close()


def test_files_that_are_no_certificate_end_the_start(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("nonsense")
    flags = ("-tls-cert-file", str(tmp_path / "cert.pem"), "-tls-key-file", str(tmp_path / "key.pem"))
    with Daemon(tmp_path, "models: {}", *flags) as daemon:
        assert daemon.process.wait(PATIENCE) == 1
        daemon.wait_for_line(r"ERROR the TLS files \S+cert.pem and \S+key.pem can't be used")
