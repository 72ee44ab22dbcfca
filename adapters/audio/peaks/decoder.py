"""The decoder: a program that reads audio from its standard input, a file, and writes the outline of it.

It runs in a process of its own, by its path, and imports nothing of the service. numpy and the codecs are loaded here
and nowhere else. ``decoder.py MEDIA_TYPE`` writes the seconds (float64, little-endian) and a pair of signed bytes for
each of `PAIRS` stretches; it ends with 0, or with one of the codes below.
"""

import os
import resource
import struct
import sys
from collections.abc import Iterator

import miniaudio  # type: ignore[import-untyped]  # it has no types
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no types
from numpy.typing import NDArray

UNDECODABLE, TOO_LONG, OUT_OF_MEMORY = 10, 11, 12
STANDARD_INPUT, STANDARD_OUTPUT = 0, 1
PAIRS = 2_000
ADDRESS_SPACE = 2**29  # bytes; a third of it is used
SECONDS_OF_PROCESSOR = 120
LONGEST = 6 * 3600  # seconds
SAMPLES_AT_ONCE = 2**17
MOST_BUCKETS = 2**18  # a power of two

Samples = NDArray[np.float32]
"""Samples of all channels in turn, full scale from -1 to 1."""

Decoded = Iterator[tuple[int, int, Samples]]
"""Rate, channels and the next samples, to the end of the audio. Raises UndecodableError: nothing more can be had."""


def confine() -> None:
    """Take away what decoding does not need, before anything is read that somebody else has written."""
    limits = {"CPU": SECONDS_OF_PROCESSOR, "CORE": 0, "FSIZE": 0}  # FSIZE: no file can be written
    if sys.platform == "linux":  # macOS knows no such limit
        limits["AS"] = ADDRESS_SPACE
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        lowered = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (lowered, hard if name == "CPU" else lowered))  # at the hard one, nobody learns why
    os.nice(10)


class UndecodableError(Exception):
    """A decoder does not read this."""


class TooLongError(Exception):
    """There are more than `LONGEST` seconds."""


class Outline:
    """The least and the greatest sample of equally long stretches, of audio whose length shows only at its end.

    A bucket is ``width`` samples, a power of two of frames; when there are too many, two become one."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.width = channels
        self.samples = 0
        self.low: Samples = np.empty(0, np.float32)
        self.high: Samples = np.empty(0, np.float32)
        self.rest: Samples = np.empty(0, np.float32)  # less than a bucket

    def add(self, samples: Samples) -> None:
        """The next ones, whole frames."""
        self.samples += len(samples)
        samples = np.concatenate((self.rest, samples))
        whole = len(samples) // self.width * self.width
        buckets, self.rest = samples[:whole].reshape(-1, self.width), samples[whole:].copy()
        self.low = np.append(self.low, np.fmin.reduce(buckets, axis=1))  # fmin and fmax pass over what is no number
        self.high = np.append(self.high, np.fmax.reduce(buckets, axis=1))
        while len(self.low) > MOST_BUCKETS:
            self._halve()

    def pairs(self, count: int = PAIRS) -> bytes:
        """So many pairs of signed bytes, each of the buckets that begin in its part; of the nearest, if none does."""
        if not self.samples:
            raise UndecodableError
        low, high = self.low, self.high
        if len(self.rest):
            low, high = np.append(low, np.fmin.reduce(self.rest)), np.append(high, np.fmax.reduce(self.rest))
        frames = self.samples // self.channels
        starts = np.arange(count) * frames // count // (self.width // self.channels)
        found = np.stack((np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)), axis=1)
        steps = np.rint(np.nan_to_num(found, posinf=1, neginf=-1).astype(np.float64) * 128)
        return bytes(np.clip(steps, -128, 127).astype(np.int8).tobytes())

    def _halve(self) -> None:
        if len(self.low) % 2:  # the last one has nobody to go with yet
            alone = np.full(self.width, self.low[-1], np.float32)
            alone[-1] = self.high[-1]
            self.rest = np.concatenate((alone, self.rest))
            self.low, self.high = self.low[:-1], self.high[:-1]
        self.low = np.fmin(self.low[::2], self.low[1::2])
        self.high = np.fmax(self.high[::2], self.high[1::2])
        self.width *= 2


def by_miniaudio(file: int) -> Decoded:
    """The MP3 in an open file, in half of soundfile's time.

    Of other formats it is not asked: its Vorbis can be brought to crash, and its samples of 8 bits are not exact."""
    ffi, lib = miniaudio.ffi, miniaudio.lib
    decoder, read = ffi.new("ma_decoder *"), ffi.new("ma_uint64 *")
    wanted = lib.ma_decoder_config_init(miniaudio.SampleFormat.FLOAT32.value, 0, 0)  # channels and rate as they are
    wanted.encodingFormat = miniaudio.FileFormat.MP3.value
    if lib.ma_decoder_init_file(b"/dev/fd/%d" % file, ffi.addressof(wanted), decoder) != lib.MA_SUCCESS:
        raise UndecodableError
    rate, channels = int(decoder.outputSampleRate), int(decoder.outputChannels)
    frames = max(1, SAMPLES_AT_ONCE // channels)
    samples = np.empty(frames * channels, np.float32)
    into = ffi.from_buffer("float[]", samples)
    while lib.ma_decoder_read_pcm_frames(decoder, into, frames, read) == lib.MA_SUCCESS and read[0]:
        yield rate, channels, samples[: read[0] * channels]


def by_soundfile(file: int) -> Decoded:
    """The audio in an open file: MP3, Vorbis, Opus, FLAC, WAVE, AIFF."""
    try:
        with soundfile.SoundFile(file, closefd=False) as sound:
            samples = np.empty((max(1, SAMPLES_AT_ONCE // sound.channels), sound.channels), np.float32)
            while len(found := sound.read(out=samples)):
                yield sound.samplerate, sound.channels, found.reshape(-1)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise UndecodableError from error


def drawn(decoder: Decoded) -> bytes:
    """What is written: of as much as can be decoded. Raises UndecodableError: that is nothing. Raises TooLongError."""
    outline, rate = None, 1
    try:
        for rate, channels, samples in decoder:  # the rate is needed at the end
            outline = outline or Outline(channels)
            outline.add(samples)
            if outline.samples > LONGEST * rate * channels:
                raise TooLongError
    except UndecodableError:
        if outline is None:
            raise
    if outline is None or rate < 1:
        raise UndecodableError
    return struct.pack("<d", outline.samples / outline.channels / rate) + outline.pairs()


def main(media_type: str) -> int:
    decoders = (by_miniaudio, by_soundfile) if media_type == "audio/mpeg" else (by_soundfile,)
    try:
        for decoder in decoders:
            try:
                os.lseek(STANDARD_INPUT, 0, os.SEEK_SET)  # the one before may have read of it
                os.write(STANDARD_OUTPUT, drawn(decoder(STANDARD_INPUT)))
                return 0
            except UndecodableError:
                continue
    except TooLongError:
        return TOO_LONG
    except MemoryError:
        return OUT_OF_MEMORY
    return UNDECODABLE


if __name__ == "__main__":
    confine()
    sys.exit(main(sys.argv[1]))
