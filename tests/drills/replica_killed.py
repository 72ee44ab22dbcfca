"""One of two replicas is killed under load."""

import asyncio
from itertools import pairwise

from tests.drills.listening import Load
from tests.drills.report import Report
from tests.drills.stage import Stage, cluster
from tests.end_to_end.processes import awake
from tests.sounds import mp3, mp3_of

LONGEST_SILENCE = 2.0  # seconds in which nobody at all starts to hear


async def drill(stage: Stage, report: Report) -> None:
    with cluster(stage) as it:
        clips = {await it.add(f"{name}.mp3", sound): [sound] for name, sound in (("a", mp3(200)), ("b", mp3(600)))}
        load, long = Load(it.gateway.url, clips), mp3_of(12_000_000)
        slow = Load(it.gateway.url, {await it.add("long.mp3", long): [long]}, listeners=6, pace=1_000_000)
        async with load.held(), slow.held():
            await asyncio.sleep(3)
            killed = awake()
            it.replicas[0].process.kill()
            await asyncio.sleep(5)
        later = [killed, *(at for at in load.begun_at if at > killed)]
        silence = max((then - before for before, then in pairwise(later)), default=float("inf"))
        report.fault = (
            f"replica killed: {load.cut + slow.cut} streams cut, {load.refusals.total() + slow.refusals.total()} "
            f"refused, somebody started every {silence:.2f} s"
        )
        report.must(it.replicas[0].process.wait() == -9, "the replica was killed")
        report.must(it.replicas[1].process.poll() is None, "the other replica goes on")
        report.must(slow.cut > 0, "some were listening to the replica")
        report.must(slow.attempted == slow.acknowledged, "who was cut is heard again, and counted once")
        report.must(silence <= LONGEST_SILENCE, "the gateway sends listeners to the other replica")
        report.must(
            set(load.refusals + slow.refusals) <= {503} and load.untold == 0, "each refusal is a 503 with Retry-After"
        )
        await report.judge(it, load, slow)
