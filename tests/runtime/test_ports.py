from __future__ import annotations

import socket

import pytest

from modelyard.runtime.ports import is_port_free, loopback_addresses


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("localhost", ("127.0.0.1", "::1")),
        ("LocalHost", ("127.0.0.1", "::1")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("127.1.2.3", ("127.1.2.3",)),
        ("::1", ("::1",)),
        ("192.0.2.7", ()),
        ("models.example", ()),
    ],
)
def test_which_hosts_are_this_machine(host: str, addresses: tuple[str, ...]) -> None:
    """R6: localhost means both families, whatever the resolver makes of it."""
    assert loopback_addresses(host) == addresses


@pytest.mark.parametrize("listening", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("asked", ["127.0.0.1", "localhost"])
def test_a_listener_makes_a_port_busy(listening: str, asked: str) -> None:
    """R3: also one on all interfaces, and also for a localhost that might mean the other family."""
    with socket.create_server((listening, 0)) as listener:
        port = listener.getsockname()[1]
        assert not is_port_free(asked, port)
        assert is_port_free("models.example", port)
    assert is_port_free(asked, port)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_a_listener_of_the_other_family_makes_localhost_busy() -> None:
    """R6: the engine may bind either family, so both must be free."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        assert not is_port_free("localhost", port)
        assert is_port_free("127.0.0.1", port)


def test_time_wait_does_not_make_a_port_busy() -> None:
    """R4: a server that closes first leaves TIME_WAIT behind; its successor may start at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            served, _ = listener.accept()
            served.close()
            assert client.recv(1) == b""
    with socket.socket() as strict, pytest.raises(OSError, match="in use"):
        strict.bind(("127.0.0.1", port))
    assert is_port_free("127.0.0.1", port)
