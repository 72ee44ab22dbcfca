"""Audio from the web, by a library that is loaded when the first of it is asked for."""

from asyncio import to_thread
from importlib import import_module
from typing import TYPE_CHECKING

from attrs import define, field

from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import Gate
from domain.byte_range import RequestedRange
from domain.location import AudioLocation

if TYPE_CHECKING:
    from adapters.audio.remote.http import HttpAudio
    from adapters.audio.remote.relayed_audio import RelayedAudio


@define(eq=False)
class WebAudio:
    """`HttpAudio`, made at the first `open`.

    aiohttp takes as long to load as all else together, and 10 MB: a service whose clips are files needs neither."""

    gate: Gate
    patience: Patience
    _http: "HttpAudio | None" = field(default=None, init=False)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> "RelayedAudio":
        if self._http is None:
            await to_thread(import_module, "adapters.audio.remote.http")  # meanwhile others are served
        return await self._source().open(location, requested)

    async def close(self) -> None:
        """Close all connections, also those of audio that is still open."""
        if self._http is not None:
            await self._http.close()

    def _source(self) -> "HttpAudio":
        if self._http is None:
            from adapters.audio.remote.http import HttpAudio  # noqa: PLC0415  # aiohttp, when it is first asked for

            self._http = HttpAudio(self.gate, self.patience)
        return self._http
