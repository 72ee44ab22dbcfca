"""Two services on one database: what comes in at once is counted exactly, and what starts at once starts once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from random import Random

import psycopg
import pytest
from attrs import frozen

from adapters.postgres.migrate import migrate, migrations
from adapters.system import new_id
from tests.end_to_end.clients import client_of, streamed
from tests.examples import a_wav
from tests.services import Service, running_service

STREAMS = 500
SOUND = a_wav(seconds=4)


@frozen
class Pair:
    """Two services that were started at the same moment, on a database and a media folder without samples."""

    url: str
    media: Path
    services: list[Service]


@frozen
class Wish:
    """A stream that somebody wants: from which of the services, of which clip, under which playback id."""

    service: int
    clip: int
    play: str = ""


@pytest.fixture(scope="module")
def pair(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both services have the same media folder, as replicas do."""
    url, data = fresh_database(), tmp_path_factory.mktemp("data")
    (data / "media").mkdir()
    (data / "media" / "ramp.wav").write_bytes(SOUND)
    settings = {"DATABASE_URL": url, "PLAY_WRITE_KEYS": "a key of ours,another"}
    with ExitStack() as ending, ThreadPoolExecutor(2) as starting:
        begun = [
            starting.submit(ending.enter_context, running_service("--data", str(data), **settings)) for _ in range(2)
        ]
        yield Pair(url, data / "media", [each.result() for each in begun])


@pytest.fixture
async def clips(pair: Pair) -> list[int]:
    """Ten new clips."""
    async with client_of(pair.services[0]) as client:
        return [await client.add("library:ramp.wav") for _ in range(10)]


def test_services_that_start_at_once_migrate_and_seed_an_empty_database_once(pair: Pair) -> None:
    with psycopg.connect(pair.url) as connection:
        applied = connection.execute("SELECT name FROM schema_migrations ORDER BY name").fetchall()
        seeds = connection.execute("SELECT title FROM clips WHERE seed_key IS NOT NULL").fetchall()

    assert applied == [(migration.name,) for migration in migrations()]
    assert len(seeds) == len(set(seeds)) == 6


def test_of_eight_that_migrate_an_empty_database_at_once_one_does_and_the_others_wait(
    fresh_database: Callable[[], str],
) -> None:
    url = fresh_database()
    with ThreadPoolExecutor(8) as migrating:
        applied = [*migrating.map(migrate, [url] * 8)]

    assert sorted(applied) == [[]] * 7 + [[migration.name for migration in migrations()]]


def test_services_that_start_at_once_put_each_sample_into_a_media_folder_they_share(pair: Pair) -> None:
    assert sorted(file.suffix for file in pair.media.iterdir()) == [".mp3"] * 3 + [".ogg"] * 3 + [".wav"]


async def test_500_streams_of_one_hot_clip_at_once_over_two_services_are_500_plays(
    pair: Pair, clips: list[int]
) -> None:
    hot = clips[0]

    await granted([Wish(each % 2, hot) for each in range(STREAMS)], pair, clips, Counter({hot: STREAMS}))


async def test_500_streams_of_many_clips_at_once_over_two_services_are_each_counted_with_their_clip(
    pair: Pair, clips: list[int]
) -> None:
    wishes = [Wish(each % 2, Random(each).choice(clips)) for each in range(STREAMS)]

    await granted(wishes, pair, clips, Counter(wish.clip for wish in wishes))


async def test_a_playback_id_sent_again_and_again_to_both_services_at_once_is_one_play_of_each_clip(
    pair: Pair, clips: list[int]
) -> None:
    names = [str(new_id()) for _ in range(50)]
    wishes = [Wish(service, clip, name) for name in names for clip in clips[:2] for service in (0, 1, 0, 1, 1)]

    await granted(wishes, pair, clips, Counter(clips[:2] * len(names)))


async def granted(wishes: list[Wish], pair: Pair, clips: list[int], plays: Counter[int]) -> None:
    """Grant all wishes at once, each clip of which is so many plays then, as both services say."""
    refused = Counter[int]()
    async with AsyncExitStack() as leaving:
        clients = [await leaving.enter_async_context(client_of(service)) for service in pair.services]
        heard = await asyncio.gather(
            *(streamed(clients[wish.service], wish.clip, refused, params=named(wish.play)) for wish in wishes)
        )
        counted = [Counter({clip: await client.plays(clip) for clip in clips}) for client in clients]

    assert set(heard) == {SOUND}
    assert counted[0] == counted[1]
    assert plays <= counted[0] <= plays + refused


def named(play: str) -> dict[str, str]:
    return {"play": play} if play else {}
