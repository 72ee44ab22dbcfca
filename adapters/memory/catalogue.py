"""The catalogue in memory."""

from collections.abc import Collection, Set
from datetime import datetime
from typing import Any

from attrs import asdict, define, evolve

from adapters.memory.tables import InMemory
from domain.clip import UNCHANGED, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId, ClipVersion
from domain.errors import ClipNotFound
from domain.location import AudioLocation

FIRST_VERSION = ClipVersion(1)


@define(slots=False)
class MemoryCatalogue(InMemory):
    """Clips, each with its play count of the moment."""

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        facts = asdict(details) | kept_of(audio)
        clip = Clip(id=next(self._tables.clip_ids), play_count=0, created_at=at, version=FIRST_VERSION, **facts)
        self._tables.clips[clip.id] = clip
        return clip

    async def add_once(self, key: str, details: ClipDetails, audio: AudioFacts, at: datetime) -> bool:
        if key in self._tables.seeds:
            return False
        self._tables.seeds[key] = (await self.add(details, audio, at)).id
        return True

    async def was_added(self, key: str) -> bool:
        return key in self._tables.seeds

    async def find(self, clip: ClipId) -> Clip:
        try:
            return self._counted(self._tables.clips[clip])
        except KeyError:
            raise ClipNotFound(clip) from None

    async def change(self, clip: ClipId, changes: ClipChanges, audio: AudioFacts | None) -> Clip:
        found = await self.find(clip)
        if audio is not None:
            found = evolve(found, **kept_of(audio))
        named: dict[str, Any] = asdict(changes, filter=lambda _field, value: value is not UNCHANGED)
        self._tables.clips[clip] = changed = evolve(found, version=ClipVersion(found.version + 1), **named)
        return changed

    async def remove(self, clip: ClipId) -> AudioLocation:
        if clip not in self._tables.clips:
            raise ClipNotFound(clip)
        self._tables.removed[clip] = removed = self._tables.clips.pop(clip)
        return removed.audio_url

    async def used(self, locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        return {clip.audio_url for clip in self._tables.clips.values()}.intersection(locations)

    def _counted(self, clip: Clip) -> Clip:
        return evolve(clip, play_count=self._tables.sums.totals[clip.id]["play_count"])


def kept_of(audio: AudioFacts) -> dict[str, Any]:
    """What a clip keeps of what its audio tells; its duration may be somebody's word instead."""
    return {"media_type": audio.media_type, "size": audio.size, "header_size": audio.header_size}
