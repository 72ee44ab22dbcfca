"""Writes the catalogue and all that was counted as JSON Lines: what `soundverse-play export` does."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from domain.clip import ClipId
from domain.ports import Clock, Transfer
from domain.transfer import ClipRecord
from entrypoints.transfer.lines import End, Header, Listeners, written

CLIPS_AT_ONCE = 50


async def export(transfer: Transfer, clock: Clock, file: IO[bytes], told: Callable[[], None]) -> int:
    """Write all of it, in memory for a few clips; ``told`` of each. How many there are. Raises StoreUnavailable.

    Each clip is as it is when its line is written, while the service goes on."""
    file.write(written(Header(clock())))
    file.write(written(Listeners(await transfer.listeners())))
    clips = 0
    async for record in all_records(transfer):
        file.write(written(record))
        clips += 1
        told()
    file.write(written(End(clips)))
    file.flush()
    return clips


async def all_records(transfer: Transfer) -> AsyncIterator[ClipRecord]:
    after = ClipId(0)
    while records := await transfer.records(after, CLIPS_AT_ONCE):
        for record in records:
            yield record
        after = records[-1].clip.id


def opened_to_write(path: Path) -> AbstractContextManager[IO[bytes]]:
    """The file ``path``, or the one that a link of that name leads to, whole or not at all; a device or a pipe, which
    another file must not take the place of, as it comes. Raises OSError."""
    if path.exists() and not path.is_file():
        return path.open("wb")
    return renamed_into_place(path.resolve())


@contextmanager
def renamed_into_place(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears as ``path`` at the end of the block, whole or not at all, and for its owner alone.

    Raises OSError."""
    # Beside it, because a rename is only atomic within one file system.
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        unfinished = Path(folder, path.name)
        unfinished.touch(mode=0o600)
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
