"""The source of a remote clip dies amid its streams, comes back, dies again, and comes back with another version."""

import asyncio

from attrs import Factory, define

from tests.drills.listening import Load
from tests.drills.report import Report
from tests.drills.stage import Stage, cluster
from tests.sounds import mp3, mp3_of
from tests.unsteady_upstream import RFC, Version
from tests.upstream import Request, reset, upstream

AWAY = 0.8  # seconds
PIECE = 50_000  # bytes, ten times a second
ONE, OTHER = mp3_of(1_000_000), mp3_of(1_000_001)[1:]  # of one size, as a splice would need


@define(eq=False)
class Source:
    """A web server with one clip that can die: what it was sending is reset, and whoever comes then, too."""

    version: Version = Factory(lambda: Version(ONE, {"etag": '"one"'}))
    resumptions: int = 0
    _is_dead: bool = False
    _sending: set[asyncio.StreamWriter] = Factory(set)

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self._is_dead:
            reset(writer)
            return
        self.resumptions += "if-range" in request.headers
        head, body = RFC.answer(self.version, request)
        self._sending.add(writer)
        try:
            writer.write(head)
            for at in range(0, len(body), PIECE):
                writer.write(body[at : at + PIECE])
                await writer.drain()
                await asyncio.sleep(0.1)
        finally:
            self._sending.discard(writer)

    def die(self) -> None:
        self._is_dead = True
        for writer in self._sending:
            reset(writer)

    def come_back(self) -> None:
        self._is_dead = False


async def drill(stage: Stage, report: Report) -> None:
    source, relayed = Source(), {"PLAY_CACHE_SIZE": "0"}  # every listener has a connection to the source
    with cluster(stage, relayed, relayed) as it:
        async with upstream(source.answer) as server:
            others = Load(it.gateway.url, {await it.add("a.mp3", sound): [sound] for sound in (mp3(200),)})
            remote = Load(it.gateway.url, {await it.add_clip(server.url()): [ONE, OTHER]}, listeners=12)
            async with others.held(), remote.held():
                await asyncio.sleep(3)
                await dead_for_a_while(source)
                await asyncio.sleep(3)
                resumed, cut = source.resumptions, remote.cut
                source.version = Version(OTHER, {"etag": '"other"'})
                await dead_for_a_while(source)
                await asyncio.sleep(3)
        report.fault = (
            f"source dead for {AWAY:g} s: {resumed} streams resumed, {cut} cut; dead again and another version after "
            f"it: {remote.cut - cut} cut, {remote.whole} heard whole, {remote.wrong} spliced"
        )
        report.must(resumed > 0, "streams are resumed when the source is back")
        report.must(cut == 0, "nobody notices a source that was away for less than a second")
        report.must(remote.cut > cut, "streams of a version that is gone are cut")
        report.must(set(remote.refusals) <= {502, 503, 504}, "a source that is away is told as such")
        report.must(
            not others.refusals and others.cut + others.unanswered == 0, "listeners of other clips are undisturbed"
        )
        await report.judge(it, others, remote)


async def dead_for_a_while(source: Source) -> None:
    source.die()
    await asyncio.sleep(AWAY)
    source.come_back()
