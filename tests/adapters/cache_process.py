"""A process of its own that listens through a cache, for tests in which several share a folder and some are killed.

Run as ``python -m tests.adapters.cache_process FOLDER SIZE SECONDS HALT``: for so many seconds, and a few times at
least, it listens to clips at random, several at once, and fails if any is not what its source has. With HALT, its
source gives no byte behind it."""

import asyncio
import random
import sys
from pathlib import Path

from domain.location import AudioLocation
from tests.adapters.cache_world import Origin, World, tagged
from tests.sounds import mp3_of

CLIPS, LEAST = 12, 25
SOUNDS = {
    AudioLocation(f"https://example.net/{number}.mp3"): tagged(mp3_of(60_000 + 9_001 * number)[::-1], f"{number}")
    for number in range(CLIPS)
}


async def listening(world: World, until: float) -> int:
    times = 0
    while asyncio.get_running_loop().time() < until or times < LEAST:
        location = random.choice(list(SOUNDS))
        heard, _ = await world.listen(location=location)
        if heard != SOUNDS[location].content:
            raise AssertionError(f"{location} is not what its source has")
        times += 1
        await asyncio.sleep(0)  # what is in memory is heard without a turn for those who fill
    return times


async def main(folder: Path, size: int, seconds: float, halt: int | None) -> None:
    world = World(folder, Origin(dict(SOUNDS), halt=halt, piece=7_000), size=size)
    print("begun", flush=True)  # noqa: T201  # the test that started this reads it
    until = asyncio.get_running_loop().time() + seconds
    times = sum(await asyncio.gather(*(listening(world, until) for _ in range(4))))
    await world.settled()  # given up, what is fetched last would leave nothing where it has driven all else out
    await world.cache.close()
    print(times, len(world.origin.asked))  # noqa: T201  # the same


if __name__ == "__main__":
    told = sys.argv[1:]
    asyncio.run(main(Path(told[0]), int(told[1]), float(told[2]), int(told[3]) if told[3:] else None))
