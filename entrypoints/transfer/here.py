"""Takes audio files into this machine's service."""

from asyncio import to_thread
from collections.abc import AsyncIterator

from attrs import frozen

from application.curate import Curate
from domain.clip import ClipOffer
from domain.errors import DetailsUnknown, StorageFull, UploadRefused
from domain.location import upload_locations
from domain.ports import Catalogue, Chunk
from entrypoints.transfer.folder_import import AudioFile, ImportStopped, refused
from entrypoints.web.faces import FACES

CHUNK = 512 * 1024  # bytes


@frozen
class Here:
    """The service over this machine's catalogue and media folder."""

    catalogue: Catalogue
    curate: Curate

    async def has(self, file: AudioFile) -> bool:
        return bool(await self.catalogue.used(upload_locations(file.content_hash)))

    async def add(self, file: AudioFile, offer: ClipOffer) -> None:
        try:
            await self.curate.take_in(chunks_of(file), lambda: offer)
        except (UploadRefused, DetailsUnknown) as error:
            raise refused(error) from error
        except StorageFull as error:
            raise ImportStopped(FACES[type(error)](error).detail) from error


async def chunks_of(file: AudioFile) -> AsyncIterator[Chunk]:
    """The file's bytes. Raises OSError."""
    with await to_thread(file.path.open, "rb", buffering=0) as opened:
        while chunk := await to_thread(opened.read, CHUNK):
            yield chunk
