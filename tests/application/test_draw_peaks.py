"""DrawPeaks: drawn once for each version, kept with its faults, and never a play."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from attrs import define, evolve, field

from adapters.audio.in_memory import MemoryAudio, OpenedMemory
from adapters.memory.store import MemoryStore
from adapters.single_flight import SingleFlights
from application.draw_peaks import DrawPeaks, Waveform
from domain.byte_range import RequestedRange
from domain.clip import ClipId
from domain.errors import (
    AudioUnavailable,
    ClipNotFound,
    DecoderUnavailable,
    NotModified,
    PeaksFault,
    PeaksUnavailable,
    PlayError,
    PreconditionFailed,
)
from domain.location import AudioLocation
from domain.peaks import FAULT_HOLDS, Peaks
from domain.ports import OpenedAudio
from domain.preconditions import NONE, EntityTags, Preconditions
from domain.validators import EntityTag
from tests.application.listening_room import WatchedAudio
from tests.examples import NOON, a_wav, details, some_audio

PLACE = AudioLocation("library:sound.wav")
UPLOAD = AudioLocation(f"library:uploads/{'0' * 64}.wav")
PEAKS = Peaks(2.0, bytes((0, 1, 0, 2, 0, 3, 0, 4)))


@define
class Decoder:
    """A decoder that says what it is told to say, and how often it was asked."""

    fails: list[PlayError] = field(factory=list)
    asked: int = 0

    async def drawn(self, location: AudioLocation, audio: OpenedAudio) -> Peaks:
        self.asked += 1
        assert await audio.read()
        if self.fails:
            raise self.fails.pop(0)
        return PEAKS


@define(eq=False)
class WatchedSource(WatchedAudio):
    """A source that remembers what it opened, and after which something may happen."""

    after: Callable[[], None] = lambda: None

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedMemory:
        opened = await super().open(location, requested)
        self.after()
        return opened


@define
class Studio:
    """The use case, and what stands around it."""

    content: dict[AudioLocation, bytes] = field(factory=lambda: {PLACE: a_wav(), UPLOAD: a_wav()})
    decoder: Decoder = field(factory=Decoder)
    store: MemoryStore = field(factory=MemoryStore)
    now: datetime = NOON
    audio: WatchedSource = field(init=False)
    draw_peaks: DrawPeaks = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.audio = WatchedSource(MemoryAudio(self.content))
        self.draw_peaks = DrawPeaks(
            self.store, self.audio, self.store, self.decoder, SingleFlights(), lambda: self.now, 100_000
        )

    async def added(self, location: AudioLocation = PLACE) -> ClipId:
        return (await self.store.add(details(audio_url=location), some_audio(), NOON)).id

    async def drawn(self, clip: ClipId, points: int = 4, preconditions: Preconditions = NONE) -> Waveform:
        return await self.draw_peaks.draw(clip, points, preconditions)

    @property
    def is_all_closed(self) -> bool:
        return all(opened._is_closed for opened in self.audio.opened)


@pytest.fixture
def studio() -> Studio:
    return Studio()


async def test_a_waveform_has_the_points_that_were_asked_for(studio: Studio) -> None:
    clip = await studio.added()

    assert (await studio.drawn(clip)).points == ((0, 1), (0, 2), (0, 3), (0, 4))
    assert (await studio.drawn(clip, 2)).points == ((0, 2), (0, 4))
    assert (await studio.drawn(clip)).duration == 2.0
    assert studio.is_all_closed


async def test_a_version_is_drawn_once_and_another_version_anew(studio: Studio) -> None:
    clip = await studio.added()
    first = await studio.drawn(clip)
    again = await studio.drawn(clip, 2)
    studio.content[PLACE] = a_wav(1)
    changed = await studio.drawn(clip)

    assert studio.decoder.asked == 2
    assert len({each.validators for each in (first, again, changed)}) == 3


async def test_two_clips_of_one_sound_share_its_peaks(studio: Studio) -> None:
    for clip in (await studio.added(), await studio.added()):
        await studio.drawn(clip)

    assert studio.decoder.asked == 1


async def test_an_upload_is_opened_only_to_be_drawn(studio: Studio) -> None:
    clip = await studio.added(UPLOAD)
    for _ in range(3):
        await studio.drawn(clip)

    assert (len(studio.audio.opened), studio.decoder.asked) == (1, 1)


async def test_who_has_these_points_of_this_version_is_told_so(studio: Studio) -> None:
    clip = await studio.added()
    tag = (await studio.drawn(clip)).validators.entity_tag
    assert tag is not None
    has_it = Preconditions(if_none_match=EntityTags((tag,)))

    with pytest.raises(NotModified):
        await studio.drawn(clip, 4, has_it)
    with pytest.raises(PreconditionFailed):
        await studio.drawn(clip, 4, Preconditions(if_match=EntityTags((EntityTag("another"),))))
    assert len((await studio.drawn(clip, 3, has_it)).points) == 3
    assert studio.decoder.asked == 1


async def test_a_fault_of_the_audio_is_remembered_for_a_day(studio: Studio) -> None:
    clip = await studio.added()
    studio.decoder.fails = [PeaksUnavailable(PeaksFault.UNDECODABLE)]
    for _ in range(3):
        with pytest.raises(PeaksUnavailable) as refused:
            await studio.drawn(clip)
        assert refused.value.why is PeaksFault.UNDECODABLE
    assert studio.decoder.asked == 1
    studio.now += FAULT_HOLDS

    assert (await studio.drawn(clip)).points
    studio.now += timedelta(days=1_000)
    assert (await studio.drawn(clip)).points
    assert studio.decoder.asked == 2
    assert studio.is_all_closed


async def test_a_decoder_that_cannot_be_had_is_asked_again(studio: Studio) -> None:
    clip = await studio.added()
    studio.decoder.fails = [DecoderUnavailable()]
    with pytest.raises(DecoderUnavailable):
        await studio.drawn(clip)

    assert (await studio.drawn(clip)).points
    assert studio.is_all_closed


async def test_audio_that_changes_before_it_is_its_turn_is_not_drawn_under_the_wrong_name(studio: Studio) -> None:
    clip = await studio.added()
    studio.audio.after = lambda: studio.content.update({PLACE: a_wav(1)})
    with pytest.raises(AudioUnavailable):
        await studio.drawn(clip)

    assert studio.decoder.asked == 0
    assert studio.is_all_closed


async def test_of_too_large_a_clip_nothing_is_drawn_nor_opened_nor_remembered(studio: Studio) -> None:
    clip = (await studio.store.add(details(audio_url=PLACE), some_audio(size=100_001), NOON)).id
    with pytest.raises(PeaksUnavailable) as refused:
        await studio.drawn(clip)

    assert refused.value.why is PeaksFault.TOO_LONG
    assert (studio.audio.opened, studio.decoder.asked) == ([], 0)
    studio.draw_peaks = evolve(studio.draw_peaks, largest=100_001)
    assert (await studio.drawn(clip)).points


async def test_what_is_not_there_is_said(studio: Studio) -> None:
    clip = await studio.added()
    with pytest.raises(ClipNotFound):
        await studio.drawn(ClipId(77))
    studio.content.clear()
    with pytest.raises(AudioUnavailable):
        await studio.drawn(clip)


async def test_it_is_no_play(studio: Studio) -> None:
    clip = await studio.added()
    await studio.drawn(clip)

    assert (await studio.store.find(clip)).play_count == 0
