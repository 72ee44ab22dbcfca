"""Audio from the web is had by whoever asks first, though nothing was loaded for it before."""

import asyncio

from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import gate
from adapters.audio.remote.when_asked import WebAudio
from domain.ports import OpenedAudio
from tests.sounds import mp3_of
from tests.upstream import head, pausing, saying, upstream

CONTENT = mp3_of(30_000)
ANSWER = head(200, content_type="audio/mpeg", content_length=len(CONTENT)) + CONTENT


def web_audio() -> WebAudio:
    return WebAudio(gate(["127.0.0.0/8"]), Patience())


async def read(opened: OpenedAudio) -> bytes:
    content = b""
    while chunk := await opened.read():
        content += chunk
    return content


async def test_all_who_ask_first_at_once_hear_it() -> None:
    source = web_audio()
    async with upstream(saying(ANSWER)) as server:
        opened = await asyncio.gather(*(source.open(server.url()) for _ in range(5)))
        heard = {await read(each) for each in opened}
        await source.close()

    assert heard == {CONTENT}


async def test_closed_it_lets_go_of_all_connections_also_of_those_who_asked_first_at_once() -> None:
    source = web_audio()
    async with upstream(pausing(ANSWER[:-1_000])) as server:
        await asyncio.gather(*(source.open(server.url()) for _ in range(5)))
        assert server.connections == 5
        await source.close()

        assert await server.all_let_go()


async def test_who_was_never_asked_has_nothing_to_close() -> None:
    await web_audio().close()
