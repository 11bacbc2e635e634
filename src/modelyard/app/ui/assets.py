"""The files of the web UI, as the build has left them; read once, at the start."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

DIST = Path(__file__).parent / "dist"
PAGE = "index.html"
UNBUILT = "unbuilt.txt"
"""Why there is nothing else; the build writes it where it can't build."""
_CODINGS = {"br": ".br", "gzip": ".gz"}
"""The codings that the build compresses with, best first, and how it names what comes out."""
_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")
_HASHED = "assets/"
"""Names in this folder have a hash of their content in them."""
_TYPES = {
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class Asset(NamedTuple):
    """One file."""

    media_type: str
    etag: str
    immutable: bool
    """Whether what has this name can never be anything else."""
    encoded: Mapping[str, bytes]
    """The content by coding, best first; the last one, "", is the file itself."""

    def best_for(self, accepted: str) -> tuple[str, bytes]:
        """The content in the best coding that an `Accept-Encoding` lists; "" is always acceptable."""
        listed = {part.partition(";")[0].strip() for part in accepted.split(",") if not _REFUSED.search(part)}
        return next((name, data) for name, data in self.encoded.items() if name in listed or not name)


class Assets:
    """All files, by their path below `/ui/`."""

    def __init__(self, directory: Path = DIST) -> None:
        self._files = dict(_read(directory))
        self.reason = _reason(directory)
        """Why the UI is not there, where it is not."""

    def __repr__(self) -> str:
        return f"<Assets: {len(self._files)} files>"

    def get(self, path: str) -> Asset | None:
        """The file of this path; None where there is no such file."""
        return self._files.get(path)


def _read(directory: Path) -> Iterator[tuple[str, Asset]]:
    made = set(_CODINGS.values())
    for file in sorted(directory.rglob("*")) if directory.is_dir() else ():
        if file.is_file() and file.suffix not in made and file.name != UNBUILT:
            path = file.relative_to(directory).as_posix()
            yield path, _asset(file, immutable=path.startswith(_HASHED))


def _asset(file: Path, *, immutable: bool) -> Asset:
    plain = file.read_bytes()
    twins = {name: file.with_name(file.name + suffix) for name, suffix in _CODINGS.items()}
    encoded = {name: twin.read_bytes() for name, twin in twins.items() if twin.is_file()}
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    etag = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'
    return Asset(media_type, etag, immutable, MappingProxyType({**encoded, "": plain}))


def _reason(directory: Path) -> str:
    note = directory / UNBUILT
    return note.read_text(encoding="utf-8").strip() if note.is_file() else "it was not built when this was installed"
