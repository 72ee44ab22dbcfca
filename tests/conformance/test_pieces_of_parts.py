"""What is declared is what is sent: a source that gives a piece of a part never has it sent as the part."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, frozen

from adapters.audio.remote.http import HttpAudio
from adapters.audio.remote.relayed_audio import RelayedAudio
from adapters.memory.store import MemoryStore
from adapters.system import new_id
from application.stream_clip import StreamClip
from domain.byte_range import FromTo, RangeSet, RequestedRange
from domain.clip import ClipId
from domain.delivery import Delivery
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.play import Listening
from entrypoints.web.multipart import MultipartBody
from tests.application.listening_room import Told, clock
from tests.audio_worlds import versioned
from tests.conformance.sparing import AT_ONCE, sparing
from tests.examples import details, some_audio
from tests.sounds import mp3_of
from tests.upstream import Upstream, remote_audio, upstream

CLIP = mp3_of(5_000)
PIECE, PART = FromTo(0, AT_ONCE - 1), FromTo(2_000, 2_000 + AT_ONCE)


@define(eq=False)
class Counting:
    """A source that knows how much of its audio is open."""

    source: HttpAudio
    open_now: int = 0

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> "CountedAudio":
        return CountedAudio(await self.source.open(location, requested), self)


class CountedAudio:
    def __init__(self, audio: RelayedAudio, counting: Counting) -> None:
        self.audio, self.counting, self.is_closed = audio, counting, False
        counting.open_now += 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.audio, name)

    async def reopen(self, requested: RequestedRange | None) -> "CountedAudio":
        return CountedAudio(await self.audio.reopen(requested), self.counting)

    def close(self) -> None:
        self.counting.open_now -= not self.is_closed
        self.is_closed = True
        self.audio.close()


@frozen
class Sparing:
    """A clip at a source that gives less than is asked for, which nobody completes."""

    server: Upstream
    source: Counting
    stream_clip: StreamClip
    clip: ClipId
    told: Told


@asynccontextmanager
async def a_sparing_source() -> AsyncIterator[Sparing]:
    store, told = MemoryStore(), Told()
    async with upstream(versioned(sparing(CLIP))) as server, remote_audio() as http:
        source = Counting(http)
        clip = await store.add(details(audio_url=server.url()), some_audio(), clock())
        yield Sparing(
            server,
            source,
            StreamClip(store, source, store, list[Delivery]().append, told, clock, new_id),
            clip.id,
            told,
        )


async def test_a_body_of_several_parts_is_cut_before_a_part_of_which_there_is_a_piece_only() -> None:
    async with a_sparing_source() as sparing:
        stream = await sparing.stream_clip.play(sparing.clip, Listening(RangeSet((PIECE, PART))))
        body = MultipartBody(stream, "audio/mpeg")
        sent = [bytes(await body.read())]
        while not sent[-1].endswith(b"Content-Range: bytes 2000-3000/5000\r\n\r\n"):
            sent.append(bytes(await body.read()))
        with pytest.raises(AudioUnavailable) as cut:
            await body.read()
        body.close()

        assert (cut.value.location, cut.value.failure) == (sparing.server.url(), SourceFailure.INCONSISTENT)
        assert b"".join(sent[1:-1]) == CLIP[:AT_ONCE]
        assert sparing.source.open_now == 0


async def test_a_first_part_of_which_there_is_a_piece_only_is_refused_and_no_play_is_counted() -> None:
    async with a_sparing_source() as sparing:
        with pytest.raises(AudioUnavailable) as refused:
            await sparing.stream_clip.play(sparing.clip, Listening(RangeSet((FromTo(0, AT_ONCE), PART))))

        assert (refused.value.location, refused.value.failure) == (sparing.server.url(), SourceFailure.INCONSISTENT)
        assert sparing.told.events == [SourceFailure.INCONSISTENT, "play source_failed"]
        assert sparing.source.open_now == 0
