"""Draws a landscape of a prompt: equal prompts and seeds give equal pictures, and a few words are understood.

A picture is made of columns: the sky's shades from top to bottom, and over them each ridge from its height down.
Columns are slices of bytes, so that a megapixel takes a fraction of a second without any library.
"""

from __future__ import annotations

import math
import random
import re
import struct
import zlib

Colour = tuple[int, int, int]

SKY_SHADES = 96
RIDGE_SHADES = 16
DISC, STAR = SKY_SHADES, SKY_SHADES + 1
FIRST_RIDGE = SKY_SHADES + 2

HOURS: dict[str, tuple[Colour, Colour, Colour]] = {
    "night": ((10, 14, 38), (52, 58, 104), (240, 238, 220)),
    "sunset": ((60, 38, 92), (248, 150, 92), (255, 214, 140)),
    "dawn": ((122, 148, 196), (250, 206, 186), (255, 240, 214)),
    "day": ((84, 150, 214), (214, 234, 244), (255, 248, 214)),
}
"""Of the sky its highest and its lowest colour, and the colour of sun or moon."""
_HOUR_WORDS = {
    "night": "night moon star stars dark midnight",
    "sunset": "sunset evening dusk autumn fire",
    "dawn": "dawn sunrise morning spring mist",
    "day": "day noon summer sun sunny bright",
}
LANDS: dict[str, Colour] = {
    "green": (46, 104, 74),
    "blue": (38, 78, 122),
    "red": (142, 58, 52),
    "gold": (172, 126, 54),
    "violet": (84, 62, 122),
    "grey": (84, 92, 100),
    "white": (186, 198, 210),
}
_LAND_WORDS = {
    "green": "green forest tree trees meadow garden hill hills",
    "blue": "blue sea ocean lake river water island",
    "red": "red fire mars rust autumn",
    "gold": "gold golden yellow desert sand dune dunes wheat",
    "violet": "violet purple lavender dream",
    "grey": "grey gray stone rock city town robot machine",
    "white": "white snow ice winter",
}
_FLAT = frozenset(["sea", "ocean", "lake", "river", "water", "desert", "plain"])
_STEEP = frozenset(["mountain", "mountains", "alps", "peak", "peaks", "cliff", "rock"])


def draw(prompt: str, width: int, height: int, seed: int) -> bytes:
    """A PNG of `prompt`."""
    scene = _Scene(prompt, width, height, random.Random(f"{seed} {prompt}"))
    # Columns become rows; each row begins with the number of its filter, which is none.
    rows = b"".join(b"\0" + bytes(row) for row in zip(*scene.columns(), strict=True))
    note = b"Description\0" + f"{prompt} (seed {seed})".encode("latin-1", "replace")
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"tEXt", note),
        (b"PLTE", b"".join(map(bytes, scene.palette))),
        (b"IDAT", zlib.compress(rows, 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


class _Scene:
    def __init__(self, prompt: str, width: int, height: int, chance: random.Random) -> None:
        words = set(re.findall(r"\w+", prompt.lower()))
        self._width, self._height, self._chance = width, height, chance
        self._is_night = False
        hour = _meant(words, _HOUR_WORDS) or chance.choice(list(HOURS))
        land = LANDS[_meant(words, _LAND_WORDS) or chance.choice(list(LANDS))]
        self._is_night = hour == "night"
        self._roughness = 0.25 if words & _FLAT else 1.8 if words & _STEEP else 1.0
        self._ridges = chance.randint(3, 6)
        self.palette = self._colours(*HOURS[hour], land)

    def columns(self) -> list[bytes]:
        """The picture from left to right; a byte of a column is an index of the palette."""
        width, height = self._width, self._height
        sky = bytes(y * (SKY_SHADES - 1) // max(height - 1, 1) for y in range(height))
        columns = [bytearray(sky) for _ in range(width)]
        if self._is_night:
            self._scatter_stars(columns)
        self._hang_disc(columns)
        for number in range(self._ridges):
            self._raise_ridge(columns, number)
        return [bytes(column) for column in columns]

    def _colours(self, high: Colour, low: Colour, disc: Colour, land: Colour) -> list[Colour]:
        sky = [_mix(high, low, (shade / (SKY_SHADES - 1)) ** 1.4) for shade in range(SKY_SHADES)]
        colours = [*sky, disc, (255, 255, 255)]
        for number in range(self._ridges):
            # What is far away has more of the sky's colour, and what is near is darker.
            near = (number + 1) / self._ridges
            top = _mix(low, _mix(land, (8, 14, 18), 0.35 * near), 0.35 + 0.65 * near)
            bottom = _mix(top, low, 0.28)
            colours += [_mix(top, bottom, shade / (RIDGE_SHADES - 1)) for shade in range(RIDGE_SHADES)]
        return colours

    def _scatter_stars(self, columns: list[bytearray]) -> None:
        for _ in range(self._width * self._height // 1800):
            columns[self._chance.randrange(self._width)][int(self._height * 0.7 * self._chance.random() ** 1.5)] = STAR

    def _hang_disc(self, columns: list[bytearray]) -> None:
        radius = int(min(self._width, self._height) * self._chance.uniform(0.06, 0.13))
        middle = int(self._width * self._chance.uniform(0.15, 0.85))
        level = int(self._height * self._chance.uniform(0.16, 0.45))
        for x in range(max(0, middle - radius), min(self._width, middle + radius + 1)):
            half = math.isqrt(radius * radius - (x - middle) ** 2)
            top, bottom = max(0, level - half), min(self._height, level + half + 1)
            columns[x][top:bottom] = bytes((DISC,)) * (bottom - top)

    def _raise_ridge(self, columns: list[bytearray], number: int) -> None:
        height, chance = self._height, self._chance
        level = height * (0.5 + 0.4 * number / self._ridges)
        first = FIRST_RIDGE + number * RIDGE_SHADES
        reach = max(height - level, 1)
        shades = bytes(
            first + min(RIDGE_SHADES - 1, max(0, int((y - level) * RIDGE_SHADES / reach))) for y in range(height)
        )
        waves = [
            (self._roughness * height * 0.07 / octave, chance.uniform(2, 5) * octave, chance.uniform(0, math.tau))
            for octave in (1, 2, 4, 9)
        ]
        for x, column in enumerate(columns):
            rise = sum(tall * math.sin(x / self._width * speed * 2 + phase) for tall, speed, phase in waves)
            top = min(height, max(0, int(level + rise)))
            column[top:] = shades[top:]


def _meant(words: set[str], meanings: dict[str, str]) -> str | None:
    """The meaning that shares the most words."""
    shared = {meaning: len(words.intersection(known.split())) for meaning, known in meanings.items()}
    best = max(shared, key=shared.__getitem__)
    return best if shared[best] else None


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
