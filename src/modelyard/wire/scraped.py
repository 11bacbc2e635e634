"""Figures of engines, as they write them for Prometheus, made into one text with the model in each of them.

A name's description and type may stand in a text once only, and its figures together; several engines of one kind
have the same names. What an engine says under a name of ours is left out: it can't speak for us.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)')
_VALUE = re.compile(r"\s+([-+]?(?:[0-9.][0-9.eE+-]*|[Ii]nf(?:inity)?|[Nn]a[Nn]))(?:\s+-?[0-9]+)?\s*")
_LABELS = re.compile(r'\{((?:[^"}\n]|"(?:[^"\\\n]|\\.)*")*)\}')
_PARTS = ("_bucket", "_sum", "_count", "_total", "_created", "_info")
"""How the names of figures end that belong to a family without that ending."""
_RESERVED = ("modelyard_", "llamaswap_")


class _Family:
    """All figures of one name, of all engines."""

    def __init__(self) -> None:
        self.meaning = ""
        self.kind = ""
        self.lines: list[str] = []

    def text(self, name: str) -> str:
        """Its lines below their head; nothing where there are none."""
        if not self.lines:
            return ""
        meaning = f"# HELP {name} {self.meaning}\n" if self.meaning else ""
        return f"{meaning}# TYPE {name} {self.kind or 'untyped'}\n{''.join(self.lines)}"


class Scraped:
    """Takes the texts of engines, one after the other."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}

    def __repr__(self) -> str:
        return f"<Scraped {len(self._families)} families>"

    def add(self, model: str, text: str) -> None:
        """What the engine of a model says. What is no figure is left out, like types that others contradict."""
        kinds: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("#"):
                self._describe(line, kinds)
            elif line.strip():
                self._figure(model, line, kinds)

    def text(self) -> str:
        """All of them."""
        return "".join(family.text(name) for name, family in self._families.items())

    def _describe(self, line: str, kinds: dict[str, str]) -> None:
        words = line[1:].split(None, 2)
        if len(words) < 3 or words[0] not in ("HELP", "TYPE") or not _is_foreign(words[1]):
            return
        family = self._families.setdefault(words[1], _Family())
        if words[0] == "TYPE":
            kinds[words[1]] = words[2].strip()
            family.kind = family.kind or words[2].strip()
        else:
            family.meaning = family.meaning or words[2]

    def _figure(self, model: str, line: str, kinds: Mapping[str, str]) -> None:
        match = _NAME.match(line)
        if match is None or not _is_foreign(match[0]):
            return
        name, rest = match[0], line[match.end() :]
        labels = _LABELS.match(rest)
        pairs = [] if labels is None else _pairs(labels[1])
        value = _VALUE.fullmatch(rest if labels is None else rest[labels.end() :].rjust(1) or " ")
        if value is None or pairs is None:
            return
        family_name = _family_of(name, kinds)
        family = self._families.setdefault(family_name, _Family())
        if family.kind and kinds.get(family_name, family.kind) != family.kind:
            return
        # The model first. A label that an engine calls so, too, gets the name that Prometheus would give it.
        written = ",".join(
            [f'model="{_escaped(model)}"']
            + [f'{"exported_model" if label == "model" else label}="{text}"' for label, text in pairs]
        )
        family.lines.append(f"{name}{{{written}}} {value[1]}\n")


def _pairs(text: str) -> list[tuple[str, str]] | None:
    """The labels, their values as they are escaped; None where that is none."""
    pairs, at, text = [], 0, text.strip()
    while at < len(text):
        match = _LABEL.match(text, at)
        if match is None:
            return None
        pairs.append((match[1], match[2]))
        at = match.end()
    return pairs


def _family_of(name: str, kinds: Iterable[str]) -> str:
    if name in kinds:
        return name
    for part in _PARTS:
        if name.endswith(part) and name.removesuffix(part) in kinds:
            return name.removesuffix(part)
    return name


def _is_foreign(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and not name.startswith(_RESERVED)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
