"""The endpoints under ``/play``: read the request, ask a use case, write the answer."""

from functools import partial
from typing import Any

from attrs import field, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from application.browse import Browse
from application.curate import Curate
from application.stream_clip import StreamClip
from domain.browsing import Page
from domain.clip import Clip
from domain.ports import Telemetry
from entrypoints.web.audio_response import audio_response
from entrypoints.web.backlog import Backlog
from entrypoints.web.client_address import ClientAddress
from entrypoints.web.handoff import can_be_handed_off, handed_off
from entrypoints.web.headers import listening
from entrypoints.web.query_string import clip_id, clip_query, next_link
from entrypoints.web.stream_address import AddressFor
from entrypoints.web.wire import WrittenResponse, clip_changes, clip_details, clip_json, json_response, page_json
from entrypoints.web.written_once import WrittenOnce


@frozen
class PlayEndpoints:
    """Every request under ``/play``, one method each. ``body_limit`` is in bytes; ``accel_redirect`` is the prefix of
    nginx's internal location, None where no nginx takes files over."""

    browse: Browse
    curate: Curate
    stream_clip: StreamClip
    address_of: AddressFor
    telemetry: Telemetry
    body_limit: int
    accel_redirect: str | None = None
    client_address: ClientAddress = ClientAddress()
    _pages: WrittenOnce[Page] = field(factory=partial(WrittenOnce, page_json), init=False, eq=False, repr=False)
    _clips: WrittenOnce[Clip] = field(factory=partial(WrittenOnce, clip_json), init=False, eq=False, repr=False)
    _backlog: Backlog = field(factory=Backlog, init=False, eq=False, repr=False)

    async def page(self, request: Request) -> Response:
        query = clip_query(request)
        page = await self.browse.page(query)
        body = self._pages.body(page, await self.address_of())
        return WrittenResponse(body, headers=next_link(request, page, query.sort))

    async def add(self, request: Request) -> Response:
        clip = await self.curate.add(await clip_details(request, self.body_limit))
        return json_response(await self._told(clip), 201, {"location": f"/play/{clip.id}"})

    async def clip(self, request: Request) -> Response:
        clip = await self.browse.clip(clip_id(request))
        return WrittenResponse(self._clips.body(clip, await self.address_of()))

    async def change(self, request: Request) -> Response:
        changes = await clip_changes(request, self.body_limit)
        return json_response(await self._told(await self.curate.change(clip_id(request), changes)))

    async def remove(self, request: Request) -> Response:
        await self.curate.remove(clip_id(request))
        return Response(status_code=204)

    async def stream(self, request: Request) -> ASGIApp:
        asked = listening(request, self.client_address.of(request.scope))
        if request.method == "HEAD":
            stream = await self.stream_clip.open(clip_id(request), asked)
            return audio_response(stream, self.telemetry, partial(self.stream_clip.delivered, stream), self._backlog)
        stream = await self.stream_clip.play(clip_id(request), asked)
        over = partial(self.stream_clip.delivered, stream)
        if self.accel_redirect is not None and can_be_handed_off(request, asked, stream):
            return handed_off(stream, self.accel_redirect, over)
        return audio_response(stream, self.telemetry, over, self._backlog)

    async def _told(self, clip: Clip) -> dict[str, Any]:
        return clip_json(clip, await self.address_of())
