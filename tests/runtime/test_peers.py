"""Connections to peers: by TLS, through proxies, and kept across a reload."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping

import pytest
import uvloop

from modelyard.runtime.http.turn import Turn
from modelyard.runtime.http.upstream import ResponseTaker, UpstreamConnection
from modelyard.runtime.peers import PeerPool, Peers, PeerSpec
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.heads import ResponseHead
from tests.support.certificates import Certificate, make_certificate

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Asker(ResponseTaker):
    """Asks once for a path and keeps what came of it."""

    def __init__(self, pool: PeerPool) -> None:
        self.pool = pool
        self.outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        pool.connect(self)

    def connected(self, connection: UpstreamConnection) -> None:
        target = self.pool.target.base_path + b"/x"
        connection.send(
            self, b"GET", b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, self.pool.target.authority), None
        )

    def connect_failed(self, reason: str) -> None:
        self.outcome.set_result(f"no connection: {reason}")

    def response_started(self, head: ResponseHead) -> None:
        pass

    def response_body(self, data: bytes) -> None:
        pass

    def response_ended(self, data: bytes) -> None:
        self.outcome.set_result(data.decode())

    def response_whole(self, head: ResponseHead, data: bytes) -> None:
        self.outcome.set_result(data.decode())

    def response_broken(self, reason: str) -> None:
        self.outcome.set_result(f"broken: {reason}")

    def upgraded(self, early: bytes) -> None:
        raise NotImplementedError

    def upstream_writable(self) -> None:
        pass

    def upstream_slow(self) -> None:
        pass


class Server:
    """A peer, or a proxy: takes heads, and answers as it is told."""

    def __init__(self) -> None:
        self.heads: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                if head.startswith("CONNECT"):
                    await self._tunnel(head.split()[1], reader, writer)
                    return
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _tunnel(self, authority: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Every name is this machine here."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(authority.rpartition(":")[2]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    finally:
        writer.close()


class Stage:
    """The servers of one story, and what reaches them."""

    def __init__(self) -> None:
        self.tasks = TaskOwner(lambda name, error: None)
        self.turn = Turn(asyncio.get_running_loop())
        self._listening: list[asyncio.Server] = []

    async def listen(self, server: Server, tls: ssl.SSLContext | None = None) -> int:
        self._listening.append(await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls))
        port: int = self._listening[-1].sockets[0].getsockname()[1]
        return port

    async def ask(self, spec: PeerSpec, environment: Mapping[str, str] | None = None) -> str:
        pool = PeerPool(spec, self.tasks, self.turn, environment or {})
        outcome = await Asker(pool).outcome
        pool.close()
        return outcome

    async def close(self) -> None:
        await self.tasks.aclose()
        for server in self._listening:
            server.close()
        while len(asyncio.all_tasks()) > 1:  # the servers' own, which end with their connections
            await asyncio.sleep(0)


def tell(story: Callable[[Stage], Awaitable[None]]) -> None:
    async def work() -> None:
        async with asyncio.timeout(20):
            stage = Stage()
            await story(stage)
            await stage.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that vouches for itself and for far.example, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_a_peer_with_an_authority_of_its_own(certificate: Certificate) -> None:
    async def story(stage: Stage) -> None:
        url = f"https://127.0.0.1:{await stage.listen(Server(), certificate.server_context())}"
        assert await stage.ask(PeerSpec(url=url, ca_file=str(certificate.chain))) == "ok"
        assert "certificate verify failed" in await stage.ask(PeerSpec(url=url))
        assert (await stage.ask(PeerSpec(url=url, ca_file="/no/such.pem"))).startswith("no connection")

    tell(story)


def test_by_tls_through_a_tunnel_of_the_proxy(certificate: Certificate) -> None:
    async def story(stage: Stage) -> None:
        proxy, peer = Server(), Server()
        port = await stage.listen(peer, certificate.server_context())
        environment = {"HTTPS_PROXY": f"http://me:pass@127.0.0.1:{await stage.listen(proxy)}"}
        spec = PeerSpec(url=f"https://far.example:{port}/base", ca_file=str(certificate.chain))
        assert await stage.ask(spec, environment) == "ok"
        assert proxy.heads[0].startswith(f"CONNECT far.example:{port} HTTP/1.1\r\nHost: far.example:{port}\r\n")
        assert "Proxy-Authorization: Basic bWU6cGFzcw==" in proxy.heads[0]
        assert peer.heads == [f"GET /base/x HTTP/1.1\r\nHost: far.example:{port}\r\n\r\n"]

    tell(story)


def test_without_tls_the_proxy_gets_the_whole_address() -> None:
    async def story(stage: Stage) -> None:
        proxy = Server()
        environment = {"HTTP_PROXY": f"127.0.0.1:{await stage.listen(proxy)}"}
        assert await stage.ask(PeerSpec(url="http://far.example:81/base"), environment) == "ok"
        assert proxy.heads == ["GET http://far.example:81/base/x HTTP/1.1\r\nHost: far.example:81\r\n\r\n"]

    tell(story)


class Refusing(Server):
    """A proxy that lets nobody through."""

    async def _tunnel(self, authority: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 No way\r\n\r\n")


class Mute(Server):
    """A proxy that hangs up."""

    async def _tunnel(self, authority: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pass


@pytest.mark.parametrize(
    ("proxy", "reason"), [(Refusing(), "the proxy refused: HTTP/1.1 403 No way"), (Mute(), "did not answer as one")]
)
def test_a_proxy_that_does_not_let_us_through(proxy: Server, reason: str) -> None:
    async def story(stage: Stage) -> None:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{await stage.listen(proxy)}"}
        assert reason in await stage.ask(PeerSpec(url="https://far.example"), environment)

    tell(story)


def test_a_proxy_of_another_kind_is_told_to_each_request() -> None:
    async def story(stage: Stage) -> None:
        environment = {"HTTP_PROXY": "socks5://127.0.0.1:1"}
        assert "no HTTP proxy" in await stage.ask(PeerSpec(url="http://far.example"), environment)

    tell(story)


def test_a_reload_keeps_the_connections_of_peers_that_stay_the_same() -> None:
    async def story(stage: Stage) -> None:
        port = await stage.listen(Server())
        same = PeerSpec(url=f"http://127.0.0.1:{port}", api_key="k")
        peers = Peers(stage.tasks, stage.turn, {})
        peers.adopt({"same": same, "other": same})
        before = peers["same"], peers["other"]
        for pool in before:
            assert await Asker(pool).outcome == "ok"
        peers.adopt({"same": same, "other": PeerSpec(url=f"http://127.0.0.1:{port}", api_key="new")})
        assert peers["same"] is before[0]
        kept = before[0].take_idle()
        assert kept is not None
        before[0].give_back(kept)
        assert peers["other"] is not before[1]
        assert before[1].take_idle() is None
        peers.adopt({})
        assert "key" not in repr(peers) + repr(before)

    tell(story)
