"""What the edge's tests stand on: the service in this process, empty, with one piece of audio to be heard."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.entrypoints.edge import Edge, an_edge


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """The service with no clips yet."""
    made = an_edge(tmp_path)
    async with made.client:
        yield made
