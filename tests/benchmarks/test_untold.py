"""The service that tells nothing is the service, and tells nothing."""

import subprocess
import sys

from tests.services import HOUSE, clean_environment

PROGRAM = """
import asyncio
from pathlib import Path
import httpx
from benchmarks.untold import tell_nothing
tell_nothing()
from entrypoints.container import in_memory
from entrypoints.settings import Settings

async def main():
    app = in_memory(Settings(data=Path({folder!r}), cache_size=0), ()).app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://play.test") as client:
        answer = await client.get("/play")
    print(answer.status_code, answer.text, answer.headers.get("x-request-id"))

asyncio.run(main())
"""


def test_it_answers_and_tells_nothing(tmp_path: object) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(folder=str(tmp_path))],
        cwd=HOUSE,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert (ended.stdout, ended.stderr) == ("200 [] None\n", "")
