"""Beyond as many streams as are allowed a listener is refused at once, uncounted, and all else is answered."""

import asyncio
from pathlib import Path

from entrypoints.settings import Settings
from tests.entrypoints.edge import WAV, an_edge


async def test_one_stream_too_many_is_refused_until_another_is_over(tmp_path: Path) -> None:
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, most_streams=2))
    async with edge.client:
        clip = await edge.added()
        path = f"/play/{clip['id']}/stream"
        sending, go_on = asyncio.Semaphore(0), asyncio.Event()

        async def listen() -> None:
            async def receive() -> dict[str, str]:
                await asyncio.Event().wait()
                raise AssertionError

            async def send(message: dict[str, object]) -> None:
                sending.release()
                await go_on.wait()

            await edge.app(scope(path), receive, send)  # type: ignore[arg-type]

        listeners = [asyncio.create_task(listen()) for _ in range(2)]
        async with asyncio.timeout(30):
            for _ in listeners:
                await sending.acquire()
        refused = await edge.client.get(path)
        head = await edge.client.head(path)
        listed = await edge.client.get("/play")
        go_on.set()
        await asyncio.gather(*listeners)
        heard = await edge.client.get(path)

        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert "As many listen" in refused.json()["detail"]
        assert (head.status_code, listed.status_code) == (200, 200)
        assert heard.content == WAV
        assert await edge.play_count(clip) == 3


async def test_a_stream_that_is_refused_or_fails_leaves_its_place_to_others(tmp_path: Path) -> None:
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, most_streams=1))
    async with edge.client:
        clip = await edge.added()
        for _ in range(3):
            assert (await edge.client.get("/play/999/stream")).status_code == 404
        for _ in range(3):
            assert (await edge.client.get(f"/play/{clip['id']}/stream")).status_code == 200


async def test_without_a_limit_everybody_is_let_in(tmp_path: Path) -> None:
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, most_streams=0))
    async with edge.client:
        clip = await edge.added()

        assert (await edge.client.get(f"/play/{clip['id']}/stream")).status_code == 200


def scope(path: str) -> dict[str, object]:
    """A GET request as a server tells it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"play.test")],
        "client": ("203.0.113.7", 50_000),
        "server": ("127.0.0.1", 8_000),
    }
