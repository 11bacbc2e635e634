"""The machine as measurements see it: files under /proc and /sys, and programs that print."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


class Machine:
    """Reads files and runs programs; what is not there reads as nothing. All of it may block."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def __repr__(self) -> str:
        return f"<Machine at {self._root}>"

    def path(self, path: str) -> Path:
        """Where a file of the machine is found. `path` is absolute."""
        return self._root / path.lstrip("/")

    def text(self, path: str) -> str:
        """What the file says, without blanks at the ends; empty where it can't be read."""
        try:
            return self.path(path).read_text(errors="replace").strip()
        except OSError:
            return ""

    def number(self, path: str) -> int | None:
        """The whole number that the file consists of."""
        try:
            return int(self.text(path), 0)
        except ValueError:
            return None

    def matches(self, pattern: str) -> list[str]:
        """The paths that fit the pattern, sorted."""
        found = self._root.glob(pattern.lstrip("/"))
        return sorted(f"/{path.relative_to(self._root)}" for path in found)

    def link(self, path: str) -> str:
        """The name of what a symbolic link leads to; empty where it leads nowhere."""
        try:
            return self.path(path).readlink().name
        except OSError:
            return ""

    def has_program(self, name: str) -> bool:
        """Whether there is such a program to run."""
        return shutil.which(name) is not None

    def architecture(self) -> str:
        """What the processors understand, in the kernel's words."""
        return os.uname().machine

    def run(self, *argv: str, limit: float, codes: tuple[int, ...] = (0,)) -> str | None:
        """What the program prints; None where there is none, where it ends with another exit code than `codes`, and
        where it takes more than `limit` seconds."""
        program = shutil.which(argv[0])
        if program is None:
            return None
        try:
            done = subprocess.run(
                argv, executable=program, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode(errors="replace") if done.returncode in codes else None
