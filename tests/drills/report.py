"""What a drill saw, what it holds to be broken, and the line that tells of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import psycopg
from aiohttp import ClientSession
from attrs import Factory, define

from adapters.system import utc_now
from tests.drills.listening import Load, Play
from tests.drills.stage import Cluster

AROUND = timedelta(hours=12)  # of now: where plays may have been counted, though a clock was wrong
LEAST_PLAYS = 50  # fewer show nothing


class Skipped(Exception):
    """A drill cannot take place here; the text says why."""


@define(eq=False)
class Report:
    """A drill as it goes on. ``fault`` says what was done, and what came of it."""

    fault: str = ""
    breaches: list[str] = Factory(list)
    counted: set[Play] = Factory(set)
    loads: Sequence[Load] = ()

    def must(self, is_so: bool, promise: str) -> None:
        """Note a breach of ``promise`` unless it is so."""
        if not is_so:
            self.breaches.append(promise)

    async def judge(self, cluster: Cluster, *loads: Load, first_byte: float = 2.0) -> None:
        """Hold what listeners know against what was counted; the first load's are the normal ones.

        ``first_byte`` is how many seconds one of them may wait for it at most."""
        self.loads = loads
        attempted = set[Play]().union(*(load.attempted for load in loads))
        acknowledged = set[Play]().union(*(load.acknowledged for load in loads))
        self.counted = plays_in(cluster.database)
        self.must(len(acknowledged) >= LEAST_PLAYS, "there was a load")
        self.must(
            acknowledged <= self.counted,
            f"plays that were heard are counted ({len(acknowledged - self.counted)} are not)",
        )
        self.must(
            self.counted <= attempted,
            f"plays that are counted were asked for ({len(self.counted - attempted)} were not)",
        )
        unheard = loads[0].attempted - loads[0].acknowledged
        self.must(not unheard, f"listeners who insist are heard ({len(unheard)} plays are not)")
        self.must(sum(load.wrong for load in loads) == 0, "nobody hears what is not the clip")
        self.must(self.worst <= first_byte, f"listeners start within {first_byte:g} s")
        await self._judge_sums(cluster)

    @property
    def worst(self) -> float:
        """The longest that a normal listener waited for a first byte, in seconds."""
        return max(self.loads[0].waits, default=float("inf"))

    async def _judge_sums(self, cluster: Cluster) -> None:
        by_clip = Counter(clip for clip, _ in self.counted)
        period = {"from": told(-AROUND), "to": told(AROUND), "interval": "hour"}
        async with ClientSession(cluster.replicas[1].url) as session:
            for clip, plays in by_clip.items():
                async with session.get(f"/play/{clip}/stats", params=period) as response:
                    stats = await response.json()
                hours = sum(bucket["play_count"] for bucket in stats["series"])
                self.must(stats["play_count"] == plays == hours, f"clip {clip}: total, ledger and hours are one number")

    def line(self, name: str, seconds: float) -> str:
        """The whole drill in one line, and each breach below it."""
        attempted = sum(len(load.attempted) for load in self.loads)
        acknowledged = sum(len(load.acknowledged) for load in self.loads)
        load = sum(load.per_second for load in self.loads if load.pace is None)
        verdict = "BROKEN" if self.breaches else "holds"
        told = (
            f"{name:<16} {load:4.0f} requests/s | {self.fault} | plays {acknowledged} acknowledged, "
            f"{len(self.counted)} counted, {attempted} attempted | first byte {self.worst:.2f} s at worst | "
            f"{seconds:.0f} s | {verdict}\n"
        )
        return told + "".join(f"{'':<16} broken: {breach}\n" for breach in self.breaches)


def told(later: timedelta) -> str:
    return (utc_now() + later).isoformat().replace("+00:00", "Z")


def plays_in(database: str) -> set[Play]:
    """All plays of the ledger."""
    with psycopg.connect(database) as connection:
        return set(connection.execute("SELECT clip_id, id FROM plays").fetchall())
