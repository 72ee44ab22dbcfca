"""Audio from the web: asked for with its range, believed if consistent, relayed as it comes.

Nothing of the listener goes upstream: no header, no cookie. No proxy and no password of the environment is used.
"""

import asyncio
from importlib import metadata

from aiohttp import ClientPayloadError, ClientResponse
from aiohttp.abc import AbstractResolver
from attrs import define, field

from adapters.audio.media_type import HEAD_BYTES, media_type_of
from adapters.audio.remote.declared_type import type_of_part, type_of_unrecognised
from adapters.audio.remote.http_answer import PromisedBody, field_value
from adapters.audio.remote.http_session import Sessions, failures_before_the_first_byte
from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import Gate
from adapters.audio.remote.relayed_audio import RelayedAudio
from adapters.audio.remote.upstream_address import allowed_url, joined
from adapters.audio.remote.upstream_body import UpstreamBody
from adapters.audio.remote.upstream_request import UpstreamRequest
from adapters.audio.remote.upstream_version import version_of
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import Clock

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5


@define(eq=False)
class HttpAudio:
    """An audio source of ``http(s)://`` addresses, over one pool of connections, which `close` gives up."""

    gate: Gate = field(factory=Gate)
    patience: Patience = field(factory=Patience)
    version: str = field(factory=lambda: metadata.version("soundverse-play"))
    resolver: AbstractResolver | None = None  # of names; None: the system's
    clock: Clock = utc_now
    _sessions: Sessions = field(init=False)

    def __attrs_post_init__(self) -> None:
        agent = f"soundverse-play/{self.version}"
        self._sessions = Sessions(self.gate, self.patience.connect, agent, self.resolver)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> RelayedAudio:
        """Open the audio: its first byte has come when this returns. Cancelled, it leaves nothing open."""
        return await self._opened(UpstreamRequest(location, requested))

    async def _reopened(self, begun: RelayedAudio, requested: RequestedRange | None) -> RelayedAudio:
        if not begun.can_reopen:
            raise AudioUnavailable(begun.location, SourceFailure.CHANGED)  # for all that anybody could tell
        if requested is not None and begun.size is not None:
            requested.within(begun.size)
        try:
            return await self._opened(UpstreamRequest(begun.location, requested, begun))
        except RangeNotSatisfiable as error:
            if begun.size is None:
                raise
            raise AudioUnavailable(begun.location, SourceFailure.CHANGED) from error  # it had these bytes

    async def _opened(self, asked: UpstreamRequest) -> RelayedAudio:
        with failures_before_the_first_byte(asked.location):
            async with asyncio.timeout(self.patience.first_byte):
                body = UpstreamBody(await self._answer(asked.location, asked.headers), self.patience.stall)
                try:
                    opened, excess = await self._believed(asked, body)
                except BaseException:
                    body.close()
                    raise
            if excess:
                await self._skip(body, excess)
        return opened

    async def _skip(self, body: UpstreamBody, excess: int) -> None:
        try:
            async with asyncio.timeout(self.patience.skip):
                await body.skip(excess)
        except BaseException:
            body.close()
            raise

    async def _believed(self, asked: UpstreamRequest, body: UpstreamBody) -> tuple[RelayedAudio, int]:
        """The audio that ``body`` is of, and how many bytes come before it. Raises AudioUnavailable."""
        answer, begun = body.response, asked.begun
        version = version_of(answer.headers, self.clock())
        promised = asked.promised_body(answer.status, answer.headers, version)
        media_type = begun.media_type if begun else None
        if media_type is None:
            media_type = await told_type(asked.location, answer, promised, body)
        if not await body.peek(1):
            raise ClientPayloadError("the body ended before its first byte")
        if begun is not None:
            version = begun.version  # which may say more than an answer of status 206
        opened = RelayedAudio(
            asked.location, media_type, promised.size, promised.part, version, body, promised.length, self._reopened
        )
        return opened, promised.excess

    async def close(self) -> None:
        """Close all connections, also those of audio that is still open."""
        await self._sessions.close()

    async def _answer(self, location: str, headers: dict[str, str]) -> ClientResponse:
        """The answer at the end of the redirects. Raises AudioUnavailable: they lead too far, or where we do not go."""
        address = location
        for _hop in range(1 + MOST_REDIRECTS):
            url = allowed_url(location, address)
            response = await self._sessions.for_url(url).get(url, headers=headers, allow_redirects=False)
            target = response.headers.get("Location")
            if response.status not in REDIRECTS or target is None:
                return response
            response.release()
            address = joined(location, address, target)
        raise AudioUnavailable(location, SourceFailure.INCONSISTENT)


async def told_type(location: str, response: ClientResponse, promised: PromisedBody, body: UpstreamBody) -> str | None:
    """The media type, by the bytes where the body shows the clip's beginning. Raises AudioUnavailable: not audio."""
    begins = promised.begins == 0
    head = (await body.peek(HEAD_BYTES if begins else 1))[:HEAD_BYTES]
    if begins and (recognised := media_type_of(head)):
        return recognised
    content_type = field_value(response.headers, "Content-Type")
    is_all_of_head = begins and (response.status == 200 or len(head) >= min(HEAD_BYTES, promised.size or HEAD_BYTES))
    is_audio, media_type = type_of_unrecognised(head, content_type) if is_all_of_head else type_of_part(content_type)
    if not is_audio:
        raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
    return media_type
