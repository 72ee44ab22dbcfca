"""An origin that gives less of a range than was asked for, as it may (RFC 9110 §15.3.7)."""

import asyncio

from attrs import evolve

from tests.upstream import Answer, Request, serving

AT_ONCE = 1_000  # bytes


def sparing(content: bytes) -> Answer:
    """The whole, or of a range the first `AT_ONCE` bytes; the last bytes are given as they are asked for."""
    honest = serving(content)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        first, _, last = request.headers.get("range", "").removeprefix("bytes=").partition("-")
        if first:
            end = int(first) + AT_ONCE - 1
            told = f"bytes={first}-{min(end, int(last)) if last else end}"
            request = evolve(request, headers=request.headers | {"range": told})
        await honest(request, writer)

    return answer
