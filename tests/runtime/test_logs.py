from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from modelyard.runtime.logs import READER_SIZE, RING_SIZE, LogHub, Subscription
from modelyard.runtime.platform import stdout
from modelyard.runtime.platform.stdout import PatientWriter
from tests.support.yard import run


class FixedClock:
    """5 Feb 2031 09:08:07.123456 UTC, for ever."""

    def now(self) -> float:
        return 0.0

    def wall(self) -> float:
        return 1928048887.123456


@pytest.fixture
def universal_time() -> Iterator[None]:
    """Local time is UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def subscribed(hub: LogHub, source: str) -> Subscription:
    reader = hub.subscribe(source)
    assert reader is not None
    return reader


def test_lines_have_a_level_and_the_level_filters() -> None:
    hub = LogHub("debug")
    for level in ("debug", "info", "warn", "error"):
        getattr(hub.daemon, level)(f"a {level}")
    assert hub.history("proxy") == b"[DEBUG] a debug\n[INFO] a info\n[WARN] a warn\n[ERROR] a error\n"


@pytest.mark.parametrize(
    ("level", "count"), [("debug", 4), ("info", 3), (" WARN ", 2), ("error", 1), ("shout", 3), ("", 3)]
)
def test_which_levels_there_are(level: str, count: int) -> None:
    hub = LogHub(level)
    for write in (hub.daemon.debug, hub.daemon.info, hub.daemon.warn, hub.daemon.error):
        write("x")
    assert (hub.history("proxy") or b"").count(b"\n") == count


def test_a_reload_may_change_level_and_time() -> None:
    hub = LogHub("error", clock=FixedClock())
    hub.daemon.info("lost")
    hub.configure(level="info", time_format="kitchen")
    hub.daemon.info("kept")
    assert (hub.history("proxy") or b"").endswith(b"M [INFO] kept\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ansic", "Wed Feb  5 09:08:07 2031 "),
        ("unixdate", "Wed Feb  5 09:08:07 UTC 2031 "),
        ("rubydate", "Wed Feb 05 09:08:07 +0000 2031 "),
        ("rfc822", "05 Feb 31 09:08 UTC "),
        ("rfc822z", "05 Feb 31 09:08 +0000 "),
        ("rfc850", "Wednesday, 05-Feb-31 09:08:07 UTC "),
        ("rfc1123", "Wed, 05 Feb 2031 09:08:07 UTC "),
        ("rfc1123z", "Wed, 05 Feb 2031 09:08:07 +0000 "),
        (" RFC3339 ", "2031-02-05T09:08:07Z "),
        ("rfc3339nano", "2031-02-05T09:08:07.123456Z "),
        ("kitchen", "9:08AM "),
        ("stamp", "Feb  5 09:08:07 "),
        ("stampmilli", "Feb  5 09:08:07.123 "),
        ("stampmicro", "Feb  5 09:08:07.123456 "),
        ("stampnano", "Feb  5 09:08:07.123456000 "),
        ("iso", ""),
        ("", ""),
    ],
)
@pytest.mark.usefixtures("universal_time")
def test_time_formats(name: str, text: str) -> None:
    hub = LogHub(time_format=name, clock=FixedClock())
    hub.daemon.info("x")
    assert hub.history("proxy") == f"{text}[INFO] x\n".encode()


def test_text_from_outside_cannot_forge_lines_or_steer_a_terminal() -> None:
    hub = LogHub()
    hub.daemon.info("a\n[ERROR] b\r\x1b[2J\x00\x7f\x9b\u2028\u202e ü 漢 \udc80")
    history = hub.history("proxy") or b""
    expected = "[INFO] a\\n[ERROR] b\\r\\x1b[2J\\x00\\x7f\\x9b\\u2028\\u202e ü 漢 \\udc80\n"
    assert history == expected.encode()


@pytest.mark.parametrize(
    ("to_stdout", "combined"),
    [("proxy", b"[INFO] d\n"), ("upstream", b"m"), ("both", b"[INFO] d\nm"), ("none", b"")],
)
def test_what_goes_where(to_stdout: str, combined: bytes) -> None:
    written: list[bytes] = []
    hub = LogHub(to_stdout=to_stdout, stdout=written.append)
    hub.daemon.info("d")
    hub.model("a/b").write(b"m")
    assert hub.history("") == combined
    assert b"".join(written) == combined
    assert hub.history("proxy") == b"[INFO] d\n"
    assert hub.history("upstream") == b"m"
    assert hub.history("a/b") == b"m"
    assert hub.history("nobody") is None
    assert hub.subscribe("nobody") is None


def test_history_keeps_the_last_hundred_kibibytes() -> None:
    hub = LogHub()
    log = hub.model("m")
    expected = b""
    for number in range(5000):
        piece = b"%d " % number * (number % 50)
        log.write(piece)
        expected = (expected + piece)[-RING_SIZE:]
        if number % 500 == 0:
            assert hub.history("m") == expected
    assert hub.history("m") == expected
    assert len(expected) == RING_SIZE
    log.write(b"y" * 3 * RING_SIZE)
    assert hub.history("m") == b"y" * RING_SIZE


def test_the_tail_is_of_lines_since_a_mark() -> None:
    log = LogHub().model("m")
    log.write(b"one\ntwo\n")
    mark = log.written
    assert log.tail(5, since=mark) == []
    log.write(b"three\r\n\n  \nf\xffour")
    assert log.tail(5, since=mark) == ["three", "f\ufffdour"]
    assert log.tail(2) == ["three", "f\ufffdour"]
    assert log.tail(9) == ["one", "two", "three", "f\ufffdour"]


def test_stdout_gets_what_comes_together_in_one_piece() -> None:
    async def story() -> None:
        written: list[bytes] = []
        was_written = asyncio.Event()

        def write(data: bytes) -> None:
            written.append(data)
            was_written.set()

        hub = LogHub(to_stdout="both", stdout=write)
        hub.daemon.info("a")
        hub.model("m").write(b"b\n")
        hub.daemon.info("c")
        assert written == []
        await was_written.wait()
        assert written == [b"[INFO] a\nb\n[INFO] c\n"]
        hub.daemon.info("d")
        was_written.clear()
        await was_written.wait()
        assert written[1:] == [b"[INFO] d\n"]

    run(story)


def test_history_then_subscribe_misses_and_repeats_nothing() -> None:
    async def story() -> None:
        hub = LogHub()
        hub.daemon.info("before")
        history = hub.history("proxy")
        reader = subscribed(hub, "proxy")
        hub.daemon.info("after")
        assert history == b"[INFO] before\n"
        assert await reader.read() == b"[INFO] after\n"
        reader.close()

    run(story)


def test_a_slow_reader_loses_data_and_is_told_how_much() -> None:
    """R54: nobody waits for a reader, and its buffer is bounded; history stays complete."""
    hub = LogHub()
    log = hub.model("m")
    reader = subscribed(hub, "m")
    piece = b"x" * 1000
    for _ in range(1000):
        log.write(piece)
    data = reader.take()
    kept = READER_SIZE // 1000 * 1000
    note = f"\n— {1_000_000 - kept} bytes dropped —\n".encode()
    assert data == b"x" * kept + note
    log.write(b"on")
    assert reader.take() == b"on"
    assert len(hub.history("m") or b"") == RING_SIZE


def test_the_note_stands_where_the_loss_was() -> None:
    reader = Subscription(lambda _: None, limit=10)
    reader.push(b"12345678")
    reader.push(b"lost")
    reader.push(b"9")
    assert reader.take() == "12345678\n— 4 bytes dropped —\n9".encode()
    assert reader.take() == b""


def test_reading_waits_and_closing_ends_it() -> None:
    async def story() -> None:
        hub = LogHub()
        reader = subscribed(hub, "")
        waiting = asyncio.get_running_loop().create_task(reader.read())
        await asyncio.sleep(0)
        assert not waiting.done()
        hub.daemon.info("news")
        assert await waiting == b"[INFO] news\n"
        waiting = asyncio.get_running_loop().create_task(reader.read())
        await asyncio.sleep(0)
        reader.close()
        reader.close()
        assert await waiting == b""
        hub.daemon.info("unheard")
        assert reader.take() == b""

    run(story)


def test_a_cancelled_read_loses_nothing() -> None:
    async def story() -> None:
        hub = LogHub()
        reader = subscribed(hub, "")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await reader.read()
        hub.daemon.info("kept")
        assert await reader.read() == b"[INFO] kept\n"

    run(story)


# The writer to stdout


def test_a_pipe_that_nobody_empties_never_blocks_the_writer() -> None:
    """R54: the terminal was stopped with Ctrl-S; lines are dropped and counted, and the next ones come again."""
    reading, writing = os.pipe()
    try:
        writer = PatientWriter(writing)
        for _ in range(100):
            writer(b"x" * 10_000)
        assert os.get_blocking(writing), "the descriptor that we share with others stays as it is"
        received = _read_all_while(reading, lambda: writer(b"!"))
        writer.close()
        received += os.read(reading, 1 << 20)
        dropped = 1_000_000 - received.count(b"x")
        assert dropped > 0
        assert f"\n— {dropped} bytes dropped —\n!".encode() in received
    finally:
        os.close(reading)
        os.close(writing)


def test_a_backlog_is_written_when_the_reader_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdout, "RETRY_SECONDS", 0.001)

    async def story() -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        writer = PatientWriter(writing)
        writer(b"x" * 200_000)
        received = 0
        async with asyncio.timeout(20):
            while received < 200_000:
                try:
                    received += len(os.read(reading, 1 << 20))
                except BlockingIOError:
                    await asyncio.sleep(0.001)
        writer.close()
        os.close(reading)
        os.close(writing)

    run(story)


def test_nobody_reading_at_all_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = PatientWriter(writing)
    writer(b"into the void")
    writer.close()
    os.close(writing)


def test_a_file_is_written_at_its_own_position(tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "out")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"first\n")
    writer = PatientWriter(descriptor)
    writer(b"second\n")
    os.write(descriptor, b"third\n")
    writer.close()
    os.close(descriptor)
    with open(path, "rb") as file:
        assert file.read() == b"first\nsecond\nthird\n"


def _read_all_while(reading: int, poke: Callable[[], None]) -> bytes:
    os.set_blocking(reading, False)
    received = b""
    for _ in range(100):
        try:
            received += os.read(reading, 1 << 20)
        except BlockingIOError:
            break
        poke()
    return received


def test_structured_lines_are_objects_with_their_time() -> None:
    hub = LogHub(to_stdout="none", structured=True)
    hub.daemon.warn('two\nlines "quoted" \x85\u202e')
    hub.daemon.debug("below the level")
    hub.daemon.info_fields("request", {"status": 200})
    hub.configure(level="info", time_format="")
    hub.daemon.info("plain again")
    first, second, third = (hub.history("proxy") or b"").splitlines()
    assert b"\\u202e" in first
    warned = json.loads(first)
    assert datetime.fromisoformat(warned.pop("time")).tzinfo is not None
    assert warned == {"level": "warn", "message": 'two\nlines "quoted" \x85\u202e'}
    assert json.loads(second)["status"] == 200
    assert third == b"[INFO] plain again"
