"""What texts of tools and drivers mean, and which of them mean nothing."""

from __future__ import annotations

_PLACEHOLDERS = frozenset(
    ["", "n/a", "none", "null", "unknown", "[n/a]", "[unknown]", "[not supported]", "not available", "not specified"]
)


def fact(text: str | None) -> str | None:
    """The text without blanks at its ends; None where it says nothing."""
    stripped = (text or "").strip()
    return None if stripped.lower() in _PLACEHOLDERS else stripped


def positive(text: str | None) -> float | None:
    """The number, where it is one and more than 0."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def pci_address(text: str | None) -> str | None:
    """`dddd:bb:dd.f` in lower case, with a domain of four digits (0000 where none is given)."""
    words = (text or "").strip().lower().split(":")
    if len(words) not in (2, 3) or "." not in words[-1]:
        return None
    domain = words[0] if len(words) == 3 else ""
    try:
        return f"{int(domain or '0', 16):04x}:{int(words[-2], 16):02x}:{words[-1]}"
    except ValueError:
        return None
