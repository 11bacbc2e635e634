"""Speech as tones, and the way back: each letter is a short chord of two tones, as telephones dial.

A letter is one of 64 symbols, each a low tone with a high one. Capitals are a sign and the small letter; what is in
no alphabet is a sign and its number in four symbols. So what was spoken can be heard again exactly, at any speed and in
any voice: voices differ in pitch, and the first chord, which is always the same, tells which one speaks.
"""

from __future__ import annotations

import array
import math
import struct
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

RATE = 8000
"""Samples per second of what we speak."""
TONE, PAUSE = 0.048, 0.016
"""Seconds of a chord and of the silence after it, at speed 1."""
VOICES = {"alto": 1.0, "bass": 0.8, "soprano": 1.2}
"""How high each speaks."""
LOW = tuple(600 + 90 * number for number in range(8))
HIGH = tuple(1400 + 200 * number for number in range(8))
LOUD, SOFT = 14_000, 7_000
"""Of the low and of the high tone. They differ, so that the two together never fall silent."""

ALPHABET = " etaoinshrdlucmfwypvbgkjqxz0123456789.,;:!?'\"-()\n"
CAPITAL, NUMBERED, OPENING = 61, 62, 63
_SYMBOLS = {letter: number for number, letter in enumerate(ALPHABET)}

BLOCK = 0.002
"""Seconds that are looked at in one go when chords are told from silence."""
PURITY = 0.6
"""The share of a sound's energy that its two tones must have, for it to be one of our chords."""


class Wave(NamedTuple):
    """A recording of one channel."""

    rate: int
    samples: array.array[int]
    channels: int = 1
    """That the file had; the others are left out."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


class Heard(NamedTuple):
    """One letter, and from when to when it sounded, in seconds."""

    letter: str
    start: float
    end: float


def speak(text: str, voice: str = "alto", speed: float = 1.0) -> bytes:
    """The text as 16-bit samples, little-endian."""
    pause = bytes(2 * round(PAUSE / speed * RATE))
    return b"".join(_chord(symbol, VOICES[voice], speed) + pause for symbol in (OPENING, *_symbols(text)))


def wav(samples: bytes, rate: int = RATE) -> bytes:
    """Samples as a file."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data


def read_wav(data: bytes) -> Wave | None:
    """The first channel of a file of 16-bit samples; None where it is no such file."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    at, form = 12, (0, 0, 0, 0, 0, 0)
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"fmt " and length >= 16 and at + 24 <= len(data):
            form = struct.unpack_from("<HHIIHH", data, at + 8)
        elif name == b"data":
            kind, channels, rate, _, _, bits = form
            if kind != 1 or bits != 16 or not channels or not rate:
                return None
            return Wave(rate, _samples(data[at + 8 : at + 8 + length])[::channels], channels)
        at += 8 + length + length % 2
    return None


def letters(wave: Wave) -> Iterator[Heard]:
    """What was spoken; nothing where it was not spoken by `speak`."""
    chords = _chords(wave)
    opening = next(chords, None)
    pitch = None if opening is None else _pitch(wave, opening)
    if pitch is None:
        return
    capital = False
    number: list[int] | None = None
    for chord in chords:
        symbol = _symbol(wave, chord, pitch)
        if number is not None and symbol is not None:
            number.append(symbol)
            if len(number) < 4:
                continue
            code = sum(value << 6 * place for place, value in enumerate(number))
            letter, number = chr(code) if code <= sys.maxunicode else "", None
        elif symbol == CAPITAL:
            capital = True
            continue
        elif symbol == NUMBERED:
            number = []
            continue
        else:
            letter = ALPHABET[symbol] if symbol is not None and symbol < len(ALPHABET) else ""
        yield Heard(letter.upper() if capital else letter, chord.start / wave.rate, chord.stop / wave.rate)
        capital = False


def _symbols(text: str) -> Iterator[int]:
    for letter in text:
        small = letter.lower()
        if letter in _SYMBOLS:
            yield _SYMBOLS[letter]
        elif small in _SYMBOLS and small.upper() == letter:
            yield from (CAPITAL, _SYMBOLS[small])
        else:
            yield NUMBERED
            yield from (ord(letter) >> 6 * place & 63 for place in range(4))


@cache
def _chord(symbol: int, pitch: float, speed: float) -> bytes:
    count = round(TONE / speed * RATE)
    low, high = (math.tau * tone * pitch / RATE for tone in (LOW[symbol & 7], HIGH[symbol >> 3]))
    # A millisecond to come and go, so that it does not crack.
    edge = RATE / 1000
    wave = array.array(
        "h",
        (
            int(min(1, (at + 1) / edge, (count - at) / edge) * (LOUD * math.sin(low * at) + SOFT * math.sin(high * at)))
            for at in range(count)
        ),
    )
    if sys.byteorder == "big":
        wave.byteswap()
    return wave.tobytes()


def _samples(data: bytes) -> array.array[int]:
    samples = array.array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _chords(wave: Wave) -> Iterator[slice]:
    """Where something sounds between silences."""
    step = max(1, round(BLOCK * wave.rate))
    blocks = range(0, len(wave.samples), step)
    levels = [max(map(abs, wave.samples[at : at + step])) for at in blocks]
    loud = max(levels, default=0) / 8
    start: int | None = None
    for at, level in zip(blocks, levels, strict=True):
        if level > loud and start is None:
            start = at
        elif level <= loud and start is not None:
            yield slice(start, at)
            start = None
    if start is not None:
        yield slice(start, len(wave.samples))


def _pitch(wave: Wave, opening: slice) -> float | None:
    """Of the voice that said the first chord."""
    samples = wave.samples[opening]
    energy = _energy(samples)
    found = {
        pitch: _strength(samples, LOW[OPENING & 7] * pitch, wave.rate)
        + _strength(samples, HIGH[OPENING >> 3] * pitch, wave.rate)
        for pitch in VOICES.values()
    }
    best = max(found, key=found.__getitem__)
    return best if found[best] > PURITY * energy else None


def _symbol(wave: Wave, chord: slice, pitch: float) -> int | None:
    samples = wave.samples[chord]
    low = [_strength(samples, tone * pitch, wave.rate) for tone in LOW]
    high = [_strength(samples, tone * pitch, wave.rate) for tone in HIGH]
    if max(low) + max(high) < PURITY * _energy(samples):
        return None
    return low.index(max(low)) + 8 * high.index(max(high))


def _energy(samples: array.array[int]) -> float:
    return sum(one * one for one in samples)


def _strength(samples: array.array[int], tone: float, rate: int) -> float:
    """How much of the samples' energy is in a tone (Goertzel's way)."""
    turn = 2 * math.cos(math.tau * tone / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    return (last * last + before * before - turn * last * before) * 2 / max(len(samples), 1)
