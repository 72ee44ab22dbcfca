"""Which version an upstream says it answers with: what is believed, what is shown of it, and what is asked with it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from attrs import frozen

from adapters.audio.remote.http import HttpAudio
from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import gate
from adapters.audio.remote.upstream_version import UpstreamVersion, version_of
from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.ports import OpenedAudio
from domain.validators import UNKNOWN
from tests.sounds import mp3_of
from tests.unsteady_upstream import Habits, Turn, Version, unsteady
from tests.upstream import Answer, head, pausing, remote_audio, saying, upstream

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTENT = mp3_of(100_000)
SIZE = len(CONTENT)
LOCATION = "http://one.example/clip"
FIRST_YEAR, LAST_YEAR = datetime.min, datetime.max  # noqa: DTZ901 - hypothesis wants them without a zone


def date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@frozen
class Answered:
    """The header fields of an answer."""

    fields: tuple[tuple[str, str], ...]

    def getall(self, key: str, default: Sequence[str]) -> Sequence[str]:
        return [value for name, value in self.fields if name.lower() == key.lower()] or default


def told(*fields: tuple[str, str]) -> UpstreamVersion:
    return version_of(Answered(fields), NOW)


# What is believed of an upstream, and shown to a listener


@pytest.mark.parametrize("written", ['"one"', '""', '"!#$%&()*+,-./:;<=>?@[]^_`{|}~"', '"W/"', '"ü"', '"\udcff"'])
def test_a_strong_tag_names_the_version_to_us_and_under_a_name_of_ours_to_listeners(written: str) -> None:
    version = told(("etag", written))
    shown = version.validators_at(LOCATION).entity_tag

    assert version.tells_apart
    assert shown is not None
    assert not shown.is_weak
    assert len(shown.opaque) == 32
    assert set(shown.opaque) <= set("0123456789abcdef")
    assert shown == told(("ETag", written)).validators_at(LOCATION).entity_tag
    assert shown != told(("ETag", '"other"')).validators_at(LOCATION).entity_tag
    assert shown != version.validators_at("http://two.example/clip").entity_tag


@pytest.mark.parametrize(
    "written", ['W/"one"', "one", '"one', 'one"', "'one'", '"o ne"', '"o"ne"', 'w/"one"', '"one", "two"', '"o\x7f"', ""]
)
def test_a_tag_that_is_weak_or_malformed_names_nothing(written: str) -> None:
    version = told(("ETag", written))

    assert not version.tells_apart
    assert version.if_range is None
    assert version.validators_at(LOCATION) == UNKNOWN


def test_a_tag_that_is_told_twice_names_nothing() -> None:
    assert not told(("ETag", '"one"'), ("ETag", '"two"')).tells_apart


@pytest.mark.parametrize(
    ("modified", "answered", "is_strong"),
    [
        (NOW - timedelta(days=9), NOW, True),
        (NOW - timedelta(seconds=60), NOW, True),
        (NOW - timedelta(seconds=59), NOW, False),  # it may change once more within the second it names
        (NOW - timedelta(days=9), None, False),  # by whose clock?
        (NOW, NOW, False),
        (NOW + timedelta(seconds=1), NOW, False),
        (NOW + timedelta(days=1), NOW + timedelta(days=2), False),
        (NOW - timedelta(days=1), NOW - timedelta(days=2), False),
    ],
)
def test_a_date_of_modification_is_strong_a_minute_before_the_answer_and_only_then_shown(
    modified: datetime, answered: datetime | None, is_strong: bool
) -> None:
    version = told(("Last-Modified", date(modified)), *([] if answered is None else [("Date", date(answered))]))

    assert version.validators_at(LOCATION).last_modified == (modified if is_strong else None)
    assert version.tells_apart == is_strong


def test_nothing_is_shown_of_a_weak_tag_nor_of_a_date_beside_one() -> None:
    version = told(("ETag", 'W/"1"'), ("Last-Modified", date(NOW - timedelta(days=9))), ("Date", date(NOW)))

    assert version.validators_at(LOCATION) == UNKNOWN


YOUNG = (("Last-Modified", date(NOW)), ("Date", date(NOW)))
OLD = (("Last-Modified", date(NOW - timedelta(days=9))), ("Date", date(NOW)))


@pytest.mark.parametrize(
    ("fields", "if_range"),
    [
        ((("ETag", '"one"'), *OLD), '"one"'),
        (OLD, date(NOW - timedelta(days=9))),
        ((("ETag", 'W/"one"'), *OLD), None),  # RFC 9110 §13.1.5: no date where there is a tag
        ((("ETag", '"ü"'), *OLD), None),  # no field can be trusted to carry it back
        ((("ETag", "one"), *OLD), date(NOW - timedelta(days=9))),  # which is no tag
        (YOUNG, None),
    ],
)
def test_what_is_asked_for_again_is_named_as_the_rfc_allows(
    fields: tuple[tuple[str, str]], if_range: str | None
) -> None:
    assert told(*fields).if_range == if_range


@pytest.mark.parametrize(
    ("begun", "now", "is_vouched_for", "is_it"),
    [
        ((("ETag", '"one"'),), (("ETag", '"one"'),), False, True),
        ((("ETag", '"one"'),), (("ETag", '"two"'),), True, False),
        ((("ETag", '"one"'),), (("ETag", 'W/"one"'),), True, False),
        ((("ETag", '"one"'),), (), True, True),
        ((("ETag", '"one"'),), (), False, False),
        ((("ETag", '"one"'), *OLD), OLD, False, False),  # the date is not what named it
        (OLD, OLD, False, True),
        (OLD, (("ETag", '"new"'), *OLD), False, True),
        (OLD, (), True, True),
        (OLD, (), False, False),
        (YOUNG, YOUNG, False, False),
        (OLD, (("Last-Modified", date(NOW - timedelta(days=8))),), True, False),
        ((("ETag", 'W/"one"'), *OLD), (("ETag", 'W/"two"'), *OLD), False, False),
        ((("ETag", 'W/"one"'), *OLD), (("ETag", 'W/"one"'), *OLD), False, True),
    ],
)
def test_another_version_is_told_by_its_validators(
    begun: tuple[tuple[str, str]], now: tuple[tuple[str, str]], is_vouched_for: bool, is_it: bool
) -> None:
    assert told(*begun).is_that_of(told(*now), is_vouched_for=is_vouched_for) == is_it


# Opening the same version again


async def reopened(again: Answer, requested: RequestedRange | None) -> tuple[OpenedAudio, bytes]:
    """What is opened again, and its bytes."""
    async with upstream(unsteady([Turn(Version(CONTENT))])) as server, remote_audio() as source:
        opened = await source.open(server.url())
        opened.close()
        server.answer = again
        second = await opened.reopen(requested)
        got = b""
        while chunk := await second.read():
            got += chunk
        second.close()
        return second, got


SAME = unsteady([Turn(Version(CONTENT))])
IGNORING = unsteady([Turn(Version(CONTENT))], Habits(heeds_range=False))


@pytest.mark.parametrize("again", [SAME, IGNORING])
@pytest.mark.parametrize("requested", [None, FromTo(50_000), FromTo(50_000, 60_000), Suffix(10)])
async def test_the_same_version_is_opened_again_at_any_place(again: Answer, requested: RequestedRange | None) -> None:
    if isinstance(requested, Suffix) and again is SAME:
        requested = FromTo(SIZE - requested.length)
    opened, got = await reopened(again, requested)
    part = ByteRange(0, SIZE - 1) if requested is None else requested.within(SIZE)

    assert got == CONTENT[part.first : part.last + 1]
    assert opened.range == (None if requested is None else part)
    assert (opened.size, opened.media_type) == (SIZE, "audio/mpeg")


async def test_a_size_that_was_told_once_is_known_though_the_second_answer_does_not_tell_it() -> None:
    untold = unsteady([Turn(Version(CONTENT))], Habits(heeds_range=False, tells_length=False))
    opened, got = await reopened(untold, FromTo(50_000, 60_000))

    assert (opened.range, opened.size, got == CONTENT[50_000:60_001]) == (ByteRange(50_000, 60_000), SIZE, True)


async def test_a_part_that_is_labelled_as_text_is_what_the_beginning_was() -> None:
    told = f"bytes 50000-{SIZE - 1}/{SIZE}"
    labelled = saying(
        head(206, content_type="text/plain", content_range=told, etag='"one"') + CONTENT[50_000:], then_close=True
    )
    opened, got = await reopened(labelled, FromTo(50_000))

    assert (opened.media_type, got == CONTENT[50_000:]) == ("audio/mpeg", True)


def whole(content: bytes = CONTENT, **fields: object) -> Answer:
    return saying(head(200, content_type="audio/mpeg", content_length=len(content), **fields) + content)


def part(total: object, **fields: object) -> Answer:
    body = CONTENT[10:20]
    told = {"content_type": "audio/mpeg", "content_length": 10, "content_range": f"bytes 10-19/{total}"} | fields
    return saying(head(206, **told) + body)


async def test_a_part_that_does_not_tell_the_size_again_is_of_the_size_that_was_told() -> None:
    opened, got = await reopened(part("*", etag='"one"'), FromTo(10, 19))

    assert (opened.range, opened.size, got == CONTENT[10:20]) == (ByteRange(10, 19), SIZE, True)


async def test_what_is_opened_again_is_not_waited_for_longer_than_what_is_opened_first() -> None:
    async with upstream(SAME) as server, remote_audio(Patience(first_byte=2)) as source:
        opened = await source.open(server.url())
        opened.close()
        server.answer = pausing(head(200, content_type="audio/mpeg", content_length=SIZE, etag='"one"'))
        with pytest.raises(AudioUnavailable) as refused:
            await asyncio.wait_for(opened.reopen(None), 30)

        assert refused.value.failure == SourceFailure.TOO_SLOW


REFUSALS: dict[str, tuple[Answer, SourceFailure]] = {
    "200, another tag": (whole(etag='"two"'), SourceFailure.CHANGED),
    "200, no tag": (whole(), SourceFailure.CHANGED),
    "200, a weak tag": (whole(etag='W/"one"'), SourceFailure.CHANGED),
    "200, another size": (whole(CONTENT[:-1], etag='"one"'), SourceFailure.CHANGED),
    "200, too small for the part": (whole(CONTENT[:5], etag='"one"'), SourceFailure.CHANGED),
    "206, another tag": (part(SIZE, etag='"two"'), SourceFailure.CHANGED),
    "206, another size": (part(SIZE + 1, etag='"one"'), SourceFailure.CHANGED),
    "206, another part": (part(SIZE, content_range=f"bytes 11-20/{SIZE}"), SourceFailure.INCONSISTENT),
    "304": (saying(head(304, etag='"one"')), SourceFailure.INCONSISTENT),
    "412": (saying(head(412, content_length=0)), SourceFailure.INCONSISTENT),
    "416 of what exists": (saying(head(416, content_range="bytes */5", content_length=0)), SourceFailure.CHANGED),
    "404": (saying(head(404, content_length=0)), SourceFailure.ABSENT),
    "503": (saying(head(503, content_length=0)), SourceFailure.REFUSED),
}


@pytest.mark.parametrize(("again", "failure"), REFUSALS.values(), ids=REFUSALS)
async def test_anything_but_the_same_version_is_not_opened(again: Answer, failure: SourceFailure) -> None:
    with pytest.raises(AudioUnavailable) as refused:
        await reopened(again, FromTo(10, 19))

    assert refused.value.failure == failure


async def test_a_whole_is_compared_too() -> None:
    with pytest.raises(AudioUnavailable) as refused:
        await reopened(whole(etag='"two"'), None)

    assert refused.value.failure == SourceFailure.CHANGED


async def test_a_part_outside_is_refused_without_asking() -> None:
    async with upstream(SAME) as server, remote_audio() as source:
        opened = await source.open(server.url())
        with pytest.raises(RangeNotSatisfiable) as refused:
            await opened.reopen(FromTo(SIZE))

        assert refused.value.size == SIZE
        assert len(server.requests) == 1
        opened.close()


@pytest.mark.parametrize("requested", [None, FromTo(10, 19)])
async def test_what_has_no_strong_validator_is_not_asked_for_again(requested: RequestedRange | None) -> None:
    async with upstream(whole(etag='W/"one"')) as server, remote_audio() as source:
        opened = await source.open(server.url())
        with pytest.raises(AudioUnavailable) as refused:
            await opened.reopen(requested)

        assert (opened.can_reopen, opened.validators) == (False, UNKNOWN)
        assert refused.value.failure == SourceFailure.CHANGED
        assert len(server.requests) == 1
        opened.close()


DATED: dict[str, Any] = {"last_modified": date(NOW - timedelta(days=9)), "date": date(NOW)}


@pytest.mark.parametrize(
    ("again", "is_opened"),
    [({"etag": 'W/"one"'} | DATED, True), (DATED, True), ({"etag": 'W/"two"'} | DATED, False), ({}, False)],
)
async def test_where_no_if_range_may_be_sent_the_answer_itself_must_prove_its_version(
    again: dict[str, Any], is_opened: bool
) -> None:
    async with upstream(whole(etag='W/"one"', **DATED)) as server:
        source = HttpAudio(gate(["127.0.0.0/8"]), clock=lambda: NOW)
        opened = await source.open(server.url())
        opened.close()
        server.answer = part(SIZE, **again)
        if is_opened:
            second = await opened.reopen(FromTo(10, 19))
            assert await second.read() == CONTENT[10:20]
            second.close()
        else:
            with pytest.raises(AudioUnavailable):
                await opened.reopen(FromTo(10, 19))
        await source.close()

        assert "if-range" not in server.requests[1].headers
