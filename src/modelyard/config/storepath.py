"""Whether the record of requests can be kept where `store.path` says (spec config 12.2). Only looks, makes nothing."""

from __future__ import annotations

import os
import stat


def why_not_a_store(path: str) -> tuple[str, str] | None:
    """A refusal and its remedy; None when the file is there and writable, or can be made.

    The path is looked at as it is written, and relative to the working directory.
    """
    if not path.strip():
        return "store.path must not be empty", "write path: /var/lib/modelyard/activity.db, or remove store"
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return _why_not_in(os.path.dirname(path) or ".")
    except (OSError, ValueError) as error:
        return f"{path!r} can't be used: {getattr(error, 'strerror', None) or error}", ""
    if stat.S_ISDIR(mode):
        return f"{path} is a directory", "name a file in it"
    if not os.access(path, os.W_OK):
        return f"{path} is not writable", "change its owner or its permissions"
    return None


def _why_not_in(folder: str) -> tuple[str, str] | None:
    if not os.path.isdir(folder):
        return f"the directory {folder} does not exist", "make it"
    if not os.access(folder, os.W_OK):
        return f"the directory {folder} is not writable", "change its owner or its permissions"
    return None
