"""What becomes of requests that are malformed or odd, here and at nginx: the table in malformed.py, case by case."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.runtime.http.asgi import Message
from tests.runtime.http.malformed import GROUPS, NGINX, Case
from tests.support.odd import Engine, Nginx, Seen, try_out
from tests.support.plane import Plane, in_plane

CASES = [case for group in GROUPS.values() for case in group]
ROOT = Path(__file__).resolve().parents[3]


async def nothing(scope: Message, receive: object, send: object) -> None:
    """An API that answers everything, as ours answers every OPTIONS."""
    await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_what_is_malformed_or_odd(case: Case) -> None:
    seen: list[Seen] = []

    async def story(plane: Plane) -> None:
        engine = Engine()
        async with engine.serving():
            plane.upstream_port = engine.port
            seen.append(await try_out(case.sent, plane.port, engine))

    in_plane(story, app=nothing)
    assert (seen[0].result, seen[0].goes_on) == (case.result, case.goes_on)


def nginx_version() -> str:
    """Of the nginx that is installed; empty where there is none."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        return ""
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stderr
    found = re.search(r"nginx/(\d+\.\d+)", said)
    return found[1] if found else ""


@pytest.mark.skipif(nginx_version() != NGINX, reason=f"nginx {NGINX} is not installed")
def test_what_nginx_makes_of_it(tmp_path: Path) -> None:
    """Every difference is in the table, with its reason."""

    async def results() -> dict[str, str]:
        engine = Engine()
        async with engine.serving(), Nginx(tmp_path, engine.port) as nginx:
            return {case.what: (await try_out(case.sent, nginx.port, engine)).result for case in CASES}

    assert asyncio.run(results()) == {case.what: case.nginx or case.result for case in CASES}


def test_every_difference_has_its_reason() -> None:
    assert [case.what for case in CASES if case.nginx and not case.why] == []
    assert len({case.what for case in CASES}) == len(CASES)


def test_the_page_shows_the_table() -> None:
    script = ROOT / "scripts" / "malformed-table"
    checked = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
