"""A constant body from a bare ASGI app, by the service's own uvicorn: ``python -m benchmarks.constant FILE PORT``.

Nothing that uvicorn serves in one process can be faster."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.processes import LOOPBACK, free_port, running, wait_until_answering
from benchmarks.service import HERE, Service


def constant(body: bytes) -> ASGIApp:
    """An app that answers everything by ``body``, as JSON."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    end = {"type": "http.response.body", "body": body}

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        await send(end)

    return app


@contextmanager
def constant_server(file: Path, body: bytes) -> Iterator[Service]:
    """A server of ``body``, which is put in ``file``."""
    file.write_bytes(body)
    port = free_port()
    command = (sys.executable, "-m", "benchmarks.constant", str(file), str(port))
    with file.with_suffix(".errors").open("wb") as errors, running(command, errors, cwd=HERE) as process:
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(url, process)
        yield Service(url, process)


if __name__ == "__main__":
    uvicorn.run(
        constant(Path(sys.argv[1]).read_bytes()),
        host=LOOPBACK,
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
