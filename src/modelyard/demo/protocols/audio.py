"""`/v1/audio/speech`, `/v1/audio/voices`, `/v1/audio/transcriptions`: tones per letter, and the way back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modelyard.demo.application import Application
from modelyard.demo.exchange import Exchange, Json, RefusedError
from modelyard.demo.forms import read_form
from modelyard.demo.protocols.asking import number, required

if TYPE_CHECKING:
    from modelyard.demo.sound import Heard, Wave

LONGEST_TEXT = 4096
"""Letters, as OpenAI has it."""
SLOWEST, FASTEST = 0.25, 4.0
_TYPES = {"wav": "audio/wav", "pcm": "audio/pcm"}
_ENDS = frozenset(".!?\n")


async def voices(_app: Application, exchange: Exchange) -> None:
    """GET `/v1/audio/voices`."""
    from modelyard.demo import sound

    exchange.answer_json({"voices": list(sound.VOICES)})


async def speech(_app: Application, exchange: Exchange) -> None:
    """POST `/v1/audio/speech`: wav or pcm, whichever voice; what is no voice of ours is refused."""
    from modelyard.demo import sound

    body = exchange.json()
    text, voice = required(body, "input"), body.get("voice") or next(iter(sound.VOICES))
    form, speed = body.get("response_format") or "wav", number(body, "speed")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise RefusedError(400, f"'input' is not a text of up to {LONGEST_TEXT} letters")
    if voice not in sound.VOICES:
        raise RefusedError(400, f"'voice' is none of {', '.join(sound.VOICES)}")
    if form not in _TYPES:
        raise RefusedError(400, f"'response_format' is none of {', '.join(_TYPES)}")
    if speed is not None and not SLOWEST <= speed <= FASTEST:
        raise RefusedError(400, f"'speed' is not from {SLOWEST} to {FASTEST}")
    samples = sound.speak(text, voice, 1.0 if speed is None else speed)
    exchange.answer(samples if form == "pcm" else sound.wav(samples), _TYPES[form])


async def transcriptions(_app: Application, exchange: Exchange) -> None:
    """POST `/v1/audio/transcriptions`: what `/v1/audio/speech` said; of other sounds, what can be told of the file."""
    form = read_form(exchange.request)
    exchange.entry.model = form.fields.get("model")
    if (file := form.files.get("file")) is None:
        raise RefusedError(400, "the form has no 'file'")
    wave, heard = await _listen(file.content)
    segments = list(_segments(heard))
    text = "".join(letter.letter for letter in heard) if heard else _what_it_is(file.content, wave)
    match form.fields.get("response_format", "json"):
        case "json":
            exchange.answer_json({"text": text})
        case "text":
            exchange.answer(f"{text}\n".encode(errors="replace"), "text/plain; charset=utf-8")
        case "verbose_json":
            duration = round(wave.seconds, 3) if wave else 0.0
            told = segments or [{"id": 0, "start": 0.0, "end": duration, "text": text}]
            exchange.answer_json(
                {"task": "transcribe", "language": "english", "duration": duration, "text": text, "segments": told}
            )
        case other:
            raise RefusedError(400, f"'response_format' {other!r} is none of json, text, verbose_json")


async def _listen(content: bytes) -> tuple[Wave | None, list[Heard]]:
    from modelyard.demo import sound

    wave = sound.read_wav(content)
    heard: list[Heard] = []
    for letter in sound.letters(wave) if wave else ():
        heard.append(letter)
        await asyncio.sleep(0)  # a long recording must not hold up who asks for /health
    return wave, heard


def _segments(heard: list[Heard]) -> list[Json]:
    """Sentences with the times at which they were said."""
    segments: list[Json] = []
    first = 0
    for at, letter in enumerate(heard):
        ends = letter.letter in _ENDS and (at + 1 == len(heard) or heard[at + 1].letter.isspace())
        if not ends and at + 1 < len(heard):
            continue
        said = heard[first : at + 1]
        first = at + 1
        if text := "".join(one.letter for one in said).strip():
            times = {"start": round(said[0].start, 3), "end": round(said[-1].end, 3)}
            segments.append({"id": len(segments)} | times | {"text": text})
    return segments


def _what_it_is(content: bytes, wave: Wave | None) -> str:
    note = "The demo engine understands only the tones that its own speech is made of."
    if wave is None:
        return f"{note} This is a file of {len(content)} bytes, and no WAV of 16-bit samples."
    sides = "one channel" if wave.channels == 1 else f"{wave.channels} channels"
    return f"{note} This is a WAV of {wave.seconds:.1f} s with {sides} of {wave.rate} samples per second."
