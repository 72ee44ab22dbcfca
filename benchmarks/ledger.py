"""The ledger by itself, no HTTP: ``python -m benchmarks.ledger URL CLIPS CALLERS SECONDS [--at MOMENT]``.

So many callers record one play after another, half of them named, of the first clips in turn; one line of JSON tells
what they saw. It is a process of its own, on the event loop that the service has."""

import asyncio
import json
from argparse import ArgumentParser, Namespace
from itertools import cycle
from time import perf_counter, time

import uvloop
from attrs import asdict

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.pool import Database, connection_pool
from adapters.system import new_id, utc_now
from benchmarks.seen import Load, Unsound, seen
from domain.clip import ClipId
from domain.play import Play, PlayId
from domain.ports import PlayLedger
from entrypoints.settings import Settings


async def recorded(ledger: PlayLedger, chosen: Namespace) -> Load:
    """Have the callers record plays. Raises Unsound: one was not new."""
    taken: list[float] = []
    turn, began = cycle(range(1, chosen.clips + 1)), perf_counter()

    async def call() -> None:
        while (asked := perf_counter()) < began + chosen.seconds:
            if not await ledger.record(
                Play(PlayId(new_id()), ClipId(next(turn)), utc_now(), is_named=len(taken) % 2 == 0)
            ):
                raise Unsound("a new play was taken for a repeated one")
            taken.append(perf_counter() - asked)

    await asyncio.gather(*(call() for _ in range(chosen.callers)))
    return seen(taken, perf_counter() - began)


async def over(chosen: Namespace) -> Load:
    async with connection_pool(chosen.url, Settings().pool_size) as pool:
        await asyncio.sleep(max(0.0, chosen.at - time()))
        return await recorded(PostgresLedger(Database(pool)), chosen)


def arguments() -> Namespace:
    parser = ArgumentParser(description="Record plays for a while.")
    parser.add_argument("url")
    parser.add_argument("clips", type=int)
    parser.add_argument("callers", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--at", type=float, default=0.0, help="the moment to begin, in seconds since 1970")
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(over(arguments())))))
