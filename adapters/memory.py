"""Catalogue and ledger in memory: the same promises as PostgreSQL's, kept until the process ends."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from attrs import asdict, define, evolve, field

from domain.browsing import ClipQuery, Cursor, Sort, cursor_after
from domain.clip import UNCHANGED, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId
from domain.errors import ClipNotFound
from domain.play import Play, PlayCounts, PlayId
from domain.text import folded

NEVER_PLAYED = PlayCounts(0, None)


@define
class MemoryStore:
    """Both ports in one object, since a play and its clip's count change together. Nothing awaits, so all is atomic."""

    _ids: "count[int]" = field(factory=lambda: count(1), init=False)
    _clips: dict[ClipId, Clip] = field(factory=dict, init=False)
    _keys: set[str] = field(factory=set, init=False)
    _plays: dict[tuple[ClipId, PlayId], Play] = field(factory=dict, init=False)
    _counts: dict[ClipId, PlayCounts] = field(factory=dict, init=False)

    async def check(self) -> None:
        """Memory can always be asked."""

    # the catalogue

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        facts = asdict(details) | {"media_type": audio.media_type, "size": audio.size}
        clip = Clip(id=ClipId(next(self._ids)), play_count=0, created_at=at, **facts)
        self._clips[clip.id] = clip
        return clip

    async def add_once(self, key: str, details: ClipDetails, audio: AudioFacts, at: datetime) -> bool:
        if key in self._keys:
            return False
        self._keys.add(key)
        await self.add(details, audio, at)
        return True

    async def find(self, clip: ClipId) -> Clip:
        try:
            return self._counted(self._clips[clip])
        except KeyError:
            raise ClipNotFound(clip) from None

    async def page(self, query: ClipQuery) -> Sequence[Clip]:
        found = [self._counted(clip) for clip in self._clips.values() if matches(clip, query)]
        start = None if query.after is None else place(query.after, query.sort)
        places = sorted((place(cursor_after(clip, query.sort), query.sort), clip) for clip in found)
        return [clip for where, clip in places if start is None or where > start][: query.limit]

    async def change(self, clip: ClipId, changes: ClipChanges, audio: AudioFacts | None) -> Clip:
        found = await self.find(clip)
        if audio is not None:
            found = evolve(found, media_type=audio.media_type, size=audio.size)
        named: dict[str, Any] = asdict(changes, filter=lambda _field, value: value is not UNCHANGED)
        self._clips[clip] = changed = evolve(found, **named)
        return changed

    async def remove(self, clip: ClipId) -> None:
        if self._clips.pop(clip, None) is None:
            raise ClipNotFound(clip)

    # the ledger

    async def record(self, play: Play) -> bool:
        if play.clip not in self._clips:
            raise ClipNotFound(play.clip)
        if (play.clip, play.id) in self._plays:
            return False
        self._plays[play.clip, play.id] = play
        so_far = self._counts.get(play.clip, NEVER_PLAYED)
        last = max(play.started_at, so_far.last_played_at or play.started_at)
        self._counts[play.clip] = PlayCounts(so_far.play_count + 1, last)
        return True

    async def counts(self, clip: ClipId) -> PlayCounts:
        return self._counts.get(clip, NEVER_PLAYED)

    def _counted(self, clip: Clip) -> Clip:
        return evolve(clip, play_count=self._counts.get(clip.id, NEVER_PLAYED).play_count)


def matches(clip: Clip, query: ClipQuery) -> bool:
    """Whether every word occurs in title, genre or description, and the genre is the one asked for; all folded."""
    text = "\n".join((folded(clip.title), folded(clip.genre), folded(clip.description or "")))
    return all(word in text for word in query.words) and query.genre in (None, folded(clip.genre))


def place(cursor: Cursor, sort: Sort) -> tuple[str | int, int]:
    """The cursor as a value that compares as the order goes: counts and newest ids downwards, titles upwards."""
    match sort:
        case Sort.TITLE:
            return (str(cursor.key), cursor.id)
        case Sort.PLAYS:
            return (-int(cursor.key or 0), -cursor.id)
        case Sort.NEWEST:
            return (0, -cursor.id)
