"""The certificate that we show, and another one in its place while connections stand."""

from __future__ import annotations

import ssl

from modelyard.runtime.watch import Watcher, look_at_file


class ServerCertificate:
    """A certificate and its key, in files. New connections are shown the newest pair that could be used.

    Whoever is connected already notices nothing.
    """

    def __init__(self, chain: str, key: str) -> None:
        """Raises OSError where the files can't be used."""
        self.files = (chain, key)
        self.watcher = Watcher([look_at_file(chain), look_at_file(key)])  # before they are read
        self._newest = _context_of(chain, key)
        self.context = _context_of(chain, key)
        """To listen with."""
        self.context.sni_callback = self._begins

    def __repr__(self) -> str:
        return f"<ServerCertificate {self.files[0]}>"

    def read(self) -> ssl.SSLContext:
        """What the files hold now, for `show`; may be called in a thread. Raises OSError where they can't be used."""
        return _context_of(*self.files)

    def show(self, context: ssl.SSLContext) -> None:
        """Show this one from now on."""
        self._newest = context

    def _begins(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """ssl: a client says hello, whether it names a server or not."""
        connection.context = self._newest


def _context_of(chain: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(chain, key)
    return context
