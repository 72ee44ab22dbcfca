"""A service as it looks after three months with listeners: clips, and counts that were made up, the same each time."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import pi, sin
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
from attrs import frozen

from adapters.postgres.embedded import embedded_postgres
from tests.services import Service, running_service

DAYS = 90
OF_ALL = -1  # below the clips, as migration 0002 says; listeners of all are below 0
OF_ALL_LISTENERS = 0

# How many of a play each counter has; listeners of all clips are fewer than the sum of each clip's.
SHARES = {"listeners": 0.62, "downloads": 0.44, "completed": 0.51, "listens": 0.58, "skips": 0.17}
SHARED_LISTENERS = 0.7

KEEP = """
    INSERT INTO counts (clip_id, interval, since, counter, count) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = counts.count + excluded.count"""
TOTAL = """
    INSERT INTO counts (clip_id, interval, since, counter, count)
    SELECT clip_id, 'total', 'epoch', counter, sum(count) FROM counts
    WHERE interval = 'day' AND counter <> 'play_count' GROUP BY clip_id, counter"""
PLAYS = """
    INSERT INTO play_counts (clip_id, plays, last_played_at)
    SELECT clip_id, sum(count), max(since) FROM counts
    WHERE interval = 'hour' AND counter = 'play_count' AND clip_id > 0 GROUP BY clip_id"""


@frozen
class Shown:
    """A clip of the showcase: ``audio`` is a sample's name without its ending, ``popular`` about how often in a day."""

    title: str
    genre: str
    tags: tuple[str, ...]
    description: str
    audio: str
    popular: float


CLIPS = (
    Shown("Harbour at Dawn", "Nature", ("water", "morning"), "Rigging, gulls, a boat that leaves.", "rain", 9),
    Shown(
        "Tape Loop No. 4", "Ambient", ("tape", "loop", "slow"), "Recorded over itself until it was soft.", "slow", 26
    ),
    Shown("Kitchen Percussion", "Beats", ("found sound", "loop"), "Pans, a drawer, and two spoons.", "crooked", 17),
    Shown("Last Tram Home", "Stories", ("city", "night"), "Three stops, half asleep.", "night", 31),
    Shown("Meadow, Late June", "Nature", ("insects", "summer"), "Crickets, and bees that have work to do.", "rain", 12),
    Shown("Prelude for a Cold Room", "Classical", ("piano", "winter"), "One take, coat on.", "glass", 21),
)


@contextmanager
def showcase(port_arguments: tuple[str, ...] = ()) -> Iterator[Service]:
    """The service over a PostgreSQL of its own, both gone at the end."""
    with tempfile.TemporaryDirectory(prefix="showcase-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL is another account than root
        with (
            embedded_postgres(folder / "postgres", settings={"fsync": "off"}) as url,
            running_service(
                "--data", str(folder / "data"), *port_arguments, DATABASE_URL=url, PLAY_WRITE_KEYS="showcase"
            ) as service,
        ):
            add_clips(service)
            count(url, datetime.now(UTC))
            yield service


def add_clips(service: Service) -> None:
    with httpx.Client(base_url=service.url, headers={"X-API-Key": service.write_key}) as api:
        samples = [clip["audio_url"] for clip in api.get("/play").raise_for_status().json()]
        for clip in CLIPS:
            [audio] = [each for each in samples if clip.audio in each]
            offered: dict[str, Any] = {"title": clip.title, "genre": clip.genre, "audio_url": audio}
            offered |= {"description": clip.description, "tags": clip.tags}
            api.post("/play", json=offered).raise_for_status()


def count(url: str, now: datetime) -> None:
    """Fill the sums as if the clips had been played for `DAYS` days until ``now``."""
    with psycopg.connect(url) as connection:
        clips = [int(row[0]) for row in connection.execute("SELECT id FROM clips ORDER BY id")]
        hour = now.replace(minute=0, second=0, microsecond=0)
        rows = [row for clip in clips for row in counted(clip, hour)]
        connection.cursor().executemany(KEEP, rows)
        connection.execute(TOTAL)
        connection.execute(PLAYS)


def counted(clip: int, present: datetime) -> Iterator[tuple[int, str, datetime, str, int]]:
    """The rows that a clip's plays make, hour by hour."""
    random = Random(clip)
    popular = dict(enumerate((each.popular for each in CLIPS), start=7)).get(clip, 6 + clip * 3.0)
    first = present - timedelta(days=DAYS) if clip <= 6 else present - timedelta(days=DAYS - 9 * (clip - 6))
    while first <= present:
        plays = around(popular * crowd(first, present) / 24, random)
        told = {"play_count": plays} | {
            name: min(plays, around(plays * share, random)) for name, share in SHARES.items()
        }
        for counter, number in told.items():
            for interval, since in (("hour", first), ("day", first.replace(hour=0))):
                yield clip, interval, since, counter, number
                if counter == "listeners":
                    yield OF_ALL_LISTENERS, interval, since, counter, round(number * SHARED_LISTENERS)
                else:
                    yield OF_ALL, interval, since, counter, number
        first += timedelta(hours=1)


def crowd(at: datetime, present: datetime) -> float:
    """How many more or fewer listen at a moment than on average: evenings, weekends, and more from month to month."""
    evening = 1 + 0.85 * sin((at.hour - 13) / 24 * 2 * pi)
    weekend = 1.45 if at.weekday() >= 5 else 1.0
    grown = 1.5 - (present - at).days / DAYS
    return evening * weekend * grown


def around(expected: float, random: Random) -> int:
    """A whole number about that, as chance has it."""
    return max(0, round(random.gauss(expected, expected**0.5 * 0.6)))
