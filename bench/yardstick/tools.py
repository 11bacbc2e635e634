"""The programs that a benchmark needs: compiled here, or found on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
BUILD = BENCH / ".build"
# Debian puts servers where an ordinary user's PATH does not look.
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


class BenchError(Exception):
    """The benchmark can't go on. The text is for the person who started it and says what to do."""


def program(name: str, package: str) -> str:
    """The path of an installed program.

    Raises:
        BenchError: it is not there; the text names the Debian package that has it.
    """
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_FOLDERS}")
    if path is None:
        raise BenchError(f"{name} is missing: apt-get install {package}")
    return path


def compiled(name: str) -> str:
    """The path of `bench/NAME.c`, compiled anew if its source has changed.

    Raises:
        BenchError: there is no C compiler, or it refuses the source.
    """
    source, binary = BENCH / f"{name}.c", BUILD / name
    sources = [source, BENCH / "common.h"]
    if binary.exists() and binary.stat().st_mtime > max(file.stat().st_mtime for file in sources):
        return str(binary)
    BUILD.mkdir(exist_ok=True)
    # Compiled aside and renamed: an engine that still runs the old binary keeps it.
    fresh = BUILD / f"{name}.{os.getpid()}"
    compiler = program("cc", "gcc libc6-dev")
    result = subprocess.run(
        [compiler, "-O2", "-std=gnu11", "-Wall", "-Wextra", "-o", str(fresh), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise BenchError(f"{source.name} does not compile:\n{result.stderr}")
    fresh.rename(binary)
    return str(binary)


def modelyard() -> str:
    """The path of the `modelyard` command that belongs to this Python.

    Raises:
        BenchError: it is not installed there.
    """
    # Not resolved: an environment's python is a link to one outside, where modelyard is not.
    path = Path(sys.executable).parent / "modelyard"
    if not path.exists():
        raise BenchError(f"modelyard is missing next to {sys.executable}: install the project there (pip install -e .)")
    return str(path)
