"""Which audio may be uploaded, and in which pieces it is written."""

from collections.abc import AsyncIterable, AsyncIterator

from adapters.audio.media_type import HEAD_BYTES, media_type_of
from domain.errors import UploadRefused
from domain.location import UPLOAD_ENDINGS
from domain.ports import Chunk

PIECE = 512 * 1024  # bytes that are written and hashed at once; a thread for less costs more than the work


def accepted_type(head: bytes) -> str:
    """The media type of audio that begins so. Raises UploadRefused: it is none of `UPLOAD_ENDINGS`."""
    media_type = media_type_of(head)
    if media_type not in UPLOAD_ENDINGS:
        raise UploadRefused(media_type)
    return media_type


async def in_pieces(chunks: AsyncIterable[Chunk]) -> AsyncIterator[bytearray]:
    """The same bytes: first what tells their type, then in larger pieces than they come in."""
    held, wanted = bytearray(), HEAD_BYTES
    async for chunk in chunks:
        held += chunk
        if len(held) >= wanted:
            yield held
            held, wanted = bytearray(), PIECE
    if held:
        yield held
