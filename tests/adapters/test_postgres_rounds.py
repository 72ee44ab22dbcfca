"""Rounds: what is written together is as if it had been written one by one."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, pairwise

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.postgres.rounds import Offer, Round, UnionKey, first_round
from domain.byte_range import ByteRange
from domain.delivery import DeliveryEntry, DeliveryId
from domain.heard import Heard, Purpose, Touch, Window, nothing_heard
from domain.listener import ListenerKey
from tests.adapters.delivery_entries import entries, stories
from tests.examples import NOON

windows = st.sampled_from(Window)
Outcome = dict[tuple[DeliveryId, Purpose], tuple[bool, bool]]


def written(rounds: Iterable[Round], window: Window) -> tuple[dict[UnionKey, Heard], Outcome]:
    """What is heard after statements that touch each union once and read what was there before them.

    Of each entry and union: whether it was enough with it, and whether it became so just with it."""
    heard: dict[UnionKey, Heard] = {}
    outcome: Outcome = {}
    for this in rounds:
        before, was_enough = dict(heard), dict[UnionKey, bool]()
        for key, led in this.unions.items():
            start = before.get(key) or carried(before, led.touch, window) or nothing_heard(led.touch)
            was_enough[key] = start.is_enough and start.is_open(led.touch, window)
            heard[key] = start.with_(led.touch, window)
        for purpose in Purpose:
            for entry, union in zip(this.entries, this.unions_for(purpose), strict=True):
                if union:
                    is_enough = heard[union.touch.key].is_enough
                    is_now = is_enough and union.leader is entry and not was_enough[union.touch.key]
                    outcome[entry.id, purpose] = (is_enough, is_now)
    return heard, outcome


def carried(before: dict[UnionKey, Heard], touch: Touch, window: Window) -> Heard | None:
    """What the same listener heard under the key of the day before, if it goes on."""
    known = None if touch.known_as is None else before.get((touch.clip, touch.known_as, touch.purpose))
    return evolve(known, hours=0) if known and known.is_open(touch, window) else None


def one_by_one(story: Iterable[DeliveryEntry]) -> list[Round]:
    rounds = []
    for entry in story:
        this = Round()
        this.add(Offer.of(entry))
        rounds.append(this)
    return rounds


def in_rounds(story: list[DeliveryEntry]) -> list[Round]:
    rounds, waiting = [], [Offer.of(entry) for entry in story]
    while waiting:
        this, waiting = first_round(waiting)
        rounds.append(this)
    return rounds


@settings(max_examples=1_000)
@given(story=stories().map(lambda told: list({entry.id: entry for entry in told}.values())), window=windows)
def test_rounds_make_of_a_story_what_its_entries_make_one_by_one(story: list[DeliveryEntry], window: Window) -> None:
    assert written(in_rounds(story), window) == written(one_by_one(story), window)


@given(story=stories())
def test_every_entry_is_in_one_round(story: list[DeliveryEntry]) -> None:
    told = chain.from_iterable(this.entries for this in in_rounds(story))

    assert sorted(entry.id for entry in told) == sorted(entry.id for entry in story)


@given(entry=entries(), seconds=st.lists(st.integers(0, 59), max_size=20))
def test_a_player_that_asks_for_the_same_again_and_again_needs_one_round(
    entry: DeliveryEntry, seconds: list[int]
) -> None:
    minute = NOON.replace(second=0)
    story = [evolve(entry, ended_at=minute + timedelta(seconds=second)) for second in [0, *seconds]]

    assert len(in_rounds(story)) == 1


@given(entry=entries(), days=st.integers(1, 5))
def test_what_was_heard_the_day_before_is_written_before_it_is_read(entry: DeliveryEntry, days: int) -> None:
    play = evolve(entry, sent=(ByteRange(0, 9),))
    keys = [ListenerKey(b"%d" % day) for day in range(-1, days)]
    told = [evolve(play, known_as=known, listener=key, playback=None) for known, key in pairwise(keys)]
    story = [evolve(entry, ended_at=NOON + timedelta(days=day)) for day, entry in enumerate(told)]

    assert len(in_rounds(story)) == (days if play.settled is None else 1)
