"""What was delivered: how many bytes are enough, and which bytes a number of them are."""

from math import ceil
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import Delivery, DeliveryId, Ending, download_size, entered, first_bytes, total
from domain.heard import united
from domain.listener import Agent, Caller, Listener, ListenerKey
from domain.play import PlayId
from tests.examples import NOON, a_clip, a_play, an_entry

CLIP = a_clip(duration=120.0, size=1_000)
CALLER = Caller("192.0.2.7", "Safari")
LISTENER = Listener(ListenerKey(b"today"), ListenerKey(b"yesterday"), Agent.PLAYER)

parts_apart = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=5).map(
    lambda stretches: united(tuple(ByteRange(first, first + more) for first, more in stretches))
)


def bytes_of(parts: tuple[ByteRange, ...]) -> list[int]:
    return [at for part in parts for at in range(part.first, part.last + 1)]


@pytest.mark.parametrize(
    ("duration", "header", "size", "enough"),
    [
        (120.0, 0, 1_000, 500),
        (120.0, 200, 1_000, 600),  # the header, and half of the sound
        (90.0, 0, 1_000, 667),  # no byte less than a minute
        (60.0, 0, 1_000, 1_000),
        (59.5, 0, 1_000, 1_000),
        (60.0, 200, 1_000, 1_000),
        (12.5, 0, 1_000, 1_000),
        (120.0, 5_000, 1_000, 1_000),  # the audio has changed since its header was measured
        (120.0, 0, None, None),
        (12.5, 0, None, None),
    ],
)
def test_a_download_is_the_header_and_a_minute_or_the_whole(
    duration: float, header: int, size: int | None, enough: int | None
) -> None:
    assert download_size(evolve(CLIP, duration=duration, header_size=header), size) == enough


@given(
    duration=st.floats(0.01, 100_000), header=st.integers(0, 3_000), size=st.integers(0, 2_000), more=st.integers(0, 9)
)
def test_a_download_is_never_more_than_all_and_grows_with_the_clip(
    duration: float, header: int, size: int, more: int
) -> None:
    clip = evolve(CLIP, duration=duration, header_size=header)
    enough, of_more = download_size(clip, size), download_size(clip, size + more)

    assert enough is not None
    assert of_more is not None
    assert min(header, size) <= enough <= size
    assert enough <= of_more


@given(parts=parts_apart, count=st.integers(-2, 80), data=st.data())
def test_the_first_bytes_are_those_that_are_read_first(
    parts: tuple[ByteRange, ...], count: int, data: st.DataObject
) -> None:
    in_any_order = tuple(data.draw(st.permutations(parts)))

    assert bytes_of(first_bytes(in_any_order, count)) == bytes_of(in_any_order)[: max(count, 0)]


@given(parts=parts_apart, missing=st.integers(0, 3))
def test_the_first_bytes_end_just_where_the_sending_did(parts: tuple[ByteRange, ...], missing: int) -> None:
    count = max(total(parts) - missing, 0)

    assert bytes_of(first_bytes(parts, count)) == bytes_of(parts)[:count]


@given(parts=parts_apart)
def test_the_total_is_the_number_of_bytes(parts: tuple[ByteRange, ...]) -> None:
    assert total(parts) == len(bytes_of(parts))


def a_delivery(size: int | None = 1_000, playback: PlayId | None = None) -> Delivery:
    sent = (ByteRange(0, 99),)
    return Delivery(
        DeliveryId(a_play(CLIP.id).id), NOON, CLIP, CALLER, playback, Reason.COUNTED, Ending.SENT, sent, size
    )


def test_an_entry_knows_the_listener_by_the_keys_of_both_days_and_by_nothing_else() -> None:
    delivery = a_delivery(playback=a_play(CLIP.id).id)
    entry = entered(delivery, LISTENER)

    assert (entry.listener, entry.known_as) == (LISTENER.key, LISTENER.known_as)
    assert (entry.id, entry.clip, entry.ended_at) == (delivery.id, CLIP.id, NOON)
    assert (entry.playback, entry.reason, entry.ending) == (delivery.playback, Reason.COUNTED, Ending.SENT)
    assert (entry.sent, entry.agent) == (delivery.sent, Agent.PLAYER)
    assert "192.0.2.7" not in repr(entry)


@pytest.mark.parametrize(("size", "whole"), [(1_000, 990), (10, 10), (101, 100), (None, None)])
def test_a_play_is_complete_at_99_of_100_bytes(size: int | None, whole: int | None) -> None:
    entry = entered(a_delivery(size), LISTENER)

    assert entry.whole_size == whole
    assert entry.download_size == (None if size is None else ceil(size / 2))


@pytest.mark.parametrize(
    ("said", "is_complete"),
    [
        ({}, True),
        ({"sent": (ByteRange(50, 99), ByteRange(0, 48))}, True),
        ({"sent": (ByteRange(0, 97),)}, False),
        ({"reason": Reason.SEEK}, False),
        ({"reason": Reason.REPEAT}, False),
        ({"playback": a_play(ClipId(1)).id}, False),  # what is heard under a name is judged together
        ({"whole_size": None}, False),
    ],
)
def test_a_play_without_a_name_is_completed_by_being_delivered_whole(said: dict[str, Any], is_complete: bool) -> None:
    assert an_entry(ClipId(1), **said).is_completed_play is is_complete


@pytest.mark.parametrize(
    ("said", "settled"),
    [
        ({}, None),
        ({"reason": Reason.SEEK}, None),
        ({"reason": Reason.REPEAT}, None),
        ({"download_size": None}, None),  # its bytes are heard, though they are never enough
        ({"sent": ()}, Reason.TOO_FEW_BYTES),
        ({"sent": (), "agent": Agent.BOT}, Reason.BOT),
        ({"agent": Agent.BOT}, Reason.BOT),
        ({"agent": Agent.NONE}, Reason.NO_USER_AGENT),
        ({"reason": Reason.PROBE}, Reason.PROBE),
        ({"reason": Reason.PREFETCH}, Reason.PREFETCH),
        ({"reason": Reason.HEAD}, Reason.HEAD),
    ],
)
def test_what_brings_nobody_a_byte_is_no_download_whatever_was_heard_before(
    said: dict[str, Any], settled: Reason | None
) -> None:
    assert an_entry(ClipId(1), **said).settled is settled
