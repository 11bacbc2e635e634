"""A program of our own that works for a while and answers."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from modelyard.runtime.program import ProgramError, ask_program
from tests.support.plane import eventually

pytestmark = pytest.mark.real


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def ask(code: str, content: bytes = b"", limit: float = 30.0) -> bytes:
    return asyncio.run(ask_program(python(code), content, limit=limit))


def test_it_is_given_something_and_answers() -> None:
    assert ask("import sys; sys.stdout.write(sys.stdin.read().upper())", b"hello") == b"HELLO"


def test_one_that_fails_says_why() -> None:
    with pytest.raises(ProgramError, match="no such thing"):
        ask("raise SystemExit('no such thing')")
    with pytest.raises(ProgramError, match="it ended with 3"):
        ask("raise SystemExit(3)")


def test_one_that_takes_too_long_is_killed() -> None:
    with pytest.raises(TimeoutError):
        ask("import signal; signal.pause()", limit=0.2)


def test_one_that_nobody_waits_for_any_more_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, signal; open({str(mark)!r}, 'w').write(str(os.getpid())); signal.pause()"

    async def story() -> None:
        asking = asyncio.create_task(ask_program(python(code), b"", limit=30))
        await eventually(lambda: mark.exists() and mark.read_text() != "")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await eventually(lambda: not Path(f"/proc/{mark.read_text()}").exists())

    asyncio.run(story())
