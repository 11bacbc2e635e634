"""A real WebSocket client through /upstream."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real


def test_a_websocket_reaches_the_engine(tmp_path: Path) -> None:
    """R44: the upgrade starts the model and passes raw."""
    with Daemon(tmp_path, f"models:\n  m: {{cmd: '{demo_engine()}'}}\n") as daemon:
        address = daemon.url.replace("http://", "ws://") + "/upstream/m/ws"
        with connect(address, open_timeout=30) as socket:
            for text in ("hello", "ß" * 5000):
                socket.send(text)
                assert socket.recv(timeout=30) == text
            assert daemon.running() == {"m": "ready"}
