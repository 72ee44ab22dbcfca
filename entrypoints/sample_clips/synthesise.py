"""Compose the six sample clips from arithmetic and seeded noise; the files are written next to this one.

Not a part of the service: a script to run after changing a piece, with the ``samples`` extra installed. The same
machine makes the same bytes again.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng

from entrypoints.sample_clips.encode import mp3, vorbis
from entrypoints.sample_clips.sound import RATE, Sound, band, eased, hertz, in_room, mastered, place, silence, times
from entrypoints.samples import SAMPLES


def warm_tone(note: float, length: float, rng: Generator) -> Sound:
    """One voice of the pad: a sawtooth of slowly wandering pitch, through a low-pass filter that opens and closes."""
    t = times(length)
    vibrato = 0.4 * np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * t + rng.uniform(0, 6))
    cutoff = 500 + 900 * np.sin(np.pi * t / length) ** 2
    tone = np.zeros(len(t))
    for harmonic in range(1, 13):
        f = hertz(note) * harmonic
        phase = 2 * np.pi * f * t + harmonic * vibrato + rng.uniform(0, 2 * np.pi)
        tone += np.sin(phase) / harmonic / (1 + (f / cutoff) ** 4) ** 0.5
    return eased(tone, 1.4, 1.9)


def slow_sunrise(rng: Generator) -> Sound:
    """Dmaj9, Bm11, Gmaj9, Asus and home, each note three voices wide."""
    chords = (
        (38, 57, 61, 64, 66),
        (47, 54, 62, 64, 69),
        (43, 59, 62, 66, 69),
        (45, 57, 62, 64, 71),
        (38, 57, 61, 66, 73),
    )
    track = silence(16.5)
    for number, chord in enumerate(chords):
        for note in chord:
            for detune, pan in ((-0.05, -0.8), (0, 0.1 * rng.standard_normal()), (0.05, 0.8)):
                tone = warm_tone(note + detune, 5 if number < 4 else 6, rng)
                place(track, tone * (0.7 if note > 60 else 1), 2.7 * number, pan)
    return mastered(in_room(track, 3.0, 0.6, rng), 0.4, 2.5)


def plucked(note: float, length: float, rng: Generator) -> Sound:
    """A string after Karplus and Strong: noise in a loop that averages neighbours, so that the highs die first."""
    period = int(RATE / hertz(note) - 0.5)
    burst = band(rng.uniform(-1, 1, period + 1), 60, 3_500)
    burst -= np.roll(burst, period // 6)  # where the finger meets the string
    loop = np.zeros(round(length * RATE * 1.03) + period)
    loop[: period + 1] = burst
    keep = 0.001 ** (period / RATE / 6) / 2
    for start in range(period + 1, len(loop) - period, period):
        before = loop[start - period - 1 : start]
        loop[start : start + period] = keep * (before[1:] + before[:-1])
    # The loop sounds half a frame lower than its length; reading it at this pace brings it to pitch.
    pace = hertz(note) * (period + 0.5) / RATE
    read = np.interp(times(length) * RATE * pace, np.arange(len(loop)), loop)
    return eased(read / np.abs(read).max(), 0.002, length / 3)


def porch_strings(rng: Generator) -> Sound:
    """G, D over F sharp, Em7, Cadd9, and G again, rolled; the thumb is in the middle, the fingers around it."""
    chords = ((43, 50, 59, 62, 67), (42, 50, 57, 62, 66), (40, 52, 55, 62, 67), (48, 52, 55, 62, 64))
    track = silence(12)
    for number, chord in enumerate(chords):
        for step, string in enumerate((0, 3, 2, 4, 1, 3, 2, 4)):
            at = 0.05 + 1.84 * number + 0.23 * step + rng.uniform(0, 0.012)
            force = (1.0 if string == 0 else 0.7) * rng.uniform(0.85, 1)
            place(track, force * plucked(chord[string], 3.0, rng), at, 0.3 * string - 0.6 if string else 0)
    for string, note in enumerate((43, 50, 55, 59, 62, 67)):
        place(track, 0.55 * plucked(note, 4.5, rng), 7.42 + 0.06 * string, 0.24 * string - 0.6)
    return mastered(in_room(band(track, 70, 9_000), 1.6, 0.35, rng), 0.01, 2.0)


def bell(note: float, length: float) -> Sound:
    """A glass bell: partials a little wider than harmonic, each a pair that beats, the higher the sooner gone."""
    t = times(length)
    tone = np.zeros(len(t))
    for ratio, weight, decay in ((1, 1, 1), (2.004, 0.5, 0.6), (3.02, 0.35, 0.35), (4.23, 0.2, 0.2), (5.6, 0.12, 0.1)):
        f = hertz(note) * ratio
        pair = np.sin(2 * np.pi * f * t) + 0.6 * np.sin(2 * np.pi * (f + 0.7 * ratio) * t)
        tone += weight * pair * np.exp(-5 * t / (length * decay))
    return eased(tone, 0.003, length / 4)


def glass_bells(rng: Generator) -> Sound:
    """A pentatonic tune in E over low bells; each note is answered softly, an octave higher, from the other side."""
    tune = ((0, 71), (0.6, 76), (1.2, 80), (1.8, 78), (3.6, 73), (4.2, 76), (4.8, 83), (5.4, 80), (7.2, 71), (7.8, 78))
    ending = ((8.4, 76), (9.0, 80), (9.6, 83), (10.2, 88))
    track = silence(15)
    for number, (at, note) in enumerate(tune + ending):
        pan = 0.6 * np.sin(2.4 * number)
        place(track, rng.uniform(0.8, 1) * bell(note, 3.5), 0.05 + at, pan)
        place(track, 0.25 * bell(note + 12, 2.0), 0.05 + at + 0.9, -pan)
    for at, note in ((0, 52), (3.6, 49), (7.2, 57), (10.2, 52), (10.2, 64)):
        place(track, 0.9 * bell(note, 5), 0.05 + at)
    return mastered(in_room(track, 3.5, 0.6, rng), 0.01, 2.5)


def drum(low: float, high: float, fall: float, decay: float) -> Sound:
    """A skin: a sine that falls from ``high`` to ``low`` hertz."""
    t = times(5 * decay)
    phase = 2 * np.pi * (low * t + (high - low) * fall * (1 - np.exp(-t / fall)))
    return eased(np.sin(phase) * np.exp(-t / decay), 0.001, decay)


def hiss(low: float, high: float, decay: float, rng: Generator) -> Sound:
    """A snare's wires or a cymbal: a burst of noise between two corners in hertz."""
    t = times(6 * decay)
    return eased(band(rng.standard_normal(len(t)), low, high) * np.exp(-t / decay), 0.001, decay)


