"""A real nginx in front of a Modelyard, below a path, as docs/ui.md tells people to set it up."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.support.processes import free_port_row, wait_until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/bin")
_DOCS = Path(__file__).parents[2] / "docs" / "ui.md"
_CONFIG = """
{user}
daemon off;
worker_processes 1;
error_log {directory}/error.log warn;
pid {directory}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


def documented_location(upstream: str) -> str:
    """The example of the guide, with another server behind it."""
    found = re.search(r"```nginx\n(.*?)```", _DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert "http://127.0.0.1:8080/" in found[1]
    return found[1].replace("http://127.0.0.1:8080/", f"{upstream}/")


class Nginx:
    """Runs for the time of a `with`; `url` is where the guide's example lets Modelyard appear."""

    def __init__(self, directory: Path, upstream: str) -> None:
        port = free_port_row(1)
        directory.mkdir()
        config = directory / "nginx.conf"
        location = documented_location(upstream)
        user = "user root;" if os.getuid() == 0 else ""  # others may not enter the folders of tests
        text = _CONFIG.format(user=user, directory=directory, port=port, location=location)
        config.write_text(text, encoding="utf-8")
        assert NGINX is not None
        self._process = subprocess.Popen([NGINX, "-c", str(config), "-p", str(directory)])
        self._port = port
        self.url = f"http://127.0.0.1:{port}/yard"

    def __enter__(self) -> Self:
        wait_until(self._listens)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
