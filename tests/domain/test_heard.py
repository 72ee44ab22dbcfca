"""What was heard over many deliveries: unions of bytes, and windows that end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.heard import (
    MOST_STRETCHES,
    THE_CATALOGUE,
    Heard,
    Purpose,
    Touch,
    Window,
    minute_of,
    nothing_heard,
    touches,
    united,
)
from domain.listener import Agent
from tests.examples import NOON, a_key, a_play, an_entry

CLIP = ClipId(1)
PLAYBACK = a_play(CLIP).id
MIDNIGHT = NOON.replace(hour=0)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

stretches = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=4).map(
    lambda pairs: tuple(ByteRange(first, first + more) for first, more in pairs)
)


def a_touch(
    *sent: ByteRange,
    at: datetime = NOON,
    purpose: Purpose = Purpose.DOWNLOAD,
    enough: int | None = 20,
    begins: bool = True,
) -> Touch:
    return Touch(CLIP, b"ada", purpose, None, at, sent, enough, begins)


def heard(*told: Touch, window: Window = Window.CALENDAR_DAY) -> Heard:
    state = nothing_heard(told[0])
    for touch in told:
        state = state.with_(touch, window)
    return state


def bytes_of(parts: tuple[ByteRange, ...]) -> set[int]:
    return {at for part in parts for at in range(part.first, part.last + 1)}


@given(parts=stretches)
def test_a_union_has_the_same_bytes_in_order_and_apart(parts: tuple[ByteRange, ...]) -> None:
    union = united(parts)

    assert bytes_of(union) == bytes_of(parts)
    assert all(later.first > sooner.last + 1 for sooner, later in pairwise(union))


@given(deliveries=st.lists(stretches, min_size=1, max_size=6), enough=st.none() | st.integers(1, 40))
def test_it_is_enough_as_soon_as_enough_different_bytes_came(
    deliveries: list[tuple[ByteRange, ...]], enough: int | None
) -> None:
    state, so_far = nothing_heard(a_touch()), set[int]()
    for sent in deliveries:
        state, so_far = state.with_(a_touch(*sent, enough=enough), Window.CALENDAR_DAY), so_far | bytes_of(sent)

        assert state.is_enough is (enough is not None and len(so_far) >= enough)
        assert bytes_of(state.parts) == (set() if state.is_enough else so_far)


@given(order=st.permutations([(0, False), (1, True), (2, False)]))
def test_nothing_is_enough_before_it_is_begun(order: list[tuple[int, bool]]) -> None:
    pieces = {0: ByteRange(0, 9), 1: ByteRange(10, 14), 2: ByteRange(15, 19)}
    told = [a_touch(pieces[which], begins=begins) for which, begins in order]

    assert heard(*told).is_enough
    assert not heard(*(touch for touch in told if not touch.begins), a_touch(ByteRange(10, 14), begins=False)).is_enough


@pytest.mark.parametrize(
    ("window", "first", "last", "then", "is_open"),
    [
        (Window.CALENDAR_DAY, MIDNIGHT, MIDNIGHT, MIDNIGHT + DAY - MINUTE, True),
        (Window.CALENDAR_DAY, NOON, NOON, MIDNIGHT + DAY, False),
        (Window.FIRST_TOUCH, NOON, NOON + 8 * 60 * MINUTE, NOON + DAY - MINUTE, True),
        (Window.FIRST_TOUCH, NOON, NOON + 8 * 60 * MINUTE, NOON + DAY, False),
        (Window.LAST_TOUCH, NOON, NOON + 20 * 60 * MINUTE, NOON + 44 * 60 * MINUTE - MINUTE, True),
        (Window.LAST_TOUCH, NOON, NOON + 20 * 60 * MINUTE, NOON + 44 * 60 * MINUTE, False),
    ],
)
def test_a_window_ends_to_the_minute(
    window: Window, first: datetime, last: datetime, then: datetime, is_open: bool
) -> None:
    state = heard(a_touch(ByteRange(0, 9), at=first), a_touch(at=last), window=window)
    together = state.with_(a_touch(ByteRange(10, 19), at=then), window)

    assert state.is_open(a_touch(at=then), window) is is_open
    assert together.is_enough is is_open
    assert together.began == (first if is_open else then)


@pytest.mark.parametrize("window", Window)
def test_all_that_names_one_playback_is_heard_together_for_ever(window: Window) -> None:
    first, later = (a_touch(ByteRange(at, at + 9), at=NOON + at * DAY, purpose=Purpose.PLAYBACK) for at in (0, 10))

    assert heard(first, later, window=window).is_enough


@pytest.mark.parametrize("window", Window)
def test_the_next_window_begins_with_nothing_but_the_hours_of_the_day(window: Window) -> None:
    enough = heard(a_touch(ByteRange(0, 19), at=NOON), window=window)
    next_one = enough.with_(a_touch(ByteRange(0, 4), at=NOON + 3 * DAY + 60 * MINUTE, begins=False), window)

    assert enough.is_enough
    assert (next_one.is_enough, next_one.is_begun) == (False, False)
    assert bytes_of(next_one.parts) == set(range(5))
    assert next_one.hours == 1 << 12 | 1 << 13


@pytest.mark.parametrize(
    ("said", "purposes"),
    [
        ({}, {Purpose.DOWNLOAD, Purpose.CATALOGUE}),  # whole at once
        ({"sent": (ByteRange(0, 9),)}, {Purpose.DOWNLOAD, Purpose.CATALOGUE, Purpose.PIECES}),
        ({"reason": Reason.SEEK}, {Purpose.DOWNLOAD, Purpose.CATALOGUE, Purpose.PIECES}),
        ({"playback": PLAYBACK}, {Purpose.DOWNLOAD, Purpose.CATALOGUE, Purpose.PLAYBACK}),
        ({"playback": PLAYBACK, "agent": Agent.BOT}, {Purpose.PLAYBACK}),
        ({"playback": PLAYBACK, "sent": ()}, {Purpose.PLAYBACK}),  # it has begun all the same
        ({"playback": PLAYBACK, "sent": (), "reason": Reason.SEEK}, set()),
        ({"playback": PLAYBACK, "reason": Reason.PREFETCH}, set()),
        ({"playback": PLAYBACK, "reason": Reason.PROBE}, set()),
        ({"agent": Agent.BOT}, set()),
        ({"sent": ()}, set()),
        ({"reason": Reason.HEAD, "sent": ()}, set()),
    ],
)
def test_a_delivery_adds_to_what_it_is_part_of(said: dict[str, Any], purposes: set[Purpose]) -> None:
    assert {touch.purpose for touch in touches(an_entry(CLIP, **said))} == purposes


@pytest.mark.parametrize(("reason", "begins"), [(Reason.COUNTED, True), (Reason.REPEAT, False), (Reason.SEEK, False)])
@pytest.mark.parametrize("playback", [None, PLAYBACK])
def test_only_a_counted_play_begins_a_completed_one(reason: Reason, begins: bool, playback: object) -> None:
    entry = an_entry(CLIP, (0, 9), reason=reason, playback=playback)
    for_completion = [touch for touch in touches(entry) if touch.purpose in (Purpose.PIECES, Purpose.PLAYBACK)]

    assert [touch.begins for touch in for_completion] == [begins]
    assert all(touch.begins for touch in touches(entry) if touch not in for_completion)


def test_a_touch_is_at_a_minute_in_utc_of_sorted_parts() -> None:
    entry = an_entry(CLIP, (50, 60), (0, 9), (5, 12), at=NOON.replace(second=59, microsecond=9))
    download, catalogue, _ = touches(entry)

    assert (download.minute, download.hour) == (NOON, 1 << 12)
    assert download.sent == (ByteRange(0, 12), ByteRange(50, 60))
    assert (download.clip, download.whose) == (CLIP, a_key("ada"))
    assert (catalogue.clip, catalogue.sent, catalogue.enough) == (THE_CATALOGUE, (), None)


def test_who_asks_for_scraps_is_remembered_by_no_more_than_a_player_makes() -> None:
    scraps = [a_touch(ByteRange(at, at), enough=10**6) for at in range(0, 2 * MOST_STRETCHES + 2, 2)]
    remembered = heard(*scraps)

    assert remembered.parts == tuple(ByteRange(at, at) for at in range(0, 2 * MOST_STRETCHES, 2))
    assert remembered.with_(a_touch(ByteRange(1, 1), enough=10**6), Window.CALENDAR_DAY).parts[0] == ByteRange(0, 2)


naive_moments = (NOON.replace(year=year, tzinfo=None) for year in (1900, 2200))


@given(moment=st.datetimes(*naive_moments, timezones=st.timezones()))
def test_a_minute_is_the_whole_one_in_utc(moment: datetime) -> None:
    assert minute_of(moment) == moment.astimezone(UTC).replace(second=0, microsecond=0)
    assert minute_of(moment).tzinfo is UTC
