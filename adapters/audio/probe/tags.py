"""The tags of audio: its title, genre and description, as far as they lie in what was fetched of it."""

from typing import BinaryIO, cast

from attrs import define, field

from adapters.audio.probe.sparse_file import SparseFile, Unfetched
from adapters.audio.probe.vorbis_comment import told_by_comments
from domain.clip import NO_TAGS, AudioTags

# tinytag compares each field with all before it, and so could be kept busy for minutes by many small ones.
MOST_READS = 2_000
LONGEST_READ = 64 * 1024  # bytes; some of it is read at once and then taken apart


class TooMuch(Exception):
    """Tags that nobody wrote by hand."""


@define(eq=False)
class Known:
    """As much of a file as was fetched: it ends, for its reader, at the first byte that is not there."""

    file: SparseFile
    _reads: int = field(default=0, init=False)

    def tell(self) -> int:
        return self.file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def read(self, count: int = -1) -> bytes:
        """Raises TooMuch, which tinytag tells as an error of its own."""
        self._reads += 1
        if self._reads > MOST_READS or not 0 <= count <= LONGEST_READ:
            raise TooMuch
        try:
            return self.file.read(count)
        except Unfetched:
            return b""


def told_tags(head: bytes, file: SparseFile) -> AudioTags:
    """What the tags say, whatever they are; nothing if they cannot be read. Pictures are passed over.

    ``head`` is the beginning of ``file``."""
    if head.startswith(b"OggS"):
        return told_by_comments(head)
    from tinytag import TinyTag  # noqa: PLC0415  # a start does not wait for it
    from tinytag.tinytag import TinyTagException  # noqa: PLC0415  # as above

    file.seek(0)
    try:
        read = TinyTag.get(file_obj=cast(BinaryIO, Known(file)), duration=False)
    except TinyTagException:
        return NO_TAGS
    described = read.comment or next(iter(read.other.get("description") or ()), None)
    return AudioTags.cleaned(read.title, read.genre, described)
