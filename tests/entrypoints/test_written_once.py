"""Written once: whoever is told the same is sent the same bytes, and nobody what was written for something else."""

from collections.abc import Sequence
from typing import Any

import orjson
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.clip import Clip, ClipId
from entrypoints.web.stream_address import AddressOf, open_address
from entrypoints.web.wire import clip_json, written
from entrypoints.web.written_once import WrittenOnce
from tests.examples import a_clip


def test_what_many_are_told_is_written_once() -> None:
    clip, times = a_clip(), []

    def told(clip: Clip, address_of: AddressOf) -> dict[str, Any]:
        times.append(1)
        return clip_json(clip, address_of)

    once = WrittenOnce(told)
    bodies = [once.body(clip, open_address) for _ in range(5)]

    assert bodies == [written(clip_json(clip))] * 5
    assert len(times) == 1


def test_addresses_that_are_signed_are_each_for_one_listener() -> None:
    clip, once = a_clip(), WrittenOnce(clip_json)

    def signed_for(listener: str) -> AddressOf:
        return lambda clip: f"{open_address(clip)}?signature={listener}"

    answers = [once.body(clip, address) for address in (open_address, signed_for("a"), signed_for("b"), open_address)]
    addresses = [orjson.loads(answer)["stream_url"] for answer in answers]

    assert addresses == [
        "/play/1/stream",
        "/play/1/stream?signature=a",
        "/play/1/stream?signature=b",
        "/play/1/stream",
    ]


def test_what_comes_to_lie_in_the_place_of_something_forgotten_is_written_itself() -> None:
    once = WrittenOnce(clip_json)

    for count in range(1_000):
        assert orjson.loads(once.body(a_clip(play_count=count), open_address))["play_count"] == count


@given(story=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=20))
def test_in_any_order_each_is_told_what_there_is_to_tell(story: Sequence[tuple[int, bool]]) -> None:
    """A story says which clip is asked for, and whether it is read anew."""
    once, known = WrittenOnce(clip_json), [a_clip(id=ClipId(number)) for number in range(1, 5)]

    for place, is_read_anew in story:
        if is_read_anew:
            known[place] = evolve(known[place], play_count=known[place].play_count + 1)
        assert once.body(known[place], open_address) == written(clip_json(known[place]))
