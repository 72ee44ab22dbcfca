"""Sound as numbers: the few tools that every piece is made with.

A sound is float64 at 44 100 frames a second with full scale ±1; a track is stereo, ``(frames, 2)``. Notes are MIDI
numbers (69 is A at 440 Hz), pans go from -1 (left) to 1 (right), times are seconds.
"""

from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Sound: TypeAlias = NDArray[np.float64]

RATE = 44_100
LOUDNESS = -17.6  # LUFS; a little more where meters leave the silence out
HIGHEST_PEAK = 0.8  # -1.9 dBFS: what the encoders overshoot by stays under -1
KNEE = 0.5  # where peaks begin to be rounded off


def times(length: float) -> Sound:
    return np.arange(round(length * RATE)) / RATE


def silence(length: float) -> Sound:
    return np.zeros((round(length * RATE), 2))


def hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def eased(sound: Sound, attack: float, release: float) -> Sound:
    """``sound`` from silence and back to it along half cosines, so that neither end clicks."""
    t = np.arange(len(sound)) / RATE
    edge = np.minimum(np.clip(t / attack, 0, 1), np.clip((t[-1] - t) / release, 0, 1))
    shaped: Sound = (sound.T * (0.5 - 0.5 * np.cos(np.pi * edge))).T
    return shaped


def band(sound: Sound, low: float, high: float) -> Sound:
    """What lies between two corners in hertz; 12 dB per octave beyond them, no phase shift."""
    f = np.fft.rfftfreq(len(sound), 1 / RATE)
    gain = f**2 / np.sqrt(f**4 + low**4) / np.sqrt(1 + (f / high) ** 4)
    filtered: Sound = np.fft.irfft(np.fft.rfft(sound.T) * gain, len(sound)).T
    return filtered


def place(track: Sound, sound: Sound, at: float, pan: float = 0.0) -> None:
    """Add a mono ``sound`` to ``track``, equally loud wherever it is panned; what passes the end is cut."""
    start = round(at * RATE)
    heard = sound[: len(track) - start, np.newaxis]
    angle = (pan + 1) * np.pi / 4
    track[start : start + len(heard)] += heard * (np.cos(angle), np.sin(angle))


def in_room(dry: Sound, decay: float, wet: float, rng: Generator) -> Sound:
    """``dry`` with its reverberation: noise that falls by 60 dB in ``decay``, its highs in half that time."""
    t = times(decay)[:, np.newaxis]
    noise = rng.standard_normal((len(t), 2))
    tail = band(noise, 180, 2_000) * 10 ** (-3 * t / decay) + band(noise, 2_000, 8_000) * 10 ** (-6 * t / decay)
    tail *= 1 - np.exp(-t / 0.02)  # the room answers after the sound, not with it
    tail *= wet / np.sqrt((tail**2).sum(axis=0))
    size = len(dry) + len(tail)
    echo: Sound = np.fft.irfft(np.fft.rfft(dry.T, size) * np.fft.rfft(tail.T, size), size).T
    return dry + echo[: len(dry)]


def loudness(track: Sound) -> float:
    """Ungated loudness in LUFS; the K weighting of ITU-R BS.1770 by its magnitude, to within half a decibel."""
    f = np.fft.rfftfreq(len(track), 1 / RATE)
    weight = f**2 / (f**2 + 38**2) * np.sqrt((1 + (1.585 * f / 2_100) ** 2) / (1 + (f / 2_100) ** 2))
    weighted = np.fft.irfft(np.fft.rfft(track.T) * weight, len(track))
    return float(-0.691 + 10 * np.log10((weighted**2).mean(axis=1).sum()))


def mastered(track: Sound, attack: float, release: float) -> Sound:
    """``track`` at the common loudness, without DC or rumble, its highest peaks rounded off below HIGHEST_PEAK."""
    track = eased(band(track, 25, 18_000), attack, release)
    above = HIGHEST_PEAK - KNEE
    for _ in range(4):  # rounding peaks off costs loudness, which the next turn makes up for
        track = track * 10 ** ((LOUDNESS - loudness(track)) / 20)
        over = np.maximum(np.abs(track) - KNEE, 0)
        track = np.sign(track) * (np.minimum(np.abs(track), KNEE) + above * np.tanh(over / above))
    return eased(track, attack, release)
