"""A remote clip while it is being relayed: what has come is handed on, and never gathered."""

from collections.abc import Awaitable, Callable

from aiohttp import ClientError
from attrs import define, field

from adapters.audio.remote.upstream_body import UpstreamBody
from adapters.audio.remote.upstream_version import UpstreamVersion
from domain.byte_range import ByteRange, RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.ports import LARGEST_CHUNK
from domain.validators import Validators

Reopen = Callable[["RelayedAudio", RequestedRange | None], Awaitable["RelayedAudio"]]


@define(eq=False)
class RelayedAudio:
    """Audio from an upstream whose first byte has come. ``_missing`` bytes are still to be read; None: all."""

    location: AudioLocation
    media_type: str | None
    size: int | None
    range: ByteRange | None
    version: UpstreamVersion
    _body: UpstreamBody
    _missing: int | None
    _reopen: Reopen
    validators: Validators = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.validators = self.version.validators_at(self.location)

    @property
    def can_reopen(self) -> bool:
        return self.version.tells_apart

    async def reopen(self, requested: RequestedRange | None) -> "RelayedAudio":
        """Ask the upstream again, also if this was closed. What it answers must be of the same version."""
        return await self._reopen(self, requested)

    async def read(self, at_most: int = LARGEST_CHUNK) -> bytes:
        """What has come, or the next bytes when they come. The connection is let go of behind the last."""
        if self._missing == 0:
            return b""
        try:
            chunk = await self._body.next(at_most if self._missing is None else min(at_most, self._missing))
        except TimeoutError as error:
            raise self._broken(SourceFailure.STALLED) from error
        except (ClientError, OSError) as error:
            raise self._broken(SourceFailure.INTERRUPTED) from error
        if self._missing is None:
            return chunk
        if not chunk:
            raise self._broken(SourceFailure.INTERRUPTED)
        self._missing -= len(chunk)
        if self._missing == 0:
            self._body.close()
        return chunk

    def _broken(self, failure: SourceFailure) -> AudioUnavailable:
        """An error to raise. The connection is given up: nothing more can be had of it."""
        self._body.close()
        return AudioUnavailable(self.location, failure)

    def close(self) -> None:
        self._body.close()
