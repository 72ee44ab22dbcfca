"""However uploads, clips and removals cross: a clip has its audio, and what no clip uses is gone in the end."""

import asyncio
from collections.abc import Collection, Set
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from attrs import define, field

from domain.errors import StoreUnavailable
from domain.location import AudioLocation
from tests.audio_store_worlds import WORLDS, StoreWorld, chunks_of
from tests.sounds import wav

SOUNDS = (wav(0.5), wav(0.6))  # few, so that all meet at the same
LONGEST_PAUSE = 0.01


@define
class Crowd:
    """Many who send audio and remove clips at once. ``clips`` are those of the catalogue, by their audio."""

    world: StoreWorld
    chance: Random
    clips: list[AudioLocation] = field(factory=list)

    async def used(self, locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        """What the catalogue says at this moment, and is heard later."""
        answer = set(self.clips).intersection(locations)
        await self.pause()
        return answer

    async def pause(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, LONGEST_PAUSE))

    async def send(self) -> None:
        audio = await self.world.store.receive(chunks_of(self.chance.choice(SOUNDS)))
        await self.pause()
        await audio.keep()
        await self.pause()
        fails = self.chance.random() < 0.3
        if not fails:
            self.clips.append(audio.location)
        audio.close()
        if fails:
            await self.remove(audio.location)
        await self.look()

    async def remove_a_clip(self) -> None:
        await self.pause()
        if self.clips:
            await self.remove(self.clips.pop(self.chance.randrange(len(self.clips))))
        await self.look()

    async def remove(self, location: AudioLocation) -> None:
        with suppress(StoreUnavailable):  # what is left then, the sweep finds
            await self.world.store.remove(location, self.used)

    async def look(self) -> None:
        for location in set(self.clips):
            held = await self.world.holds(location)
            assert held or location not in self.clips, "a clip without its audio"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", WORLDS)
async def test_a_clip_has_its_audio_however_uploads_and_removals_cross(name: str, seed: int, tmp_path: Path) -> None:
    with WORLDS[name](tmp_path) as world:
        crowd = Crowd(world, Random(seed))
        for _ in range(3):
            await asyncio.gather(*(act() for _ in range(12) for act in (crowd.send, crowd.remove_a_clip)))
            await crowd.look()
        for location in {AudioLocation(f"library:uploads/{Path(name).name}") for name in world.everything()}:
            await world.store.remove(location, crowd.used)

        assert len(world.everything()) == len(set(crowd.clips))
