"""The promises of `domain.ports.PeaksStore`, in memory and in PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from domain.errors import PeaksFault
from domain.peaks import KEPT_PAIRS, KeptPeaks, Peaks, PeaksKey
from tests.examples import NOON
from tests.worlds import World

KEY, OTHER = PeaksKey("a" * 64), PeaksKey("b" * 64)
PEAKS = Peaks(14.512345, bytes(at % 256 for at in range(2 * KEPT_PAIRS)))


async def test_peaks_are_kept_to_the_byte_and_nothing_else_is_found(world: World) -> None:
    await world.peaks.keep_peaks(KEY, KeptPeaks(PEAKS, NOON))

    assert await world.peaks.kept_peaks(KEY) == KeptPeaks(PEAKS, NOON)
    assert await world.peaks.kept_peaks(OTHER) is None


@pytest.mark.parametrize("fault", PeaksFault)
async def test_why_there_are_none_is_kept_too(world: World, fault: PeaksFault) -> None:
    await world.peaks.keep_peaks(KEY, KeptPeaks(fault, NOON))

    assert await world.peaks.kept_peaks(KEY) == KeptPeaks(fault, NOON)


async def test_what_is_kept_later_takes_the_place_of_what_was(world: World) -> None:
    later = KeptPeaks(PEAKS, NOON + timedelta(days=2))
    await world.peaks.keep_peaks(KEY, KeptPeaks(PeaksFault.UNDECODABLE, NOON))
    await world.peaks.keep_peaks(KEY, later)
    await world.peaks.keep_peaks(KEY, later)

    assert await world.peaks.kept_peaks(KEY) == later


async def test_many_may_keep_the_same_at_once(world: World) -> None:
    await asyncio.gather(*(world.peaks.keep_peaks(KEY, KeptPeaks(PEAKS, NOON)) for _ in range(30)))

    assert await world.peaks.kept_peaks(KEY) == KeptPeaks(PEAKS, NOON)
