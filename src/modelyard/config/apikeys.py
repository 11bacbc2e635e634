"""The keys of clients: which can't be meant (spec config 12.2). Messages never repeat one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelyard.config.document import ApiKeyEntry
from modelyard.config.notes import Notes, Path

HASH = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
"""A key's digest, as `sha256sum` prints it."""


def check_keys(keys: Iterable[str | ApiKeyEntry], notes: Notes) -> None:
    """Note what is wrong with the keys."""
    seen: dict[str, bool] = {}
    for index, key in enumerate(keys):
        path: Path = ("apiKeys", index)
        text, bounded = (key, False) if isinstance(key, str) else (key.key, True)
        if isinstance(key, ApiKeyEntry):
            _check_entry(key, path, notes)
            path = (*path, "key") if key.key else path
        if not bounded and not text:
            notes.problem(path, "an API key must not be empty", "remove it")
        elif " " in text:
            notes.problem(path, "an API key must not contain a space", "choose another one")
        elif text in seen and (bounded or seen[text]):
            notes.problem(path, "this key is already in the list, with other rights", "remove one of the two")
        if text:
            seen[text] = bounded


def _check_entry(entry: ApiKeyEntry, path: Path, notes: Notes) -> None:
    if entry.key and entry.key_hash:
        notes.problem((*path, "keyHash"), "a key has either key or keyHash", "remove key")
    elif not entry.key and not entry.key_hash:
        notes.problem(path, "an API key must not be empty", "write key: or keyHash:")
    elif entry.key_hash and HASH.fullmatch(entry.key_hash) is None:
        remedy = "write sha256: and what printf %s KEY | sha256sum prints"
        notes.problem((*path, "keyHash"), "no SHA-256 digest, which has 64 hexadecimal digits", remedy)
    if not entry.routes:
        notes.warning((*path, "routes"), "a key that opens nothing", "write routes: [inference]")
