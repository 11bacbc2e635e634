"""The system that we run on."""

from __future__ import annotations

import sys

from modelyard.runtime.platform.base import System

if sys.platform == "darwin":
    from modelyard.runtime.platform import macos as _here
elif sys.platform == "win32":
    from modelyard.runtime.platform import windows as _here
else:
    from modelyard.runtime.platform import linux as _here

system: System = _here
