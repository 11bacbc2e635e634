"""An engine that streams what the request asks for: `events` of `size` bytes, one `every` so many seconds.

With `every` 0 it writes as fast as it is read, and no faster. A request that is not streamed is answered at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

import uvloop


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lower = head.lower()
            length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
            asked: dict[str, Any] = json.loads(await reader.readexactly(length) or b"{}")
            await (stream(writer, asked) if asked.get("stream") else answer(writer))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    await writer.drain()


async def stream(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    filler = "x" * asked["size"]
    for number in range(asked["events"]):
        event = f'data: {{"n":{number},"text":"{filler}"}}\n\n'.encode()
        writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        await writer.drain()
        if asked["every"]:
            await asyncio.sleep(asked["every"])
    writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    await writer.drain()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args().port))
