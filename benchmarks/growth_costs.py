"""The requests whose growth is measured, and what a turn of one costs over a database of some size."""

from collections.abc import Mapping

from attrs import define, frozen

from benchmarks.durable import rest
from benchmarks.filled import RARE, Size
from benchmarks.load import wrk
from benchmarks.processes import processor_seconds
from benchmarks.recordings import KB_100
from benchmarks.requests import Request, adding, audio, by_browser
from benchmarks.seen import Unsound
from benchmarks.service import ADDING, Service, library_clip

MANY = 64  # connections
LONGEST_TURN = 8  # seconds
JSON = Request(lambda body: body[:1] in b"[{")
PLAY = by_browser(audio(KB_100, first_bytes=100))


@frozen
class Asked:
    """A request, as wrk makes it. ``writes`` says that something is left to do when it is answered."""

    path: str
    request: Request = JSON
    writes: bool = False


# Clip 1 is the one that a tenth of all plays is of. What adds clips comes last.
REQUESTS: Mapping[str, Asked] = {
    "list, newest": Asked("/play?limit=10"),
    "list, by title": Asked("/play?limit=10&sort=title"),
    "list, most played": Asked("/play?limit=10&sort=plays"),
    "list, trending": Asked("/play?limit=10&sort=trending"),
    "list, of a genre": Asked("/play?limit=10&genre=Nature"),
    "search, a word of every clip": Asked("/play?limit=10&q=take"),
    "search, a word of one clip": Asked(f"/play?limit=10&q={RARE}"),
    "a clip": Asked("/play/1"),
    "its stats": Asked("/play/1/stats"),
    "its stats by day": Asked("/play/1/stats?interval=day"),
    "stats of all by day": Asked("/stats?interval=day"),
    "a play": Asked("/play/1/stream", PLAY, writes=True),
    "a clip added": Asked("/play", adding(library_clip(KB_100), **ADDING), writes=True),
}  # fmt: skip


@frozen
class Cost:
    """What one request costs: ``alone`` is median milliseconds of one connection; of many, answers a second, processor
    microseconds of the service and of PostgreSQL for each, and which share was refused for taking too long."""

    alone: float
    per_second: float
    service: float
    database: float
    refused: float


@define(eq=False)
class Running:
    """A service over a database of one size, and the PostgreSQL below it, whose first process is ``server``."""

    size: Size
    service: Service
    database: str
    server: int

    def cost(self, asked: Asked, seconds: int) -> Cost:
        """One turn, until all that it leaves to do is done.

        Raises Unsound: a connection broke, or nobody was answered."""
        alone, _, _ = self._turn(asked, 1, seconds)
        many, service, database = self._turn(asked, MANY, seconds)
        return Cost(
            alone["p50"] / 1e3,
            many["answers"] / (many["microseconds"] / 1e6),
            service / many["answers"] * 1e6,
            database / many["answers"] * 1e6,
            (alone["refused"] + many["refused"]) / (alone["answers"] + many["answers"]),
        )

    def _turn(self, asked: Asked, connections: int, seconds: int) -> tuple[dict[str, int], float, float]:
        """What so many connections saw, and the processor seconds that it took of the service and of PostgreSQL.

        It lasts so many seconds, or as many more as it takes until somebody is answered."""
        url = f"{self.service.url}{asked.path}"
        service, database = self._processor(asked)
        seen = wrk(url, asked.request, connections, seconds)
        service_after, database_after = self._processor(asked)
        if seen["broken"] or not (seen["answers"] or seconds < LONGEST_TURN):
            raise Unsound(f"{url}: {seen}")
        if not seen["answers"]:
            return self._turn(asked, connections, 2 * seconds)
        return seen, service_after - service, database_after - database

    def _processor(self, asked: Asked) -> tuple[float, float]:
        if asked.writes:
            rest(self.database)
        return processor_seconds(self.service.process.pid), processor_seconds(self.server)
