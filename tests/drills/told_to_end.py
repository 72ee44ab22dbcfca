"""One of two replicas is told to end (SIGTERM) under load, while some of its listeners are quick and some stall."""

import asyncio
import signal

import psycopg

from tests.drills.listening import BROKEN, Load, Play, answered
from tests.drills.report import Report
from tests.drills.stage import Stage, cluster
from tests.end_to_end.processes import awake
from tests.services import Service
from tests.sounds import mp3, mp3_of
from tests.upstream import soon

TO_EXIT = 10.0  # seconds
TO_TELL = 1.0
TO_WRITE = 20.0
BY_DEFAULT = {"PLAY_DRAIN_GRACE": ""}


async def drill(stage: Stage, report: Report) -> None:
    with cluster(stage, BY_DEFAULT, BY_DEFAULT) as it:
        leaving, short, long = it.replicas[0], mp3(200), mp3_of(6_000_000)
        load = Load(it.gateway.url, {await it.add("short.mp3", short): [short]})
        clip = await it.add("long.mp3", long)
        quick = Load(leaving.url, {clip: [long]}, listeners=5, pace=2_000_000)
        stalled = Load(leaving.url, {clip: [long]}, listeners=5, pace=1_000)
        async with load.held(), stalled.held(), quick.held():
            await asyncio.sleep(1.5)
            leaving.process.send_signal(signal.SIGTERM)
            begun = awake()
            told = await seconds_to_503(leaving)
            code = await asyncio.to_thread(leaving.process.wait, 2 * TO_EXIT)
            taken = awake() - begun
            await asyncio.sleep(2)
        report.fault = (
            f"SIGTERM: readyz 503 after {told:.2f} s, {quick.whole} long streams ended whole, {stalled.cut} "
            f"stalled ones cut, exit {code} after {taken:.1f} s"
        )
        report.must(told <= TO_TELL, "readyz is 503 at once")
        report.must((code, taken <= TO_EXIT) == (0, True), f"it exits with 0 within {TO_EXIT:g} s")
        report.must((quick.whole, quick.cut) == (5, 0), "streams that end in time end whole")
        report.must(stalled.cut == 5, "stalled streams are cut")
        report.must(load.cut == 0, "streams of the other replica, and short ones, end whole")
        report.must(set(load.refusals) <= {503} and load.untold == 0, "each refusal is a 503 with Retry-After")
        await report.judge(it, load, quick, stalled)
        await soon(lambda: load.acknowledged <= endings_in(it.database).keys(), TO_WRITE)  # the other goes on writing
        endings = endings_in(it.database)
        report.must({endings.get(play) for play in stalled.acknowledged} == {"stopped"}, "cut streams are written down")
        report.must({endings.get(play) for play in quick.acknowledged} == {"sent"}, "whole streams are written down")
        unwritten = load.acknowledged - endings.keys()
        report.must(not unwritten, f"deliveries of the load are written down ({len(unwritten)} are not)")


async def seconds_to_503(service: Service) -> float:
    """How long until ``/readyz`` says so; no time is short enough if it never does."""
    begun = awake()
    while awake() - begun < TO_EXIT:
        try:
            async with answered(service.url, "/readyz") as answer:
                if answer.status == 503:
                    return awake() - begun
        except BROKEN:
            break
        await asyncio.sleep(0.02)
    return float("inf")


def endings_in(database: str) -> dict[Play, str]:
    """How the last delivery of each named play ended."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT clip_id, playback, ending FROM deliveries WHERE playback IS NOT NULL ORDER BY ended_at"
        )
        return {(clip, playback): ending for clip, playback, ending in rows}
