"""Listeners who come one after another whatever happens, and keep account of each play they asked for and heard."""

import asyncio
import socket
from asyncio import IncompleteReadError
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from urllib.parse import urlsplit
from uuid import UUID

from attrs import Factory, define, field, frozen

from adapters.system import new_id
from benchmarks.processes import LOOPBACK
from tests.end_to_end.processes import awake

Play = tuple[int, UUID]
"""A clip's id, and the name by which its listener asks for it, however often that is."""

BETWEEN_ARRIVALS = 0.01  # seconds
BETWEEN_PLAYS = 0.05
BEFORE_ASKING_AGAIN = 0.1
PATIENCE = 20.0  # for an answer; for a play that is still unheard when all go home
PIECE = 64 * 1024
LONGEST_HEAD = 8 * 1024
BROKEN = (OSError, IncompleteReadError, TimeoutError)


@frozen
class Answer:
    """An answer whose head was read, and whose body is still to be."""

    status: int
    headers: Mapping[str, str]
    reader: asyncio.StreamReader


@asynccontextmanager
async def connected(
    url: str, address: str = LOOPBACK, buffer: int = PIECE
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection from ``address``, dropped with the block. The system keeps about ``buffer`` bytes of what comes."""
    server = urlsplit(url)
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    ours.setblocking(False)
    try:
        ours.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(ours, (server.hostname, server.port))
    except BaseException:
        ours.close()
        raise
    reader, writer = await asyncio.open_connection(sock=ours, limit=max(buffer, LONGEST_HEAD))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)  # which closes its socket


@asynccontextmanager
async def answered(url: str, path: str, address: str = LOOPBACK, buffer: int = PIECE) -> AsyncIterator[Answer]:
    """A request on a connection of its own. Raises one of `BROKEN`: there was no answer in time."""
    async with connected(url, address, buffer) as (reader, writer):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        yield Answer(int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}, reader)


def address_of(listener: int) -> str:
    """An address of loopback for each, since gateways bound what comes from one."""
    return f"127.0.{1 + listener // 250}.{1 + listener % 250}"


@define(eq=False)
class Load:
    """So many listeners of ``clips``, whose every version is given by id. Each insists on a play until it was heard.

    With a ``pace`` (bytes a second) they dawdle, and at the end read on at once what is left, or leave if they are of
    ``leaves``; without, they read as fast as they can."""

    url: str
    clips: Mapping[int, Sequence[bytes]]
    listeners: int = 16
    pace: int | None = None
    leaves: bool = False
    attempted: set[Play] = Factory(set)
    acknowledged: set[Play] = Factory(set)  # a first byte came
    begun_at: list[float] = Factory(list)  # when first bytes came
    waits: list[float] = Factory(list)  # seconds to each first byte, connecting included
    refusals: Counter[int] = Factory(Counter)  # by status
    refusal_waits: list[float] = Factory(list)
    untold: int = 0  # 503s that do not say when to come again
    whole: int = 0
    cut: int = 0
    unanswered: int = 0
    wrong: int = 0  # bodies that are no version's beginning
    seconds: float = 0.0
    _over: asyncio.Event = field(factory=asyncio.Event, init=False)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """All listen while the block lasts, and end what they have begun."""
        began = awake()
        listening = [asyncio.create_task(self._listen(at)) for at in range(self.listeners)]
        try:
            yield
            self._over.set()
            async with asyncio.timeout(2 * PATIENCE):
                await asyncio.gather(*listening)
        finally:
            self.seconds = awake() - began
            for each in listening:
                each.cancel()
            await asyncio.wait(listening)

    @property
    def per_second(self) -> float:
        """Requests that were answered."""
        return (len(self.waits) + self.refusals.total()) / self.seconds

    async def _listen(self, at: int) -> None:
        await asyncio.sleep(at * BETWEEN_ARRIVALS)
        for clip in islice(cycle(self.clips), at % len(self.clips), None):
            if self._over.is_set():
                return
            play = (clip, new_id())
            self.attempted.add(play)
            until = awake() + PATIENCE
            while not await self._hears(play, address_of(at)):
                if self._over.is_set() and awake() > until:
                    return
                await asyncio.sleep(BEFORE_ASKING_AGAIN)
            await asyncio.sleep(BETWEEN_PLAYS)

    async def _hears(self, play: Play, address: str) -> bool:
        """Ask for it once; whether it was heard, as far as its listener wanted."""
        began, buffer = awake(), min(PIECE, self.pace or PIECE)
        path = f"/play/{play[0]}/stream?play={play[1]}"
        try:
            async with answered(self.url, path, address, buffer) as answer:
                if answer.status != 200:
                    self._refused(answer, awake() - began)
                    return False
                return await self._follows(play, answer, began)
        except BROKEN:
            self.unanswered += 1
            return False

    def _refused(self, answer: Answer, waited: float) -> None:
        self.refusals[answer.status] += 1
        self.refusal_waits.append(waited)
        self.untold += answer.status == 503 and "retry-after" not in answer.headers

    async def _follows(self, play: Play, answer: Answer, began: float) -> bool:
        length, heard = int(answer.headers["content-length"]), bytearray()
        try:
            heard += await answer.reader.readexactly(1)
            self._begun(play, began)
            while len(heard) < length and not (self._over.is_set() and self.leaves):
                heard += await self._piece(answer.reader, length - len(heard))
        except BROKEN as error:
            heard += error.partial if isinstance(error, IncompleteReadError) else b""
            self.cut += 1
            return False
        finally:
            self.wrong += not any(version.startswith(heard) for version in self.clips[play[0]])
        self.whole += len(heard) == length
        return True

    def _begun(self, play: Play, began: float) -> None:
        self.acknowledged.add(play)
        self.begun_at.append(awake())
        self.waits.append(self.begun_at[-1] - began)

    async def _piece(self, reader: asyncio.StreamReader, left: int) -> bytes:
        wanted = PIECE
        if self.pace is not None and not self._over.is_set():
            wanted = self.pace
            await asyncio.sleep(1)
        async with asyncio.timeout(PATIENCE):
            return await reader.readexactly(min(left, wanted))