def snare(rng: Generator) -> Sound:
    wires = 0.5 * hiss(1_200, 7_000, 0.09, rng)
    skin = drum(185, 330, 0.02, 0.08)
    wires[: len(skin)] += 0.7 * skin
    return wires


# What each letter of a pattern strikes: its sound, how loud, and where it stands.
KIT: dict[str, tuple[Callable[[Generator], Sound], float, float]] = {
    "k": (lambda _: drum(48, 170, 0.035, 0.16), 1.0, 0.0),
    "s": (snare, 1.3, 0.1),
    "h": (lambda _: drum(125, 200, 0.05, 0.14), 0.7, -0.5),
    "t": (lambda _: drum(85, 150, 0.05, 0.16), 0.8, 0.5),
    "x": (lambda rng: hiss(7_000, 14_000, 0.03, rng), 0.4, 0.4),
    "o": (lambda rng: hiss(6_000, 13_000, 0.14, rng), 0.25, 0.4),
    "c": (lambda rng: hiss(4_000, 12_000, 0.4, rng), 0.25, -0.3),
}


def crooked_beat(rng: Generator) -> Sound:
    """Four bars at 90 a minute, every second sixteenth late. One letter is a sixteenth; a capital is struck harder."""
    patterns = (
        "K..k..K...k..... K.....kK..K..... K..k..K...k..... K..k..K......... K",
        "....S..s.s..S... ....S..s....S..s ....S..s.s..S... ....S..sS.sSHHTT .",
        "X.x.X.xxX.x.X.o. X.xxX.x.X.x.X.o. X.x.X.xxX.x.X.o. X.xxX.x.X....... C",
    )
    track = silence(12.4)
    for pattern in patterns:
        for step, letter in enumerate(pattern.replace(" ", "")):
            if letter != ".":
                strike, loud, pan = KIT[letter.lower()]
                force = loud * rng.uniform(0.9, 1) * (1 if letter.isupper() else 0.4)
                at = 0.02 + step / 6 + 0.045 * (step % 2) + rng.uniform(0, 0.004)
                place(track, force * strike(rng), at, pan)
    return mastered(in_room(np.tanh(1.5 * track), 0.8, 0.25, rng), 0.005, 1.2)


def bass(note: float, length: float, brightness: float, phase: float) -> Sound:
    """A sawtooth through a resonant low-pass filter that each note opens; ``phase`` tells one side from the other."""
    t = times(length)
    cutoff = 140 + brightness * np.exp(-t / 0.11)
    tone = np.zeros(len(t))
    for harmonic in range(1, 41):
        f = hertz(note) * harmonic
        resonance = 1 / np.sqrt((1 - (f / cutoff) ** 2) ** 2 + (f / cutoff / 2.5) ** 2)
        # The lowest stay in phase, so that the sides cannot cancel each other where it matters.
        tone += np.sin(2 * np.pi * f * t + phase * max(0, harmonic - 2)) / harmonic * resonance
    return eased(tone * np.exp(-t / 0.9), 0.004, 0.04)


def ping_pong(track: Sound, delay: float) -> Sound:
    """``track`` with echoes of all but its bass, each from the other side and softer."""
    echoed = track.copy()
    echo = band(track, 500, 5_000)
    shift = round(delay * RATE)
    for strength, sides in ((0.45, (1, 0.4)), (0.25, (0.4, 1)), (0.14, (1, 0.4)), (0.08, (0.4, 1))):
        echo = np.roll(echo[:, ::-1], shift, axis=0)
        echo[:shift] = 0
        echoed += strength * echo * sides
    return echoed


