"""The endpoint of waveforms."""

from collections.abc import Mapping

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from application.draw_peaks import DrawPeaks
from domain.errors import NotModified
from domain.peaks import DEFAULT_POINTS, MOST_POINTS
from domain.validators import Validators
from entrypoints.web.audio_headers import validator_headers
from entrypoints.web.conditional import preconditions
from entrypoints.web.counts_query import Reader, asked
from entrypoints.web.query_string import DIGITS, clip_id
from entrypoints.web.wire import json_response

BITS = 8  # of a point's numbers


def points(text: str | None) -> int:
    """How many points are wanted. Raises ValueError."""
    if text is None:
        return DEFAULT_POINTS
    if not (DIGITS.fullmatch(text) and len(text) < 6 and 1 <= int(text) <= MOST_POINTS):
        raise ValueError(f"must be a whole number from 1 to {MOST_POINTS}")
    return int(text)


WANTED: Mapping[str, Reader] = {"points": points}


@frozen
class PeaksEndpoints:
    """Every request for a waveform. An answer may be kept, and is asked for again by its entity tag: a clip's audio can
    change at any time."""

    draw_peaks: DrawPeaks

    async def peaks(self, request: Request) -> Response:
        clip, wanted = clip_id(request), asked(request, WANTED)["points"]
        try:
            waveform = await self.draw_peaks.draw(clip, wanted, preconditions(request.headers))
        except NotModified as error:
            return Response(status_code=304, headers=kept_until_changed(error.current))
        told = {"id": clip, "duration": round(waveform.duration, 3), "bits": BITS, "peaks": waveform.points}
        return json_response(told, headers=kept_until_changed(waveform.validators))


def kept_until_changed(version: Validators) -> dict[str, str]:
    return {"cache-control": "no-cache", **validator_headers(version)}
