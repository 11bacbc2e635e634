"""Certificates that vouch for themselves, made by OpenSSL's program."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

COMMAND = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
NAMES = "subjectAltName=DNS:far.example,DNS:localhost,IP:127.0.0.1"


class Certificate(NamedTuple):
    """The files of a certificate and of its key."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """For a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts it, and nobody else."""
        return ssl.create_default_context(cafile=str(self.chain))


def make_certificate(folder: Path, name: str = "far.example") -> Certificate:
    """Make one in a folder that is made, too. Each has a key of its own, whatever its name."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    files = ["-subj", f"/CN={name}", "-keyout", str(made.key), "-out", str(made.chain), "-addext", NAMES]
    subprocess.run([*COMMAND.split(), *files], check=True, capture_output=True)
    return made