SIXTEENTH = 60 / 106 / 4
# Where the notes of a bar of Night Bus begin and how long they last, in sixteenths.
RHYTHM = ((0, 2), (3, 1), (4, 1), (6, 2), (8, 2), (10, 1), (11, 1), (12, 1), (14, 2))


def bass_note(track: Sound, step: int, note: float, steps: int) -> None:
    """Add a note to ``track`` that lasts some sixteenths of Night Bus; the filter opens towards the middle of it."""
    at = 0.02 + step * SIXTEENTH
    brightness = 500 + 1_500 * np.sin(np.pi * min(at / 11.5, 1)) ** 2
    for pan, phase in ((-0.9, 0.4), (0.9, -0.4)):
        place(track, bass(note, 0.92 * steps * SIXTEENTH, brightness, phase), at, pan)


def night_bus(rng: Generator) -> Sound:
    """Five bars in A minor at 106 a minute, over a kick and a hat, and one last long note."""
    riff = (33, 33, 45, 36, 33, 40, 43, 45, 31)
    turn = (29, 29, 41, 36, 31, 43, 38, 43, 32)
    track = silence(13)
    for bar, notes in enumerate((riff, riff, turn, riff, turn)):
        for (step, steps), note in zip(RHYTHM, notes, strict=True):
            bass_note(track, 16 * bar + step, note, steps)
    bass_note(track, 80, 33, 8)
    for beat in range(21):
        place(track, 2.5 * drum(46, 130, 0.03, 0.12), 0.02 + 4 * beat * SIXTEENTH)
        place(track, 0.4 * hiss(7_000, 13_000, 0.03, rng), 0.02 + (4 * beat + 2) * SIXTEENTH, 0.3)
    return mastered(in_room(ping_pong(track, 3 * SIXTEENTH), 1.2, 0.12, rng), 0.005, 1.0)


def drops(track: Sound, count: int, rng: Generator) -> None:
    """Add single drops to ``track``: short, high, everywhere; many that are soft and few that are near."""
    length = len(track) / RATE
    for _ in range(count):
        t = times(0.03)
        pitch, decay = rng.uniform(900, 4_500), rng.uniform(0.002, 0.006)
        ping = np.sin(2 * np.pi * pitch * (1 + 4 * t) * t) * np.exp(-t / decay)
        force = min(rng.pareto(2.2), 8) * 0.05
        place(track, force * eased(ping, 0.0005, 0.01), rng.uniform(0, length - 0.1), rng.uniform(-1, 1))


def thunder(length: float, rng: Generator) -> Sound:
    """A far roll: deep noise in surges that come at random and lose their edge on the way."""
    t = times(length)
    surges = np.zeros(len(t))
    for at in np.sort(rng.uniform(0, length * 0.5, 9)):
        since = np.maximum(t - at, 0)
        surges += rng.uniform(0.4, 1) * since / 0.4 * np.exp(1 - since / 0.4) * np.exp(-at / length * 2)
    rumble = band(rng.standard_normal(len(t)), 35, 110) + 0.25 * band(rng.standard_normal(len(t)), 110, 350)
    return eased(rumble * surges, 1.0, length / 2)


def rain_on_the_roof(rng: Generator) -> Sound:
    """Two layers of rain that swell and ebb on their own, drops near by, and two rolls of thunder."""
    track = silence(14.5)
    t = times(14.5)
    for low, high, loud, pace in ((900, 7_000, 0.05, 0.11), (250, 1_200, 0.045, 0.07)):
        swell = 1 + 0.25 * np.sin(2 * np.pi * pace * t + rng.uniform(0, 6))[:, np.newaxis]
        track += loud * swell * band(rng.standard_normal(track.shape), low, high)
    drops(track, 1_600, rng)
    for at, length, pan, force in ((2.2, 6.5, -0.4, 0.55), (8.2, 5.5, 0.5, 0.4)):
        for side in (-0.4, 0.4):
            place(track, force * thunder(length, rng), at, pan + side)
    return mastered(in_room(track, 1.2, 0.2, rng), 1.2, 2.5)


# Each piece, and how far its encoder may compress it: noise needs more bytes than notes.
PIECES: dict[str, tuple[Callable[[Generator], Sound], float]] = {
    "slow-sunrise.mp3": (slow_sunrise, 0.72),
    "porch-strings.mp3": (porch_strings, 0.62),
    "glass-bells.ogg": (glass_bells, 0.8),
    "crooked-beat.ogg": (crooked_beat, 0.85),
    "night-bus.mp3": (night_bus, 0.8),
    "rain-on-the-roof.ogg": (rain_on_the_roof, 0.95),
}


def main() -> None:
    for sample in SAMPLES:
        compose, compression = PIECES[sample.file_name]
        encode = mp3 if sample.file_name.endswith(".mp3") else vorbis
        track = compose(default_rng(list(sample.file_name.encode())))  # its name is its seed, so pieces stay apart
        Path(__file__).with_name(sample.file_name).write_bytes(encode(track, compression, sample))


if __name__ == "__main__":
    main()
