"""The audio files below a folder."""

import os
from collections.abc import Callable, Iterator
from hashlib import file_digest
from pathlib import Path

# What files of audio are called. What bears another name is no fault in a folder, be it a cover or a list of tracks;
# what bears one of these is tried, and told if it is none of the kinds that are kept.
ENDINGS = {".aac", ".aif", ".aifc", ".aiff", ".ape", ".flac", ".m4a", ".m4b", ".mka", ".mp1", ".mp2", ".mp3", ".mp4"}
ENDINGS |= {".mpc", ".oga", ".ogg", ".opus", ".wav", ".wave", ".weba", ".wma", ".wv"}

Unreadable = Callable[[OSError], None]


def audio_files(path: Path, unreadable: Unreadable) -> Iterator[Path]:
    """The file at ``path``, or those below the folder in order, each folder's own before those of its folders.

    Hidden ones and symbolic links are left out, and what is not named like audio. ``unreadable`` is told of a folder
    that cannot be listed."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, _ in os.walk(path, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from sorted(files_of(folder, unreadable))


def files_of(folder: str, unreadable: Unreadable) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_named_like_audio(entry.name) and entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)
    except OSError as error:
        unreadable(error)


def is_named_like_audio(name: str) -> bool:
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in ENDINGS  # noqa: PTH122  # no path is made


def content_hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Blocks; raises OSError."""
    with path.open("rb", buffering=0) as file:
        return file_digest(file, "sha256").hexdigest()
