"""Clips as their table keeps them: each text beside its folded form, and the words that it is found by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from adapters.postgres.same_answers import SameAnswers
from adapters.postgres.words import vector
from domain.browsing import ClipQuery, Page, page_of
from domain.clip import (
    UNCHANGED,
    UNKNOWN_VERSION,
    AudioFacts,
    Clip,
    ClipChanges,
    ClipDetails,
    ClipId,
    ClipVersion,
    Unchanged,
)
from domain.text import folded

T = TypeVar("T")
ClipRow = tuple[Any, ...]
"""What `kept_clip` takes, and more after it."""

MOST_SAME_CLIPS, MOST_SAME_PAGES = 500, 16


def same_clips() -> SameAnswers[ClipId, ClipRow, Clip]:
    """Clips made of rows that end with their version."""
    return SameAnswers(lambda _, row: kept_clip(row, row[-1]), MOST_SAME_CLIPS)


def same_pages() -> SameAnswers[ClipQuery, list[ClipRow], Page]:
    """Pages made of rows that end with the clip's key in the order of the page."""
    return SameAnswers(lambda query, rows: page_of([(kept_clip(row), row[-1]) for row in rows], query), MOST_SAME_PAGES)


def kept_clip(row: Sequence[Any], version: ClipVersion = UNKNOWN_VERSION) -> Clip:
    """The clip of a row that begins with ``id, title, description, genre, duration, audio_url, media_type, size,
    header_size, play_count, created_at, tags``, in this order: of twenty rows, names would cost more than the rest."""
    clip, title, description, genre, duration, audio_url, media_type, size, header_size, plays, created_at, tags = row[
        :12
    ]
    return Clip(
        id=clip,
        title=title,
        description=description,
        genre=genre,
        duration=duration,
        audio_url=audio_url,
        media_type=media_type,
        size=size,
        header_size=header_size,
        play_count=plays,
        created_at=created_at,
        tags=tags,
        version=version,
    )


def new_clip(clip: ClipId, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
    """The clip that a new row is found as. ``details`` have a duration."""
    return Clip(
        id=clip,
        title=details.title,
        description=details.description,
        genre=details.genre,
        duration=cast(float, details.duration),  # its column refuses none
        audio_url=details.audio_url,
        media_type=audio.media_type,
        size=audio.size,
        header_size=audio.header_size,
        play_count=0,
        created_at=at,
        tags=details.tags,
    )


def new_row(details: ClipDetails, audio: AudioFacts, at: datetime) -> dict[str, Any]:
    return {
        "title": details.title,
        "title_key": folded(details.title),
        "genre": details.genre,
        "genre_key": folded(details.genre),
        "description": details.description,
        "description_key": folded(details.description or ""),
        "duration": details.duration,
        "audio_url": details.audio_url,
        "media_type": audio.media_type,
        "size": audio.size,
        "header_size": audio.header_size,
        "created_at": at,
        "tags": list(details.tags),
        "tag_keys": [folded(tag) for tag in details.tags],
        "title_words": vector(details.title),
        "genre_words": vector(details.genre),
        "tag_words": vector(*details.tags),
        "description_words": vector(details.description or ""),
    }


def changed_row(changes: ClipChanges, audio: AudioFacts | None) -> dict[str, Any]:
    """What `CHANGE` is told: None leaves a column as it is; a ``description_key`` says that the description changes."""
    title, genre, tags = given(changes.title), given(changes.genre), given(changes.tags)
    description = None if changes.description is UNCHANGED else changes.description or ""
    return {
        "title": title,
        "title_key": None if title is None else folded(title),
        "title_words": None if title is None else vector(title),
        "genre": genre,
        "genre_key": None if genre is None else folded(genre),
        "genre_words": None if genre is None else vector(genre),
        "description": given(changes.description),
        "description_key": None if description is None else folded(description),
        "description_words": None if description is None else vector(description),
        "duration": given(changes.duration),
        "audio_url": given(changes.audio_url),
        "media_type": audio and audio.media_type,
        "size": audio and audio.size,
        "header_size": audio and audio.header_size,
        "tags": None if tags is None else list(tags),
        "tag_keys": None if tags is None else [folded(tag) for tag in tags],
        "tag_words": None if tags is None else vector(*tags),
    }


def given(value: T | Unchanged) -> T | None:
    return None if isinstance(value, Unchanged) else value
