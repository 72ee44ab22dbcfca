"""Audio by where it lies: the media folder's files from one source, everything else from the other."""

from attrs import frozen

from domain.byte_range import RequestedRange
from domain.location import LIBRARY, AudioLocation
from domain.ports import AudioSource, OpenedAudio


@frozen
class AudioByLocation:
    """An audio source of two: ``library:NAME`` is asked of ``library``, an address of ``remote``."""

    library: AudioSource
    remote: AudioSource

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        source = self.library if location.startswith(LIBRARY) else self.remote
        return await source.open(location, requested)
