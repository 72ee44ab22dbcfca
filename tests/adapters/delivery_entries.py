"""Deliveries of a few listeners to a few clips over three days, close enough together to meet in every way."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve
from hypothesis import strategies as st

from adapters.system import new_id
from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, DeliveryId, Ending
from domain.listener import Agent, ListenerKey
from domain.play import PlayId
from tests.examples import NOON

CLIPS = (ClipId(1), ClipId(2))
SIZE = 100  # bytes of each clip
VARYING = ("sent", "sent", "reason", "download_size", "whole_size", "playback", "ended_at")
PLAYBACKS = tuple(PlayId(UUID(int=number)) for number in (1, 2))
MIDNIGHT = NOON + timedelta(hours=12)


def key_of(listener: int, day: datetime) -> ListenerKey:
    """What stands for a listener on a day."""
    return ListenerKey(f"{listener} on {day:%Y-%m-%d}".encode())


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Mostly the same few, around one midnight; at times a day and a bit away, just within and beyond a window."""
    near = draw(st.sampled_from((-90, -60, -1, 0, 1, 59, 60, 61, 200)))
    return MIDNIGHT + timedelta(days=draw(st.sampled_from((0, 0, 0, -1, 1))), seconds=near)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[ByteRange, ...]:
    edges = sorted(draw(st.lists(st.sampled_from((0, 1, 2, 30, 50, 60, 98, 99)), max_size=4, unique=True)))
    return tuple(ByteRange(first, last) for first, last in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def entries(draw: st.DrawFn) -> DeliveryEntry:
    listener, at = draw(st.integers(1, 2)), draw(moments())
    known_as = key_of(listener, at - timedelta(days=1))
    return DeliveryEntry(
        id=DeliveryId(new_id()),
        clip=draw(st.sampled_from(CLIPS)),
        ended_at=at,
        listener=key_of(listener, at),
        known_as=draw(st.sampled_from((known_as, known_as, None))),
        playback=draw(st.none() | st.sampled_from(PLAYBACKS)),
        agent=draw(st.sampled_from((Agent.PLAYER,) * 6 + tuple(Agent))),
        reason=draw(st.sampled_from((Reason.COUNTED, Reason.SEEK, Reason.REPEAT) * 4 + tuple(Reason))),
        ending=draw(st.sampled_from(Ending)),
        sent=draw(stretches() | st.just((ByteRange(0, SIZE - 1),))),
        download_size=draw(st.sampled_from((60, 60, SIZE, None))),
        whole_size=draw(st.sampled_from((SIZE - 1, SIZE - 1, None))),
    )


@st.composite
def stories(draw: st.DrawFn, most: int = 12) -> list[DeliveryEntry]:
    """Deliveries in an order, some of them told more than once, most of them like another but for a thing or two."""
    story: list[DeliveryEntry] = draw(st.lists(entries(), max_size=3))
    while story and len(story) < most and draw(st.booleans() | st.just(True)):
        like, other = draw(st.sampled_from(story)), draw(entries())
        names = draw(st.lists(st.sampled_from(VARYING), min_size=1, max_size=2))
        story.append(evolve(like, id=other.id, **{name: getattr(other, name) for name in names}))
    return story + (draw(st.lists(st.sampled_from(story), max_size=2)) if story else [])
