"""What was spoken in tones is heard again."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.demo.sound import VOICES, Wave, letters, read_wav, speak, wav

TEXT = "Hello, World! 42 Ümläute & 🙂."


def heard(data: bytes) -> str:
    wave = read_wav(data)
    assert wave is not None
    return "".join(letter.letter for letter in letters(wave))


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0, 4.0])
def test_every_voice_is_understood_at_every_speed(voice: str, speed: float) -> None:
    assert heard(wav(speak(TEXT, voice, speed))) == TEXT


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_any_text_is_heard_as_it_was_spoken(text: str) -> None:
    assert heard(wav(speak(text, speed=4.0))) == text


def test_letters_come_one_after_another_in_the_time_that_the_recording_has() -> None:
    wave = read_wav(wav(speak("abc")))
    assert wave is not None
    times = [time for letter in letters(wave) for time in (letter.start, letter.end)]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] <= wave.seconds


def test_noise_silence_and_music_say_nothing() -> None:
    noise = random.Random(1)
    for samples in (
        struct.pack("<800h", *(noise.randint(-9000, 9000) for _ in range(800))),
        bytes(1600),
        b"",
    ):
        assert heard(wav(samples)) == ""


def test_one_channel_of_several_is_read() -> None:
    mono = speak("hi")
    stereo = b"".join(mono[at : at + 2] * 2 for at in range(0, len(mono), 2))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 8000, 32000, 4, 16)
    note = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body = form + note + b"data" + struct.pack("<I", len(stereo)) + stereo
    wave = read_wav(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    assert wave is not None
    assert (wave.channels, len(wave.samples)) == (2, len(mono) // 2)
    assert "".join(letter.letter for letter in letters(wave)) == "hi"


@pytest.mark.parametrize("cut", [0, 4, 12, 20, 36])
def test_what_is_no_recording_is_none(cut: int) -> None:
    wave: Wave | None = read_wav(wav(speak("hi"))[:cut])
    assert wave is None
