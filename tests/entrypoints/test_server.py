"""A server that was told to end says so before it does anything else."""

import signal

import uvicorn

from entrypoints.server import Server


async def nothing(_scope: object, _receive: object, _send: object) -> None: ...


def test_whoever_is_told_to_end_drains_from_that_moment() -> None:
    said: list[str] = []
    server = Server(uvicorn.Config(nothing), lambda: said.append("ready"), lambda: said.append("draining"))
    server.handle_exit(signal.SIGTERM, None)

    assert said == ["draining"]
    assert server.should_exit
