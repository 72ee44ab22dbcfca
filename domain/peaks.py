"""Peaks: what a waveform is drawn from, and what tells whose they are."""

from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import NewType

from attrs import field, frozen

from domain.clip import Clip, seconds
from domain.errors import PeaksFault
from domain.location import content_hash
from domain.validators import Validators

PeaksKey = NewType("PeaksKey", str)
"""What tells the audio that peaks are of: 64 hexadecimal digits."""

Pair = tuple[int, int]
"""The least and the greatest sample of a stretch, all channels together: -128 to 127 of full scale."""

KEPT_PAIRS = 2_000
DEFAULT_POINTS = 800
MOST_POINTS = KEPT_PAIRS

FAULT_HOLDS = timedelta(days=1)  # a later release may read what this one does not

EDITION = 1  # of how peaks are reckoned: another one makes every key, and so every entity tag, another


def whole_pairs(_instance: object, _field: object, value: bytes) -> None:
    """An attrs validator: bytes that can be told apart into pairs, at least one."""
    if not value or len(value) % 2:
        raise ValueError("must have two bytes for each pair")


@frozen
class Peaks:
    """The outline of a clip of ``duration`` seconds: pairs of equally long stretches, in order, that leave nothing out.

    ``outline`` has two signed bytes for each: the least sample, and the greatest."""

    duration: float = field(validator=seconds)
    outline: bytes = field(validator=whole_pairs, repr=False)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return tuple(zip(self._samples[::2], self._samples[1::2], strict=True))

    def reduced(self, points: int) -> tuple[Pair, ...]:
        """So many pairs, at least 1, of equally long stretches, as exactly as the kept ones can tell.

        Each kept pair is in the one point that its beginning lies in, so that nothing is lost; of more points than
        pairs, each is the pair that it lies in."""
        low, high = self._samples[::2], self._samples[1::2]
        edges = [point * len(low) // points for point in range(points + 1)]
        parts = [slice(first, max(end, first + 1)) for first, end in pairwise(edges)]
        return tuple((min(low[part]), max(high[part])) for part in parts)

    @property
    def _samples(self) -> list[int]:
        return memoryview(self.outline).cast("b").tolist()


@frozen
class KeptPeaks:
    """What became of drawing: peaks, or why there are none; and when that was, aware UTC."""

    outcome: Peaks | PeaksFault
    made_at: datetime

    def hold_at(self, now: datetime) -> bool:
        """Whether they need not be drawn again: peaks always, a fault for as long as `FAULT_HOLDS`."""
        return isinstance(self.outcome, Peaks) or now - self.made_at < FAULT_HOLDS


def key_of_upload(clip: Clip) -> PeaksKey | None:
    """The key of a clip whose location itself tells its content, by its hash; None of any other."""
    digest = content_hash(clip.audio_url)
    return None if digest is None else hashed("upload", digest)


def key_of_version(clip: Clip, version: Validators, size: int | None) -> PeaksKey:
    """The key of the ``version`` that was opened, ``size`` bytes long.

    A strong entity tag tells it; else its date. Where a source tells neither, the same location, the same size and the
    same clip are taken for the same audio: its peaks are then those of the version that was drawn first."""
    tag = version.entity_tag
    if tag is not None and not tag.is_weak:
        return hashed("tag", clip.audio_url, tag.opaque)
    if version.last_modified is not None:
        return hashed("date", clip.audio_url, version.last_modified.isoformat(), str(size))
    return hashed("clip", clip.audio_url, str(clip.id), clip.created_at.isoformat(), str(size))


def hashed(*facts: str) -> PeaksKey:
    text = "\0".join((str(EDITION), *facts))
    return PeaksKey(sha256(text.encode(errors="surrogatepass")).hexdigest())
