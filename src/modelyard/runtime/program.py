"""A program of our own that works for a while and answers, beside the server."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from modelyard.runtime.aside import run_aside

_TOLD = 2000
"""Characters of what it said last."""


class ProgramError(Exception):
    """It ended without an answer. The text is what it said last."""


async def ask_program(argv: Sequence[str], content: bytes, *, limit: float) -> bytes:
    """Give the program `content`, and return what it writes until it ends.

    It is killed after `limit` seconds, and when whoever waits is cancelled. Raises `TimeoutError` and `ProgramError`.
    """
    talk = _Talk(argv, content, limit)
    try:
        return await run_aside(talk.hold, name="program")
    finally:
        talk.give_up()


class _Talk:
    """One run; held in a thread, given up from outside."""

    def __init__(self, argv: Sequence[str], content: bytes, limit: float) -> None:
        self._argv = argv
        self._content = content
        self._limit = limit
        self._given_up = False
        self._process: subprocess.Popen[bytes] | None = None

    def hold(self) -> bytes:
        pipe = subprocess.PIPE
        process = self._process = subprocess.Popen(self._argv, stdin=pipe, stdout=pipe, stderr=pipe)
        if self._given_up:  # before there was a process to kill
            process.kill()
        try:
            answer, complaints = process.communicate(self._content, timeout=self._limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise TimeoutError from None
        if process.returncode:
            said = complaints.decode(errors="replace").strip()
            raise ProgramError(said[-_TOLD:] or f"it ended with {process.returncode}")
        return answer

    def give_up(self) -> None:
        self._given_up = True
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
