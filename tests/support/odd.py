"""Sends raw bytes to a proxy and sees what comes of them: answers on one side, requests on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.processes import free_port

NEXT = b"GET /upstream/m/next HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n"
"""What is sent behind an input: whether it is understood shows whether the proxy is in step with its client."""
PATIENCE = 20.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Seen(NamedTuple):
    """What became of an input."""

    answers: str
    """The statuses of its answers; `closed` where there was none."""
    reached: tuple[str, ...]
    goes_on: bool

    @property
    def result(self) -> str:
        """In one line: `400`, or `200: POST /x hello`."""
        return f"{self.answers}: {'; '.join(self.reached)}" if self.reached else self.answers


class Engine:
    """Answers 200 to whatever it gets, and remembers it. A strict reader: what it can't read it remembers as that."""

    def __init__(self) -> None:
        self.port = 0
        self.got: list[str] = []
        self._writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for writer in self._writers:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
                self.got.append(await self._read(head, reader))
                writer.write(ANSWER)
        except AssertionError as error:
            self.got.append(f"what no engine should see: {error}")
            writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    @staticmethod
    async def _read(head: list[bytes], reader: asyncio.StreamReader) -> str:
        method, target, version = head[0].decode("latin-1").split(" ")
        lines = [line.partition(b":") for line in head[1:]]
        fields = {name.lower(): value.strip() for name, _, value in lines}
        assert len(fields) == len(lines), head
        assert not any(byte in b"\r\n\x00" for line in head for byte in line), head
        assert b"host" in fields or version == "HTTP/1.0", head
        assert not (b"content-length" in fields and b"transfer-encoding" in fields), head
        if b"transfer-encoding" in fields:
            assert fields[b"transfer-encoding"] == b"chunked"
            body = b""
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            assert await reader.readexactly(2) == b"\r\n"
        else:
            body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
        return f"{method} {target} {body.decode('latin-1')}".strip()


async def try_out(sent: bytes, port: int, engine: Engine) -> Seen:
    """Send an input and `NEXT` to the proxy at that port, and wait until it has closed the connection."""
    engine.got.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    async with asyncio.timeout(PATIENCE):
        try:
            writer.write(sent + NEXT)
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                status = head.split(" ")[1]
                fields = {name.lower(): value for name, _, value in (f.partition(": ") for f in head.split("\r\n")[1:])}
                if status != "100":
                    await _skip_body(reader, fields)
                answers.append(status)
        except (asyncio.IncompleteReadError, ConnectionError) as end:
            if isinstance(end, asyncio.IncompleteReadError) and end.partial:
                answers.append("no status")
        finally:
            writer.close()
    goes_on = bool(engine.got) and engine.got[-1] == "GET /next"
    if goes_on:
        answers.pop()
        engine.got.pop()
    return Seen(" ".join(answers) or "closed", tuple(engine.got), goes_on)


async def _skip_body(reader: asyncio.StreamReader, fields: dict[str, str]) -> None:
    if "chunked" in fields.get("transfer-encoding", ""):
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        await reader.readexactly(int(fields.get("content-length", "0")))


NGINX = """
daemon off;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {place}/body;
  proxy_temp_path {place}/proxy;
  fastcgi_temp_path {place}/fastcgi;
  uwsgi_temp_path {place}/uwsgi;
  scgi_temp_path {place}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /upstream/m/ {{
      proxy_pass http://127.0.0.1:{engine}/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host y;
    }}
    location / {{ return 404; }}
  }}
}}
"""


class Nginx:
    """nginx in front of an engine, forwarding the same paths as we do."""

    def __init__(self, place: Path, engine_port: int) -> None:
        self.port = free_port()
        self._place = place
        self._config = place / "nginx.conf"
        self._config.write_text(NGINX.format(place=place, port=self.port, engine=engine_port))

    async def __aenter__(self) -> Nginx:
        arguments = ("-p", str(self._place), "-e", str(self._place / "error.log"), "-c", str(self._config))
        self._process = await asyncio.create_subprocess_exec("/usr/sbin/nginx", *arguments)
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()
