"""Where Modelyard can serve."""

from __future__ import annotations


def why_not_on(platform: str) -> str:
    """Why a server can't be started on a system (as `sys.platform` names it); empty where it can."""
    match platform:
        case "linux":
            return ""
        case "darwin":
            return "Modelyard serves on Linux; on macOS use a Linux virtual machine"
        case "win32":
            return "Modelyard serves on Linux; on Windows use WSL 2"
        case _:
            return f"Modelyard serves on Linux, and does not know {platform}"
