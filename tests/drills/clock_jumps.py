"""The clock of one replica jumps two hours on, four back, and is set right again, under load.

By Debian's libfaketime: what the process asks of the calendar is told wrong, as with a clock that somebody sets; time
that is only measured (CLOCK_MONOTONIC) goes on, and so do the times of files, which are the kernel's."""

import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from aiohttp import ClientSession

from adapters.system import utc_now
from tests.drills.listening import Load, answered
from tests.drills.report import Report, Skipped
from tests.drills.stage import Stage, cluster
from tests.services import Service
from tests.sounds import mp3, mp3_of
from tests.upstream import serving, upstream

LIBRARY = "*/faketime/libfaketimeMT.so.1"
JUMPS = (timedelta(hours=2), timedelta(hours=-2), timedelta(0))
NEAR = timedelta(minutes=1)  # beside hours


def libfaketime() -> Path:
    """Raises Skipped: it is not there."""
    for found in Path("/usr/lib").glob(LIBRARY):
        return found
    raise Skipped("it needs Debian's faketime: apt-get install faketime")


async def drill(stage: Stage, report: Report) -> None:
    clock = stage.fresh_folder() / "clock"
    clock.write_text("+0")
    wrong = {
        "LD_PRELOAD": str(libfaketime()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # a remedy of its own that lets threads wait a second too long
        "NO_FAKE_STAT": "1",
        "PLAY_CACHE_FRESH": "1",
    }
    sound, remote, seen = mp3(200), mp3_of(250_000), list[timedelta]()
    with cluster(stage, one=wrong) as it:
        async with upstream(serving(remote)) as source:
            clips = {await it.add("a.mp3", sound): [sound], await it.add_clip(source.url()): [remote]}
            load = Load(it.gateway.url, clips)
            async with load.held():
                for jump in JUMPS:
                    await asyncio.sleep(2)
                    clock.write_text(f"{jump.total_seconds():+.0f}")
                    seen.append(await error_of(it.replicas[0]))
                await asyncio.sleep(2)
        negative = await negative_metrics(it.replicas[0])
        report.fault = f"a replica's clock off by {', '.join(f'{off.total_seconds() / 3600:+.1f} h' for off in seen)}"
        jumped = all(abs(off - jump) < NEAR for off, jump in zip(seen, JUMPS, strict=True))
        report.must(jumped, "the clock jumped")
        report.must(it.replicas[0].process.poll() is None, "the replica goes on")
        report.must(not negative, f"no duration is negative: {', '.join(negative)}")
        report.must(not load.refusals and load.cut + load.unanswered == 0, "nobody notices")
        await report.judge(it, load)


async def error_of(service: Service) -> timedelta:
    """By how much its calendar is wrong, to a second or so."""
    await asyncio.sleep(1.5)  # the header's date is made once a second
    async with answered(service.url, "/livez") as answer:
        return parsedate_to_datetime(answer.headers["date"]) - utc_now()


async def negative_metrics(service: Service) -> list[str]:
    """Lines of ``/metrics`` that tell less than nothing."""
    async with ClientSession(service.url) as session, session.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    return [line for line in lines if not line.startswith("#") and float(line.rpartition(" ")[2]) < 0]
