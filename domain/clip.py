"""A clip: what is said of it, what its audio tells, what is kept, and what may change."""

import re
from datetime import datetime
from enum import Enum
from math import isfinite
from typing import NewType, Self

from attrs import field, fields_dict, frozen
from attrs.validators import ge, optional

from domain.location import AudioLocation, audio_location
from domain.tags import kept_in_order, tags
from domain.text import cleaned_line, cleaned_lines, line_of_text, lines_of_text

ClipId = NewType("ClipId", int)
ClipVersion = NewType("ClipVersion", int)
UNKNOWN_VERSION = ClipVersion(0)
LARGEST_CLIP_ID = 2**63 - 1
LONGEST_TITLE, LONGEST_GENRE, LONGEST_DESCRIPTION = 200, 50, 2_000  # characters


def seconds(_instance: object, _field: object, value: float) -> None:
    """An attrs validator: a length of time that a sound can have."""
    if not (isfinite(value) and value > 0):
        raise ValueError("must be a number of seconds greater than 0")


@frozen(kw_only=True)
class ClipDetails:
    """What somebody says of a clip. ``duration`` is seconds, None where the audio itself shall tell."""

    title: str = field(validator=line_of_text(longest=LONGEST_TITLE))
    genre: str = field(validator=line_of_text(longest=LONGEST_GENRE))
    audio_url: AudioLocation = field(validator=audio_location)
    description: str | None = field(default=None, validator=optional(lines_of_text(longest=LONGEST_DESCRIPTION)))
    duration: float | None = field(default=None, validator=optional(seconds))
    tags: tuple[str, ...] = field(default=(), converter=kept_in_order, validator=tags)


class Unchanged(Enum):
    """The value of a field that a change leaves alone, where None would clear it."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


def check_by_rules_of_details(said: object, left_out: object) -> None:
    """Raise ValueError for a field of ``said`` that breaks the rule of its name; ``left_out`` stands for no value."""
    for name, rule in fields_dict(ClipDetails).items():
        value = getattr(said, name, left_out)
        if value is not left_out and rule.validator is not None:
            rule.validator(said, rule, value)


@frozen(kw_only=True)
class ClipChanges:
    """What a change says anew of a clip, by the rules of `ClipDetails`; a ``description`` of None clears it.

    ``tags`` come in place of all that there were."""

    title: str | Unchanged = UNCHANGED
    genre: str | Unchanged = UNCHANGED
    audio_url: AudioLocation | Unchanged = UNCHANGED
    description: str | Unchanged | None = UNCHANGED
    duration: float | Unchanged = UNCHANGED
    tags: tuple[str, ...] | Unchanged = UNCHANGED

    def __attrs_post_init__(self) -> None:
        check_by_rules_of_details(self, UNCHANGED)


@frozen(kw_only=True)
class ClipOffer:
    """What somebody says of a clip along with its audio, by the rules of `ClipDetails`; None where the audio's tags
    shall tell. ``file_name`` is what the audio was called where it came from."""

    title: str | None = None
    genre: str | None = None
    description: str | None = None
    duration: float | None = None
    tags: tuple[str, ...] = field(default=(), converter=kept_in_order)
    file_name: str = ""

    def __attrs_post_init__(self) -> None:
        check_by_rules_of_details(self, None)


@frozen(kw_only=True)
class AudioTags:
    """What the tags of audio say, each cleaned so that `ClipDetails` takes it; None where they say nothing."""

    title: str | None = None
    genre: str | None = None
    description: str | None = None

    @classmethod
    def cleaned(cls, title: str | None, genre: str | None, description: str | None) -> Self:
        """The tags as they stand in a file, whatever that is: cut to length, without characters that cannot be kept."""
        return cls(
            title=cleaned_line(title or "", LONGEST_TITLE),
            genre=cleaned_line(genre or "", LONGEST_GENRE),
            description=cleaned_lines(description or "", LONGEST_DESCRIPTION),
        )


NO_TAGS = AudioTags()


def title_of_file(name: str) -> str | None:
    """The title of audio that has no other: its file's name, without folders and the ending; None if none is left."""
    last = re.split(r"[/\\]", name)[-1]
    stem, _, _ = last.rpartition(".")
    return cleaned_line(stem or last, LONGEST_TITLE)


@frozen
class AudioFacts:
    """What the audio says of itself: ``size`` in bytes and ``duration`` in seconds, None where it does not tell.

    ``header_size`` is the bytes before the first byte of sound, such as an ID3 tag with its picture."""

    media_type: str
    size: int | None = field(validator=optional(ge(0)))
    duration: float | None
    header_size: int = field(default=0, validator=ge(0))
    tags: AudioTags = NO_TAGS


@frozen(kw_only=True)
class Clip:
    """A clip in the catalogue. ``size`` is bytes (None if its source does not tell), ``created_at`` aware UTC.

    ``header_size`` is the bytes before the first byte of sound. ``version`` is another after every change of what the
    catalogue keeps of the clip, which its plays are no part of; `UNKNOWN_VERSION` where it was not asked for."""

    id: ClipId = field(validator=ge(ClipId(1)))
    title: str
    description: str | None
    genre: str
    duration: float = field(validator=seconds)
    audio_url: AudioLocation
    media_type: str
    size: int | None = field(validator=optional(ge(0)))
    play_count: int = field(validator=ge(0))
    created_at: datetime
    header_size: int = field(default=0, validator=ge(0))
    tags: tuple[str, ...] = field(default=(), converter=kept_in_order)
    version: ClipVersion = field(default=UNKNOWN_VERSION, eq=False, repr=False)
