"""The endpoint that tells play counts as they change."""

from datetime import datetime
from functools import partial

from attrs import frozen
from starlette.requests import Request

from domain.clip import LARGEST_CLIP_ID, ClipId
from domain.ports import CountsFeed
from entrypoints.web.event_stream import EventStream, moment_at
from entrypoints.web.query_string import DIGITS, repeated
from entrypoints.web.refusals import FieldError, InvalidFields

MOST_NAMED = 500  # clips; more is told sooner to who follows all


@frozen
class EventEndpoints:
    """Who follows the counts of all clips, or of some."""

    feed: CountsFeed

    async def follow(self, request: Request) -> EventStream:
        return EventStream(partial(self.feed.follow, since(request), clips(request)))


def since(request: Request) -> datetime | None:
    """From where a client goes on that was here before, or at another replica; None for a new one."""
    last = request.headers.get("last-event-id", "")
    return moment_at(last) if last else None


def clips(request: Request) -> frozenset[ClipId] | None:
    """The clips that a client wants to hear of; None for all. Raises InvalidFields."""
    named = request.query_params.get("clips")
    if named is None:
        return None
    if errors := repeated(request.query_params, ("clips",)):
        raise InvalidFields(errors)
    ids = named.split(",", MOST_NAMED)
    if len(ids) > MOST_NAMED or not all(is_id(text) for text in ids):
        raise InvalidFields([FieldError("clips", f"must be 1 to {MOST_NAMED} ids of clips, separated by commas")])
    return frozenset(ClipId(int(text)) for text in ids)


def is_id(text: str) -> bool:
    return bool(DIGITS.fullmatch(text)) and len(text) < 20 and 1 <= int(text) <= LARGEST_CLIP_ID
