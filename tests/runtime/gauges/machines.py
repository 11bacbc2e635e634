"""A machine of files that a test writes and of programs whose output it knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelyard.runtime.gauges.machine import Machine


class PaperMachine(Machine):
    """`programs` maps the beginning of a command line to what it prints."""

    def __init__(self, root: Path, files: Mapping[str, str] | None = None, **programs: str) -> None:
        super().__init__(root)
        self._programs = {name.replace("_", "-"): text for name, text in programs.items()}
        self.answers: dict[str, str] = {}
        """Command lines, or parts of them, that are answered in another way than the program's others."""
        self.asked: list[tuple[str, ...]] = []
        for path, text in (files or {}).items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        """Put a file there."""
        place = self.path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def has_program(self, name: str) -> bool:
        return name in self._programs

    def architecture(self) -> str:
        return "x86_64"

    def run(self, *argv: str, limit: float, codes: tuple[int, ...] = (0,)) -> str | None:
        self.asked.append(argv)
        line = " ".join(argv)
        special = (text for part, text in self.answers.items() if part in line)
        return next(special, self._programs.get(argv[0]))
