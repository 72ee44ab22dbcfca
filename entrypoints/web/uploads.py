"""The endpoints that take audio itself: with a new clip, or in place of what a clip has."""

from collections.abc import AsyncIterator

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from application.curate import Curate
from entrypoints.web.audio_form import FORM, AudioForm
from entrypoints.web.query_string import clip_id
from entrypoints.web.refusals import FieldError, InvalidFields, MalformedBody, UnsupportedMediaType
from entrypoints.web.resource import Handler
from entrypoints.web.sent_body import media_type, pieces_within
from entrypoints.web.stream_address import AddressFor
from entrypoints.web.wire import clip_json, json_response

JSON = "application/json"
BYTES = "application/octet-stream"


@frozen
class UploadEndpoints:
    """``add_by_address`` answers who sends no form. Limits are in bytes: of the audio, and of all else."""

    curate: Curate
    add_by_address: Handler
    address_of: AddressFor
    upload_limit: int
    body_limit: int

    async def add(self, request: Request) -> ASGIApp:
        """A new clip, of audio that is sent with it or that lies somewhere."""
        if (kind := media_type(request)) == JSON:
            return await self.add_by_address(request)
        if kind != FORM:
            raise UnsupportedMediaType(kind, f"{JSON} or {FORM}")
        form = AudioForm(request, self.upload_limit, self.body_limit)
        clip = await self.curate.take_in(form.audio(), form.offer)
        return json_response(clip_json(clip, await self.address_of()), 201, {"location": f"/play/{clip.id}"})

    async def replace(self, request: Request) -> Response:
        """Other audio for a clip: the body is the audio."""
        clip = await self.curate.replace_audio(clip_id(request), sent_audio(request, self.upload_limit))
        return json_response(clip_json(clip, await self.address_of()))


async def sent_audio(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body, which is nothing but audio. Raises UnsupportedMediaType, BodyTooLarge, InvalidFields, MalformedBody."""
    kind, is_empty = media_type(request), True
    if kind != BYTES and not kind.startswith("audio/"):
        raise UnsupportedMediaType(kind, f"audio/* or {BYTES}")
    if "content-range" in request.headers:  # a part would take the place of the whole (RFC 9110 §14.5)
        raise MalformedBody("Content-Range names a part of it", "whole")
    async for piece in pieces_within(request, limit, "The audio"):
        is_empty = False
        yield piece
    if is_empty:
        raise InvalidFields([FieldError("", "is empty")])
