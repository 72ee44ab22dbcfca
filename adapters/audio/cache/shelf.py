"""The folder that the cache is kept in: one file for each clip, never more bytes in it than were allowed."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from attrs import frozen

from adapters.audio.cache.entry import Identity, NotAnEntry, Version, footer, verified
from adapters.audio.cache.part_file import PartFile
from adapters.audio.cache.stamp import stamped_validation, write_stamp
from adapters.audio.cache.survey import surveyed
from domain.location import AudioLocation

SHARE = 4  # of the room that one clip may take at most is one so many-th, so that it cannot drive out all others
LOCK_PATIENCE = 2.0  # seconds; whoever holds the lock for longer is stopped or ill
LOCK_INTERVAL = 0.005  # seconds


@frozen
class Shelf:
    """Entries in ``folder``, with the parts of those that are being filled never more than ``size`` bytes.

    What is taken away while it is heard is not in the folder, but takes room on the disk until it is let go.
    Several processes share it: whatever makes it grow, or turns a part into an entry, happens under one lock.
    Everything here waits for the disk, so it is for threads, and raises OSError if that fails."""

    folder: Path
    size: int

    def prepare(self) -> None:
        """Make the folder, tidy up what the dead have left, and keep to ``size``, which may be less than last time."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            self._make_room(0)

    def path(self, location: AudioLocation) -> Path:
        return self.folder / f"{key_of(location)}.audio"

    def has_room_for(self, size: int) -> bool:
        """Whether a clip of ``size`` bytes is for keeping at all."""
        return 0 < size <= self.size // SHARE

    def reserve(self, version: Version) -> PartFile | None:
        """A file to fill, for which entries make room that were not used for longest. None: parts leave none.

        Raises OSError, also if the disk has less room. It is asked without the lock, for it may take its time."""
        with self._locked():
            if not self._make_room(version.size + len(footer(version))):
                return None
            part = PartFile.made(self._new_part(version), version)
        part.take_room()
        return part

    def put(self, part: PartFile, sealed: Identity) -> Identity:
        """Make an entry of a part that was sealed, in the place of any that the clip had."""
        path = self.path(part.version.location)
        with self._locked():
            part.path.replace(path)
            status = os.fstat(part.file.number)
            if not sealed.is_of(status):
                path.unlink(missing_ok=True)
                raise OSError(errno.EBUSY, "somebody else writes to it")
        return Identity.of(status)

    def find(self, location: AudioLocation) -> tuple[Version, Identity] | None:
        """The entry of a clip, whole and verified. One that is damaged is taken away."""
        path = self.path(location)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            before = Identity.of(os.fstat(descriptor))
            version = verified(descriptor)
            if version.location != location or not before.is_of(os.fstat(descriptor)):
                raise NotAnEntry("another clip, or written to this moment")
        except NotAnEntry:
            path.unlink(missing_ok=True)
            return None
        finally:
            os.close(descriptor)
        return version, before

    def remove(self, version: Version) -> None:
        """Take away the entry of a clip."""
        for path in (self.path(version.location), self._stamp(version)):
            path.unlink(missing_ok=True)

    def stamp(self, version: Version, used: datetime, validated: datetime) -> None:
        """Note when ``version`` was last listened to, and when its source last had it."""
        latest = max(validated, self.validated_at(version))  # another process may have asked since
        write_stamp(self._stamp(version), used, latest, self._new_part(version))

    def is_in_place(self, version: Version, identity: Identity) -> bool:
        """Whether the entry of a clip is still the file that was verified."""
        try:
            return identity.is_of(self.path(version.location).stat())
        except FileNotFoundError:
            return False

    def validated_at(self, version: Version) -> datetime:
        """When the source of ``version`` had it, as far as any process noted."""
        return max(version.fetched_at, stamped_validation(self._stamp(version)) or version.fetched_at)

    def _new_part(self, version: Version) -> Path:
        return self.folder / f"{key_of(version.location)}.{token_hex(16)}.part"

    def _stamp(self, version: Version) -> Path:
        """Named by the bytes too: a stamp must not speak for the version that another process puts in their place."""
        return self.folder / f"{key_of(version.location)}.{version.sha256[:16]}.used"

    def _make_room(self, needed: int) -> bool:
        survey = surveyed(self.folder)
        entries = sorted(survey.entries.values(), key=lambda entry: entry.used)
        if survey.total - sum(entry.size for entry in entries) + needed > self.size:
            return False
        for entry in entries:
            if survey.total + needed <= self.size:
                break
            entry.remove()
            survey.total -= entry.size
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            wait_for(lock)
            yield
        finally:
            os.close(lock)


def key_of(location: AudioLocation) -> str:
    return sha256(location.encode(errors="surrogatepass")).hexdigest()


def wait_for(lock: int) -> None:
    """Lock a file against all others. Raises TimeoutError, so that a stopped process does not stop the others."""
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError("another process has locked the cache for too long") from None
            time.sleep(LOCK_INTERVAL)
        else:
            return
