"""PostgreSQL is killed under load, stays away for a while, and comes back."""

import asyncio
import os
import signal

from tests.drills.listening import Load
from tests.drills.report import Report
from tests.drills.stage import Stage, cluster
from tests.end_to_end.followers import is_soon
from tests.end_to_end.processes import awake, postmaster_of
from tests.sounds import mp3

AWAY = 3.0  # seconds
PROMPT = 4.0  # two are meant, on a machine that does nothing else
BACK = 5.0


async def drill(stage: Stage, report: Report) -> None:
    with cluster(stage) as it:
        clips = {await it.add(f"{name}.mp3", sound): [sound] for name, sound in (("a", mp3(200)), ("b", mp3(600)))}
        load = Load(it.gateway.url, clips)
        async with load.held():
            await asyncio.sleep(3)
            os.kill(postmaster_of(stage.server.folder), signal.SIGKILL)
            await stage.close_server()
            await asyncio.sleep(AWAY)
            await stage.start_server()
            back, heard = awake(), len(load.begun_at)
            is_back = await is_soon(lambda: len(load.begun_at) > heard, BACK)
            after = awake() - back
            await asyncio.sleep(3)
        slowest = max(load.refusal_waits, default=0.0)
        report.fault = (
            f"PostgreSQL killed, away {AWAY:g} s: {load.refusals[503]} 503s, the slowest in {slowest:.1f} s, "
            f"plays again after {after:.1f} s"
        )
        report.must(is_back, f"it plays {BACK:g} s after PostgreSQL is back")
        report.must(load.refusals[503] >= load.listeners, "listeners are told that the database is away")
        report.must(set(load.refusals) == {503} and load.untold == 0, "each refusal is a 503 with Retry-After")
        report.must(slowest <= PROMPT, f"a 503 takes at most {PROMPT:g} s")
        report.must(load.cut + load.unanswered == 0, "streams under way go on, and every request is answered")
        await report.judge(it, load, first_byte=PROMPT)
