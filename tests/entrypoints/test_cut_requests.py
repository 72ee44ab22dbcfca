"""A request that is cut because the service ends is told so, and is no defect."""

import asyncio
from pathlib import Path
from typing import Any

from domain.byte_range import RequestedRange
from domain.location import AudioLocation
from tests.entrypoints.edge import Sounds, an_edge


class Silent(Sounds):
    """A source that can stop answering, and notes that it is asked then."""

    is_silent = False
    asked: asyncio.Event

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> Any:
        if self.is_silent:
            self.asked.set()
            await asyncio.Event().wait()
        return await super().open(location, requested)


async def test_a_request_that_was_not_answered_yet_is_sent_elsewhere_and_measured_so(tmp_path: Path) -> None:
    sounds = Silent()
    edge = an_edge(tmp_path, sounds=sounds)
    async with edge.client:
        clip = await edge.added()
        sounds.is_silent, sounds.asked = True, asyncio.Event()
        asking = asyncio.create_task(edge.asked("GET", f"/play/{clip['id']}/stream"))
        await asyncio.wait_for(sounds.asked.wait(), 30)
        asking.cancel()  # as the server does with all that are left
        answer = await asking

        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        assert "ending" in answer.json()["detail"]
        metrics = (await edge.client.get("/metrics")).text
        [line] = [
            line for line in metrics.splitlines() if "_count{" in line and 'http_route="/play/{id}/stream"' in line
        ]
        assert 'http_response_status_code="503"' in line
