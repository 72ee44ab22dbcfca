"""Play counts as they change, for those who follow them: what is news to whom, and from where one may go on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from attrs import field, frozen

from domain.clip import ClipId

MOST_CLIPS = 1_000  # in one piece of news, and among what a follower has missed
LONGEST_ABSENCE = timedelta(hours=1)  # after which it is cheaper to load again than to be told what was missed

# A play is known by when it began, as its own process's clock has it, and told of a little later: what began so long
# before a moment may have been told after it. It must be longer than a play takes to be committed and announced, than
# a silent connection is believed in, and than the clocks of the processes differ.
OVERLAP = timedelta(seconds=20)


@frozen
class LastPlayed:
    """A clip's present play count, and when the latest of its plays began."""

    clip: ClipId
    play_count: int
    at: datetime


@frozen(eq=False)  # told to many: one is itself, so that what is made of it can be made once
class News:
    """What a follower is told at once: the present counts of clips that were played since it was told before.

    Empty, it tells only that nothing is missed until now. ``is_reset``: something was missed, so that the follower has
    to load again all that it shows. A follower who goes on from ``until`` misses nothing."""

    until: datetime
    counts: Mapping[ClipId, int] = field(factory=dict)
    is_reset: bool = False


def resumed(since: datetime | None, now: datetime) -> News:
    """What is told first to one who goes on from ``since``, None for one who is new."""
    if since is None:
        return News(now)
    if not now - LONGEST_ABSENCE <= since <= now + OVERLAP:
        return News(now, is_reset=True)
    return News(since)


def together(before: News | None, after: News) -> News:
    """Both as one, for a follower who was told neither; what it holds is bounded. A count never goes down."""
    if before is None or after.is_reset:
        return after
    if before.is_reset:  # whoever loads again from now on gets these counts too
        return News(after.until, is_reset=True)
    if not before.counts:
        return after
    counts = dict(before.counts)
    for clip, count in after.counts.items():
        counts[clip] = max(count, counts.get(clip, 0))
    return News(after.until, counts) if len(counts) <= MOST_CLIPS else News(after.until, is_reset=True)


@frozen(eq=False)
class Changes:
    """What has changed until now, made once for any number of followers.

    ``news`` is for those who knew all until the last changes, ``catching_up`` for those who have missed some: all that
    they missed, and perhaps a little more. Whoever missed what is not after ``forgotten`` is ``lost``."""

    news: News
    catching_up: News
    lost: News
    forgotten: datetime | None

    @classmethod
    def of(cls, until: datetime, present: Mapping[ClipId, int], missed: Sequence[LastPlayed]) -> "Changes":
        """``present`` are the counts of what was played since the last changes; ``missed``, read before them, are the
        clips that were played since the first who is late knew all, less `OVERLAP`: the latest first, those beyond
        `MOST_CLIPS` cut off but for one."""
        news, lost = News(until, present), News(until, is_reset=True)
        counts = {played.clip: played.play_count for played in missed[:MOST_CLIPS]}
        forgotten = missed[MOST_CLIPS].at if len(missed) > MOST_CLIPS else None
        return cls(news, together(News(until, counts), news), lost, forgotten)

    def since(self, moment: datetime) -> News:
        """What is told to one who has missed all since ``moment``."""
        return self.lost if self.forgotten is not None and moment - OVERLAP <= self.forgotten else self.catching_up


def only(news: News, clips: frozenset[ClipId] | None) -> News:
    """``news`` for a follower of these ``clips``, None for one of all."""
    if clips is None or not news.counts:
        return news
    return News(news.until, {clip: news.counts[clip] for clip in clips & news.counts.keys()}, news.is_reset)
