"""Audio from the web: asked for with its range, believed if consistent, relayed as it comes.

Nothing of the listener goes upstream: no header, no cookie. No proxy and no password of the environment is used.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from urllib.parse import urljoin

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientResponseError, InvalidURL
from aiohttp.abc import AbstractResolver
from attrs import define, field, frozen
from yarl import URL

from adapters.audio.declared_type import type_of_part, type_of_unrecognised
from adapters.audio.http_answer import PromisedBody, promised_body, range_header
from adapters.audio.http_session import ForbiddenAddress, Sessions
from adapters.audio.media_type import HEAD_BYTES, media_type_of
from adapters.audio.public_address import Gate
from adapters.audio.relayed_audio import RelayedAudio, UpstreamBody
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
VISIBLE_ASCII = re.compile(r"[!-~]+")


@frozen(kw_only=True)
class Patience:
    """How many seconds to wait for an upstream."""

    connect: float = 5  # for names, connection and TLS, at each hop
    first_byte: float = 10  # for everything up to the body's beginning, all redirects included
    skip: float = 60  # for the bytes before those asked for, where the upstream ignores ranges
    stall: float = 20  # between two pieces of a body


@define(eq=False)
class HttpAudio:
    """An audio source of ``http(s)://`` addresses, over one pool of connections, which `close` gives up."""

    gate: Gate = field(factory=Gate)
    patience: Patience = field(factory=Patience)
    version: str = field(factory=lambda: metadata.version("soundverse-play"))
    resolver: AbstractResolver | None = None  # of names; None: the system's
    _sessions: Sessions = field(init=False)

    def __attrs_post_init__(self) -> None:
        agent = f"soundverse-play/{self.version}"
        self._sessions = Sessions(self.gate, self.patience.connect, agent, self.resolver)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> RelayedAudio:
        """Open the audio: its first byte has come when this returns. Cancelled, it leaves nothing open."""
        with failures_before_the_first_byte(location):
            async with asyncio.timeout(self.patience.first_byte):
                response = await self._answer(location, requested)
                body = UpstreamBody(response, self.patience.stall)
                try:
                    promised = promised_body(location, requested, response.status, response.headers)
                    media_type = await told_type(location, response, promised, body)
                except BaseException:
                    body.close()
                    raise
            try:
                async with asyncio.timeout(self.patience.skip):
                    await body.skip(promised.excess)
            except BaseException:
                body.close()
                raise
        return RelayedAudio(location, media_type, promised.size, promised.part, body, promised.length)

    async def close(self) -> None:
        """Close all connections, also those of audio that is still open."""
        await self._sessions.close()

    async def _answer(self, location: str, requested: RequestedRange | None) -> ClientResponse:
        """The answer at the end of the redirects. Raises AudioUnavailable: they lead too far, or where we do not go."""
        headers = {} if requested is None else {"Range": range_header(requested)}
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


def joined(location: str, base: str, target: str) -> str:
    """Where a redirect leads to (RFC 9110 §10.2.2)."""
    try:
        return urljoin(base, target)
    except ValueError as error:
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error


def allowed_url(location: str, address: str) -> URL:
    """``address`` as it was written, since signatures depend on that. Raises AudioUnavailable: not for us to fetch."""
    try:
        url = URL(address, encoded=VISIBLE_ASCII.fullmatch(address) is not None)
        is_allowed = url.scheme in ("http", "https") and url.raw_host and url.port and "@" not in url.raw_authority
        (url.raw_host or "").encode("idna")  # the resolver does the same, and its UnicodeError is nobody's to catch
    except ValueError as error:  # also of parts that are looked at only when they are asked for
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error
    if not is_allowed:
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN)
    return url


async def told_type(location: str, response: ClientResponse, promised: PromisedBody, body: UpstreamBody) -> str | None:
    """The media type, by the bytes where the body shows the clip's beginning. Raises AudioUnavailable: not audio."""
    begins = promised.begins == 0
    head = (await body.peek(HEAD_BYTES if begins else 1))[:HEAD_BYTES]
    if begins and (recognised := media_type_of(head)):
        return recognised
    content_type = response.headers.get("Content-Type", "")
    is_all_of_head = begins and (response.status == 200 or len(head) >= min(HEAD_BYTES, promised.size or HEAD_BYTES))
    is_audio, media_type = type_of_unrecognised(head, content_type) if is_all_of_head else type_of_part(content_type)
    if not is_audio:
        raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
    return media_type


@contextmanager
def failures_before_the_first_byte(location: str) -> Iterator[None]:
    """Say in the port's words why an upstream could not be opened."""
    try:
        yield
    except TimeoutError as error:
        raise AudioUnavailable(location, SourceFailure.TOO_SLOW) from error
    except InvalidURL as error:
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error
    except ClientResponseError as error:  # not HTTP
        raise AudioUnavailable(location, SourceFailure.INCONSISTENT) from error
    except (ClientError, OSError) as error:
        is_forbidden = isinstance(error, ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress)
        failure = SourceFailure.FORBIDDEN if is_forbidden else SourceFailure.UNREACHABLE
        raise AudioUnavailable(location, failure) from error
