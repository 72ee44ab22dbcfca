"""300 listeners at once who read a thousand bytes a second, and 100 clients who never finish asking."""

import asyncio
from contextlib import suppress

from tests.drills.listening import Load, address_of, connected
from tests.drills.report import Report
from tests.drills.stage import Stage, cluster
from tests.end_to_end.clients import client_of
from tests.end_to_end.processes import awake
from tests.services import Service
from tests.sounds import mp3, mp3_of
from tests.upstream import serving, soon, upstream

SLOW = 300
SLOW_HEADS = 100
HEAD_LIMIT = 15.0  # seconds; ten are meant
TO_GATHER = 30.0
START = 2.0  # seconds; a tenth is meant, on a machine that does nothing else


async def drill(stage: Stage, report: Report) -> None:
    sound, long = mp3(200), mp3_of(8_000_000)  # more than the system takes off the service's hands
    with cluster(stage) as it:
        async with upstream(serving(long)) as source:
            load = Load(it.gateway.url, {await it.add("a.mp3", sound): [sound]}, listeners=8)
            clips = {await it.add("long.mp3", long): [long], await it.add_clip(source.url()): [long]}
            slow = Load(it.gateway.url, clips, listeners=SLOW, pace=1_000, leaves=True)
            doors = [it.gateway.url, it.replicas[0].url, it.gateway.url, it.replicas[1].url]
            async with load.held(), slow.held():
                asking = [seconds_until_cut(doors[at % 4], address_of(at)) for at in range(SLOW_HEADS)]
                cut_after = await asyncio.gather(*asking)
                are_there = await soon(lambda: len(slow.acknowledged) >= SLOW, TO_GATHER)
                await asyncio.sleep(3)
                still = sum([await streams_at(replica) for replica in it.replicas])
        report.fault = (
            f"{still:.0f} streams at once at 1 kB/s, {SLOW_HEADS} heads of a byte a second "
            f"(cut after {max(cut_after):.0f} s)"
        )
        report.must(are_there and (slow.cut, slow.unanswered) == (0, 0), "slow listeners are served, however slow")
        report.must(still >= SLOW, f"{SLOW} streams are under way at once")
        report.must(max(cut_after) <= HEAD_LIMIT, f"heads that do not come are cut after {HEAD_LIMIT:g} s")
        report.must(not load.refusals and load.cut + load.unanswered == 0, "normal listeners are served")
        await report.judge(it, load, slow, first_byte=START)


async def streams_at(replica: Service) -> float:
    """How many are under way."""
    async with client_of(replica) as client:
        return await client.metric("play_streams_active")


async def seconds_until_cut(url: str, address: str) -> float:
    """How long a client may take for the head of a request, of which a byte comes each second."""
    async with connected(url, address) as (reader, writer):
        began = awake()
        writer.write(b"GET /play HTTP/1.1\r\nHost: play\r\nX-Slow: ")
        while awake() - began < 2 * HEAD_LIMIT:
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(1):
                    await reader.read()
            if reader.at_eof() or reader.exception() is not None or writer.transport.is_closing():
                break
            writer.write(b"x")
        return awake() - began
