"""An oracle: every number, counted anew from the raw story, with lists of requests and sets of bytes."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define, field, frozen

from domain.clip import ClipId
from domain.decision import Reason
from domain.heard import THE_CATALOGUE, Window
from domain.listener import Agent
from domain.statistics import ClipCounts, Counts, Interval, Period

A_DAY = timedelta(days=1)
OF_A_PLAY = (Reason.COUNTED, Reason.REPEAT, Reason.SEEK)


@frozen
class Played:
    """A play that was written down, and was new."""

    clip: ClipId
    at: datetime


@frozen
class Ended:
    """A request that was over, by somebody whom the ledger knows by another key each day."""

    id: UUID
    clip: ClipId
    person: str
    at: datetime
    playback: UUID | None
    agent: Agent
    reason: Reason
    sent: frozenset[int]  # each byte of the clip
    download: int | None
    whole: int | None
    window: Window

    @property
    def minute(self) -> datetime:
        return self.at.replace(second=0, microsecond=0)


@frozen
class Forgot:
    """What is older than this was forgotten."""

    before: datetime


Together = list[Ended]


@define
class Recount:
    """All that there is to tell after a story."""

    story: Sequence[Played | Ended | Forgot]
    added: list[tuple[str, ClipId, datetime]] = field(factory=list)  # one more of a counter, at a moment
    listened: set[tuple[ClipId, str, datetime]] = field(factory=set)  # who listened to what in which hour
    judged: list[tuple[Ended, Reason, bool]] = field(factory=list)  # why it is a download or not; if it completes
    forgotten: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    windows: defaultdict[Hashable, Together] = field(factory=lambda: defaultdict(list))

    def __attrs_post_init__(self) -> None:
        for event in self.story:
            match event:
                case Played(clip, at):
                    self.added.append(("play_count", clip, at))
                case Ended() if event.id not in {known.id for known, _, _ in self.judged}:
                    self.judge(event)
                case Forgot(before):
                    self.forget(before)

    def judge(self, ended: Ended) -> None:
        download, completes = self.download(ended), self.completes(ended)
        self.judged.append((ended, download, completes))
        if download is Reason.COUNTED:
            self.added.append(("downloads", ended.clip, ended.at))
        if completes:
            self.added.append(("completed", ended.clip, ended.at))

    def download(self, ended: Ended) -> Reason:
        if ended.reason not in OF_A_PLAY:
            return ended.reason
        if ended.agent is not Agent.PLAYER:
            return Reason.BOT if ended.agent is Agent.BOT else Reason.NO_USER_AGENT
        if not ended.sent:
            return Reason.TOO_FEW_BYTES
        self.listened |= {(of, ended.person, Interval.HOUR.begin(ended.at)) for of in (ended.clip, THE_CATALOGUE)}
        before, together = self.together(("download", ended.clip, ended.person), ended)
        if is_download(before):
            return Reason.DUPLICATE
        return Reason.COUNTED if is_download(together) else Reason.TOO_FEW_BYTES

    def completes(self, ended: Ended) -> bool:
        """Whether a play is whole with it that was not before."""
        if ended.reason not in OF_A_PLAY:
            return False
        if ended.playback is not None:
            before = list(self.windows["playback", ended.clip, ended.playback])
            if ended.sent or ended.reason is Reason.COUNTED:
                self.windows["playback", ended.clip, ended.playback].append(ended)
            return is_whole([*before, ended]) and not is_whole(before)
        if ended.reason is Reason.COUNTED and is_whole([ended]):
            return True
        if ended.agent is not Agent.PLAYER or not ended.sent:
            return False
        before, together = self.together(("pieces", ended.clip, ended.person), ended)
        return is_whole(together) and not is_whole(before)

    def together(self, key: Hashable, ended: Ended) -> tuple[Together, Together]:
        """What shares the window of ``ended``: without it, and with it."""
        before = self.windows[key]
        if before and not shares_window(before, ended):
            before = []
        self.windows[key] = [*before, ended]
        return before, self.windows[key]

    def forget(self, before: datetime) -> None:
        self.forgotten = max(self.forgotten, before)
        self.judged = [each for each in self.judged if each[0].at >= before]
        for key in [key for key, told in self.windows.items() if told and told[-1].minute < before]:
            del self.windows[key]  # all but playbacks are over for long

    def counts(self, clip: ClipId) -> ClipCounts:
        total = Counter(counter for counter, of, _ in self.added if of == clip)
        days = {(person, hour.date()) for of, person, hour in self.listened if of == clip}
        plays = [at for counter, of, at in self.added if of == clip and counter == "play_count"]
        return ClipCounts(Counts(**total, listeners=len(days)), max(plays, default=None))

    def series(self, clip: ClipId | None, period: Period) -> dict[datetime, Counts]:
        begin, found = period.interval.begin, defaultdict[datetime, Counter[str]](Counter)
        for counter, of, at in self.added:
            if clip in (None, of):
                found[begin(at)][counter] += 1
        of_whom = THE_CATALOGUE if clip is None else clip
        for _, start in {(person, begin(hour)) for of, person, hour in self.listened if of == of_whom}:
            found[start]["listeners"] += 1
        first = self.forgotten if period.interval is Interval.HOUR else period.start
        return {
            start: Counts(**counted)
            for start, counted in found.items()
            if max(first, period.start) <= start < period.end
        }

    def top(self, clips: Sequence[ClipId], period: Period) -> list[tuple[ClipId, int]]:
        told = [(clip, self.series(clip, period)) for clip in clips]
        plays = [(sum(counts.play_count for counts in series.values()), clip) for clip, series in told]
        return [(clip, count) for count, clip in sorted(plays, reverse=True) if count]

    def explained(self, clip: ClipId) -> list[Any]:
        of_clip = [each for each in self.judged if each[0].clip == clip]
        return sorted(of_clip, key=lambda each: (each[0].at, each[0].id), reverse=True)


def shares_window(before: Together, ended: Ended) -> bool:
    match ended.window:
        case Window.CALENDAR_DAY:
            return ended.at.date() == before[0].at.date()
        case Window.FIRST_TOUCH:
            return ended.minute - before[0].minute < A_DAY
        case Window.LAST_TOUCH:
            return ended.minute - before[-1].minute < A_DAY


def bytes_of(together: Together) -> set[int]:
    return set().union(*(ended.sent for ended in together))


def is_download(together: Together) -> bool:
    """Whether there was enough at any of them."""
    up_to = [(together[: number + 1], ended.download) for number, ended in enumerate(together)]
    return any(enough is not None and len(bytes_of(told)) >= enough for told, enough in up_to)


def is_whole(together: Together) -> bool:
    """Whether a counted play was whole at any of them."""
    up_to = [(together[: number + 1], ended.whole) for number, ended in enumerate(together)]
    return any(
        whole is not None and len(bytes_of(told)) >= whole and any(ended.reason is Reason.COUNTED for ended in told)
        for told, whole in up_to
    )
