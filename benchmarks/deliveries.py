"""The ledger of deliveries by itself, no HTTP: ``python -m benchmarks.deliveries URL CLIPS AT_ONCE SECONDS``.

One call after another writes so many deliveries at once, each of a clip heard whole by a listener of its own, every
second one named by its player. One line of JSON tells how many there were."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from hashlib import sha256
from time import perf_counter, process_time

import uvloop

from adapters.postgres.deliveries import PostgresDeliveries
from adapters.postgres.pool import Database, connection_pool
from adapters.system import new_id, utc_now
from benchmarks.recordings import KB_100
from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, DeliveryId, Ending
from domain.heard import Window
from domain.listener import KEY_LENGTH, Agent, ListenerKey
from domain.play import PlayId


def heard_whole(clips: int, count: int) -> Sequence[DeliveryEntry]:
    """So many deliveries that nobody knew of before, of the clips in turn."""
    return [
        DeliveryEntry(
            id=DeliveryId(new_id()),
            clip=ClipId(1 + number % clips),
            ended_at=utc_now(),
            listener=ListenerKey(sha256(new_id().bytes).digest()[:KEY_LENGTH]),
            known_as=None,
            playback=PlayId(new_id()) if number % 2 else None,
            agent=Agent.PLAYER,
            reason=Reason.COUNTED,
            ending=Ending.SENT,
            sent=(ByteRange(0, KB_100.size - 1),),
            download_size=KB_100.size,
            whole_size=KB_100.size,
        )
        for number in range(count)
    ]


async def delivered(chosen: Namespace) -> dict[str, float]:
    async with connection_pool(chosen.url, 2) as pool:
        ledger, written = PostgresDeliveries(Database(pool)), 0
        began, used = perf_counter(), process_time()
        while perf_counter() < began + chosen.seconds:
            entries = heard_whole(chosen.clips, chosen.at_once)
            written += len(await ledger.deliver(entries, Window.CALENDAR_DAY))
        lasted = perf_counter() - began
        return {"answers": written, "per_second": written / lasted, "processor": process_time() - used}


def arguments() -> Namespace:
    parser = ArgumentParser(description="Write deliveries for a while.")
    parser.add_argument("url")
    parser.add_argument("clips", type=int)
    parser.add_argument("at_once", type=int)
    parser.add_argument("seconds", type=float)
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(uvloop.run(delivered(arguments()))))
