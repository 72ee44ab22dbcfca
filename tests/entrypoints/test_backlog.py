"""How much audio waits in memory for those who listen, and how much is read at once for each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from attrs import define
from starlette.types import Message

from adapters.audio.in_memory import MemoryAudio
from application.stream_clip import Stream
from domain.location import AudioLocation
from domain.ports import LARGEST_CHUNK
from entrypoints.web.audio_response import KEEPING_UP, AudioResponse, audio_response
from entrypoints.web.backlog import MUCH, SLOW_CHUNK, Backlog
from observability.metrics import Metrics
from tests.examples import a_clip
from tests.sounds import mp3_of

CLIP = AudioLocation("library:clip.mp3")
CONTENT = mp3_of(2_000_000)
SCOPE = {"type": "http", "method": "GET"}


@define
class Watch:
    """A clock that the test turns."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """By which it is told who takes a chunk after a while."""
    turned = Watch()
    monkeypatch.setattr("entrypoints.web.audio_response.perf_counter", turned)
    return turned


async def answer(backlog: Backlog) -> AudioResponse:
    opened = await MemoryAudio({CLIP: CONTENT}).open(CLIP)
    return audio_response(Stream(a_clip(), opened), Metrics(), lambda _count, _ending: None, backlog)


async def staying() -> Message:
    """What is received of a listener who stays: nothing."""
    return await asyncio.Future()


async def heard(backlog: Backlog) -> list[int]:
    """The sizes of the chunks that somebody gets who takes each at once."""
    sizes = []

    async def taking(message: Message) -> None:
        if body := message.get("body"):
            sizes.append(len(body))

    await (await answer(backlog))(SCOPE, staying, taking)
    return sizes


@asynccontextmanager
async def who_takes_nothing(backlog: Backlog) -> AsyncIterator[None]:
    """Somebody whose connection takes nothing of what is handed to it, and who leaves in the end."""
    is_handed_over = asyncio.Event()

    async def waiting(message: Message) -> None:
        if message["type"] == "http.response.body" and not message["body"]:
            is_handed_over.set()
            await asyncio.Future()

    listening = asyncio.create_task((await answer(backlog))(SCOPE, staying, waiting))
    await asyncio.wait_for(is_handed_over.wait(), 30)
    yield
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


async def test_who_keeps_up_gets_large_chunks_and_all_of_the_clip() -> None:
    sizes = await heard(Backlog())

    assert sum(sizes) == len(CONTENT)
    assert set(sizes[:-1]) == {LARGEST_CHUNK}


async def test_while_much_waits_everybody_gets_small_chunks() -> None:
    backlog = Backlog()
    backlog.waiting = MUCH

    assert max(await heard(backlog)) == SLOW_CHUNK


async def test_what_waits_for_those_who_take_nothing_is_small_for_each_however_many_they_are() -> None:
    backlog, many = Backlog(), 200
    waiting = [who_takes_nothing(backlog) for _ in range(many)]
    for each in waiting:
        await each.__aenter__()

    assert MUCH <= backlog.waiting <= MUCH + LARGEST_CHUNK + many * SLOW_CHUNK
    for each in waiting:
        await each.__aexit__(None, None, None)
    assert backlog.waiting == 0


async def test_who_takes_a_chunk_after_a_while_gets_smaller_ones(watch: Watch) -> None:
    sizes = []

    async def slow(message: Message) -> None:
        if body := message.get("body"):
            sizes.append(len(body))
        elif message["type"] == "http.response.body" and len(sizes) == 1:
            watch.now += KEEPING_UP

    await (await answer(Backlog()))(SCOPE, staying, slow)

    assert sizes[:3] == [LARGEST_CHUNK, SLOW_CHUNK, LARGEST_CHUNK]
