"""What is kept of a clip, and the form of the file that keeps it: the clip's bytes, and behind them a footer."""

import json
import os
import zlib
from datetime import datetime
from hashlib import sha256
from struct import Struct
from typing import Self

from attrs import evolve, frozen

from domain.location import AudioLocation
from domain.validators import EntityTag, Validators

TRAILER = Struct(">II8s")  # what the footer ends with: the length and the CRC-32 of the JSON before it, and MAGIC
MAGIC = b"PLAYCLP1"
LONGEST_FOOTER = 64 * 1024
UNHASHED = "0" * 64
PIECE = 1024 * 1024


class NotAnEntry(Exception):
    """A file that is not, or is no longer, what was put into the cache."""


@frozen(kw_only=True)
class Version:
    """A version of the clip at ``location``, of ``size`` bytes."""

    location: AudioLocation
    size: int
    media_type: str | None
    validators: Validators
    fetched_at: datetime  # when the source was asked for it, so that it is at least this old; aware UTC
    sha256: str = UNHASHED  # of all its bytes, in hexadecimal; UNHASHED until the last has come

    @property
    def is_told_apart(self) -> bool:
        """Whether its source can say that it is still the same."""
        return self._strong_tag is not None or self.validators.last_modified is not None

    def is_still(self, size: int | None, validators: Validators) -> bool:
        """Whether a source that has ``size`` bytes with these validators has this version, which is told apart."""
        if self._strong_tag is not None:
            return validators.entity_tag is not None and self._strong_tag.matches_strongly(validators.entity_tag)
        return self.validators.last_modified == validators.last_modified and size == self.size

    @property
    def _strong_tag(self) -> EntityTag | None:
        tag = self.validators.entity_tag
        return None if tag is None or tag.is_weak else tag


@frozen
class Identity:
    """What changes when anybody writes to a file, or puts another in its place."""

    inode: int
    size: int
    modified: int  # nanoseconds
    changed: int | None  # nanoseconds; None while it is to be renamed, which is a change

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def is_of(self, status: os.stat_result) -> bool:
        """Whether ``status`` is of the same file, unchanged; that its name was taken away does not change its bytes."""
        is_unchanged = self.changed in (None, status.st_ctime_ns) or status.st_nlink == 0
        is_unwritten = self.modified == status.st_mtime_ns and self.size == status.st_size
        return is_unchanged and is_unwritten and self.inode == status.st_ino


def footer(version: Version) -> bytes:
    """What stands behind the bytes of ``version``. Its length does not depend on the hash."""
    tag, date = version.validators.entity_tag, version.validators.last_modified
    facts = {
        "location": version.location,
        "size": version.size,
        "media_type": version.media_type,
        "entity_tag": None if tag is None or tag.is_weak else tag.opaque,
        "last_modified": None if date is None else date.isoformat(),
        "fetched_at": version.fetched_at.isoformat(),
        "sha256": version.sha256,
    }
    text = json.dumps(facts).encode()
    return text + TRAILER.pack(len(text), zlib.crc32(text), MAGIC)


def verified(descriptor: int) -> Version:
    """The version that a file holds, all of it read and compared with its hash. Raises NotAnEntry, OSError."""
    total = os.fstat(descriptor).st_size
    version = told_version(read_footer(descriptor, total))
    if version.size + len(footer(version)) != total:
        raise NotAnEntry("not as long as it says")
    digest = sha256()
    for at in range(0, version.size, PIECE):
        digest.update(os.pread(descriptor, min(PIECE, version.size - at), at))
    if digest.hexdigest() != version.sha256:
        raise NotAnEntry("other bytes than were fetched")
    return version


def read_footer(descriptor: int, total: int) -> bytes:
    """The JSON of the footer of a file of ``total`` bytes. Raises NotAnEntry, OSError."""
    end = total - TRAILER.size
    trailer = os.pread(descriptor, TRAILER.size, max(0, end))
    if end < 0 or len(trailer) != TRAILER.size:
        raise NotAnEntry("too short for a footer")
    length, checksum, magic = TRAILER.unpack(trailer)
    if magic != MAGIC or length > min(end, LONGEST_FOOTER):
        raise NotAnEntry("no footer")
    text = os.pread(descriptor, length, end - length)
    if zlib.crc32(text) != checksum:
        raise NotAnEntry("a damaged footer")
    return text


def told_version(text: bytes) -> Version:
    """The version that a footer's JSON tells of. Raises NotAnEntry."""
    try:
        facts = json.loads(text)
        tag, date = facts["entity_tag"], facts["last_modified"]
        version = Version(
            location=AudioLocation(facts["location"]),
            size=facts["size"],
            media_type=facts["media_type"],
            validators=Validators(
                None if tag is None else EntityTag(tag), None if date is None else datetime.fromisoformat(date)
            ),
            fetched_at=datetime.fromisoformat(facts["fetched_at"]),
        )
        return evolve(version, sha256=facts["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotAnEntry("a footer of another kind") from error
