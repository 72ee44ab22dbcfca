"""Audio that breaks amid its body: it goes on from the exact byte, of the same version, or it ends in its failure."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from attrs import define, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.audio.in_memory import MemoryAudio, OpenedMemory
from adapters.audio.remote.patience import Patience
from adapters.audio.remote.resuming_audio import PROGRESS, ResumingAudio
from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource, OpenedAudio
from tests.application.listening_room import Told
from tests.sounds import mp3_of
from tests.unsteady_upstream import Habits, Turn, Version, unsteady
from tests.upstream import Answer, Request, head, pausing, remote_audio, saying, upstream

CONTENT = mp3_of(300_000)
SIZE = len(CONTENT)
FIRST = Version(CONTENT)
SECOND = Version(bytes(byte ^ 0xFF for byte in CONTENT), {"etag": '"two"'})
HURRIED = Patience(stall=1.5)
AT_ONCE = (0.0,) * 8


async def heard(
    source: AudioSource, location: AudioLocation, requested: RequestedRange | None = None, at_most: int = 256 * 1024
) -> tuple[bytes, SourceFailure | None]:
    """What a listener gets, and why it is not all."""
    opened = await source.open(location, requested)
    got = b""
    try:
        while chunk := await opened.read(at_most):
            assert len(chunk) <= at_most
            got += chunk
    except AudioUnavailable as error:
        return got, error.failure
    finally:
        opened.close()
    return got, None


async def heard_of(
    answer: Answer,
    requested: RequestedRange | None = None,
    waits: tuple[float, ...] = AT_ONCE,
    patience: Patience | None = None,
) -> tuple[bytes, SourceFailure | None, list[str], list[str | None]]:
    """The same of an upstream; what was told to the operator, and which ranges were asked for."""
    told = Told()
    async with upstream(answer) as server:
        async with remote_audio(patience) as http:
            got, failure = await heard(ResumingAudio(http, told, waits), server.url(), requested)
        assert await server.all_let_go()
        return got, failure, told.events, [request.headers.get("range") for request in server.requests]


# What is resumed


async def test_a_broken_connection_is_resumed_from_the_exact_byte_and_the_listener_sees_nothing() -> None:
    got, failure, told, ranges = await heard_of(unsteady([Turn(FIRST, 100_000), Turn(FIRST)]))

    assert (got == CONTENT, failure, told) == (True, None, ["resumed"])
    assert ranges[0] is None
    first = int(str(ranges[1]).removeprefix("bytes=").removesuffix(f"-{SIZE - 1}"))
    assert 0 < first <= 100_000


@pytest.mark.parametrize(
    ("requested", "rest"),
    [(FromTo(50_000, 250_000), "-250000"), (FromTo(50_000), "-299999"), (Suffix(250_000), "-299999")],
)
async def test_a_part_is_resumed_up_to_its_own_end(requested: RequestedRange, rest: str) -> None:
    answer = unsteady([Turn(FIRST, 100_000), Turn(FIRST)])
    if isinstance(requested, Suffix):
        requested = FromTo(SIZE - requested.length, SIZE - 1)
    got, failure, _, ranges = await heard_of(answer, requested)

    assert (got == CONTENT[50_000:250_001] if rest == "-250000" else got == CONTENT[50_000:], failure) == (True, None)
    assert str(ranges[1]).endswith(rest)


async def test_what_is_asked_to_be_resumed_is_the_version_that_was_begun() -> None:
    async with upstream(unsteady([Turn(FIRST, 100_000), Turn(FIRST)])) as server, remote_audio() as http:
        await heard(ResumingAudio(http, Told(), AT_ONCE), server.url())

        assert [request.headers.get("if-range") for request in server.requests] == [None, '"one"']


async def test_a_silence_amid_the_body_is_resumed_too() -> None:
    whole = head(200, content_type="audio/mpeg", content_length=SIZE, etag='"one"') + CONTENT
    first, rest = pausing(whole[:100_000]), unsteady([Turn(FIRST)])

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (rest if "range" in request.headers else first)(request, writer)

    got, failure, told, _ = await heard_of(answer, patience=HURRIED)

    assert (got == CONTENT, failure, told) == (True, None, ["resumed"])


async def test_a_clip_of_unknown_size_is_resumed_and_ends_where_the_rest_tells() -> None:
    habits = Habits(tells_length=False)
    got, failure, told, ranges = await heard_of(unsteady([Turn(FIRST, 100_000), Turn(FIRST)], habits))

    assert (got == CONTENT, failure, told) == (True, None, ["resumed"])
    assert str(ranges[1]).endswith("-")
    assert len(ranges) == 2


async def test_behind_a_rest_that_told_the_size_nothing_more_is_asked_for() -> None:
    framed = f"{280_000:x}\r\n".encode() + CONTENT[:280_000] + b"\r\n"
    first = pausing(head(200, content_type="audio/mpeg", transfer_encoding="chunked", etag='"one"') + framed)
    rest = unsteady([Turn(FIRST)])

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (rest if "range" in request.headers else first)(request, writer)

    got, failure, told, _ = await heard_of(answer, waits=(0,), patience=HURRIED)  # so that nothing more could be

    assert (got == CONTENT, failure, told) == (True, None, ["resumed"])


@pytest.mark.parametrize("tells_length", [True, False])
async def test_an_upstream_that_ignores_ranges_is_read_again_up_to_the_break(tells_length: bool) -> None:
    habits = Habits(heeds_range=False, tells_length=tells_length)
    got, failure, told, _ = await heard_of(unsteady([Turn(FIRST, 100_000), Turn(FIRST)], habits))

    assert (got == CONTENT, failure, told) == (True, None, ["resumed"])


async def test_a_rest_that_comes_in_several_parts_is_asked_for_part_by_part() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        asked = request.headers.get("range")
        if asked is None:
            await unsteady([Turn(FIRST, 100_000)])(request, writer)
            return
        first = int(asked.removeprefix("bytes=").partition("-")[0])
        request.headers["range"] = f"bytes={first}-{min(first + 70_000, SIZE) - 1}"
        await unsteady([Turn(FIRST)])(request, writer)

    got, failure, told, ranges = await heard_of(answer)

    assert (got == CONTENT, failure) == (True, None)
    assert told == ["resumed"] * (len(ranges) - 1)
    assert len(ranges) >= 4


def giving_at_most(count: int, version: Version = FIRST) -> Answer:
    """Of any range the first so many bytes (RFC 9110 §15.3.7)."""
    given = unsteady([Turn(version)])

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        first, _, last = request.headers["range"].removeprefix("bytes=").partition("-")
        request.headers["range"] = f"bytes={first}-{min(int(first) + count, int(last or SIZE) + 1, SIZE) - 1}"
        await given(request, writer)

    return answer


@pytest.mark.parametrize("requested", [FromTo(0), FromTo(100_000), FromTo(10, 250_000), FromTo(10, SIZE + 5)])
async def test_a_part_that_is_given_in_pieces_is_opened_and_heard_as_it_was_asked_for(requested: FromTo) -> None:
    wanted = requested.within(SIZE)
    async with upstream(giving_at_most(20_000)) as server, remote_audio() as http:
        opened = await ResumingAudio(http, Told(), (60.0,)).open(server.url(), requested)  # nothing broke: no wait
        again = await opened.reopen(requested)

        for audio in (opened, again):
            assert audio.range == wanted
            assert await asyncio.wait_for(everything(audio), 30) == CONTENT[wanted.first : wanted.last + 1]
            audio.close()


async def everything(opened: OpenedAudio) -> bytes:
    got = b""
    while chunk := await opened.read():
        got += chunk
    return got


async def test_a_piece_of_a_part_stays_a_piece_where_no_more_of_its_version_can_be_had() -> None:
    unnamed = Version(CONTENT, {})
    async with upstream(giving_at_most(20_000, unnamed)) as server, remote_audio() as http:
        opened = await ResumingAudio(http, Told(), AT_ONCE).open(server.url(), FromTo(10))

        assert opened.range == ByteRange(10, 20_009)
        assert await everything(opened) == CONTENT[10:20_010]
        opened.close()


async def test_a_source_that_gives_a_few_bytes_at_once_is_not_asked_for_ever() -> None:
    got, failure, _, ranges = await heard_of(giving_at_most(10), FromTo(100, 50_000), waits=(0, 0))

    assert (got, failure, len(ranges)) == (CONTENT[100:130], SourceFailure.INTERRUPTED, 3)


async def test_a_source_that_refuses_the_next_piece_for_a_while_is_waited_for() -> None:
    pieces, refusals = giving_at_most(20_000), [saying(head(503, content_length=0))] * 2

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        is_next = not request.headers["range"].startswith("bytes=10-")
        await (refusals.pop() if is_next and refusals else pieces)(request, writer)

    got, failure, _, _ = await heard_of(answer, FromTo(10, 50_000), waits=(0, 0))

    assert (got, failure) == (CONTENT[10:50_001], None)


@pytest.mark.parametrize(("size", "is_all"), [(SIZE, True), (SIZE + 1, False), (5, False)])
async def test_a_rest_of_unknown_size_ends_where_the_upstream_says_that_nothing_follows(
    size: int, is_all: bool
) -> None:
    validators = {"etag": '"one"'}

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        asked = request.headers.get("range")
        if asked is None:
            await unsteady([Turn(FIRST, 100_000)], Habits(tells_length=False))(request, writer)
            return
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        if first == SIZE:
            writer.write(head(416, content_range=f"bytes */{size}", content_length=0, **validators))
            return
        told = f"bytes {first}-{SIZE - 1}/*"
        fields = {"content_type": "audio/mpeg", "content_range": told, "content_length": SIZE - first, **validators}
        writer.write(head(206, **fields) + CONTENT[first:])

    got, failure, _, _ = await heard_of(answer)

    assert got == CONTENT
    assert failure == (None if is_all else SourceFailure.INTERRUPTED)


# What is not


async def test_another_version_is_never_joined_to_the_one_that_was_begun() -> None:
    got, failure, told, ranges = await heard_of(unsteady([Turn(FIRST, 100_000), Turn(SECOND)]))

    assert got == CONTENT[: len(got)]
    assert len(got) <= 100_000
    assert (failure, told, len(ranges)) == (SourceFailure.INTERRUPTED, [], 2)


async def test_audio_without_a_strong_validator_is_not_asked_for_again() -> None:
    weak = Version(CONTENT, {"etag": 'W/"one"'})
    resuming = heard_of(unsteady([Turn(weak, 100_000), Turn(weak)]), waits=(60,))
    got, failure, told, ranges = await asyncio.wait_for(resuming, 30)

    assert got == CONTENT[: len(got)]
    assert (failure, told, ranges) == (SourceFailure.INTERRUPTED, [], [None])


@pytest.mark.parametrize(
    ("status", "tries"), [(503, 3), (429, 3), (403, 3), (404, 1), (410, 1), (304, 1), (412, 1), (206, 1), (302, 1)]
)
async def test_it_is_tried_again_only_where_that_may_help(status: int, tries: int) -> None:
    refused = saying(head(status, content_length=0))
    first = unsteady([Turn(FIRST, 100_000)])

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (refused if "range" in request.headers else first)(request, writer)

    _, failure, told, ranges = await heard_of(answer, waits=(0, 0, 0))

    assert (failure, told) == (SourceFailure.INTERRUPTED, [])  # why it broke, not why it could not be resumed
    assert len(ranges) == 1 + tries


async def test_tries_are_spaced_out_and_then_given_up() -> None:
    times: list[float] = []
    first = unsteady([Turn(FIRST, 100_000)])

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        times.append(asyncio.get_running_loop().time())
        await (saying(head(503, content_length=0)) if "range" in request.headers else first)(request, writer)

    await heard_of(answer, waits=(0.05, 0.1, 0.2))

    between = [later - earlier for earlier, later in pairwise(times)]
    assert [pause >= wait for pause, wait in zip(between, (0.05, 0.1, 0.2), strict=True)] == [True] * 3


@pytest.mark.parametrize(("step", "is_all"), [(PROGRESS, True), (PROGRESS // 2, False)])
async def test_a_source_that_keeps_breaking_is_borne_with_as_long_as_it_makes_progress(step: int, is_all: bool) -> None:
    got, failure, _, ranges = await heard_of(
        unsteady([*[Turn(FIRST, step + 1)] * (SIZE // step), Turn(FIRST)], piece=step + 1), waits=(0, 0)
    )

    if is_all:
        assert (got == CONTENT, failure) == (True, None)
    else:
        assert (failure, len(ranges)) == (SourceFailure.INTERRUPTED, 3)


# Who leaves


async def test_closed_audio_is_not_resumed() -> None:
    async with upstream(unsteady([Turn(FIRST, 100_000), Turn(FIRST)])) as server, remote_audio() as http:
        opened = await ResumingAudio(http, Told(), AT_ONCE).open(server.url())
        opened.close()
        opened.close()

        with pytest.raises(AudioUnavailable) as refused:
            await drained(opened)
        assert refused.value.failure == SourceFailure.INTERRUPTED
        assert await server.all_let_go()
        assert len(server.requests) == 1


@pytest.mark.parametrize("waits", [(60.0,), AT_ONCE])
async def test_a_listener_who_leaves_while_it_is_being_resumed_leaves_nothing_open(waits: tuple[float, ...]) -> None:
    first, silent = unsteady([Turn(FIRST, 100_000)]), pausing()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (silent if "range" in request.headers else first)(request, writer)

    async with upstream(answer) as server, remote_audio() as http:
        opened = await ResumingAudio(http, Told(), waits).open(server.url())
        reading = asyncio.create_task(drained(opened))
        await asyncio.sleep(0.2)
        reading.cancel()
        await asyncio.wait((reading,))
        opened.close()

        assert reading.cancelled()
        assert await server.all_let_go()


async def test_audio_that_is_closed_while_it_is_being_resumed_leaves_nothing_open() -> None:
    async with upstream(unsteady([Turn(FIRST, 100_000), Turn(FIRST)])) as server, remote_audio() as http:
        told = Told()
        opened = await ResumingAudio(http, told, (0.2,)).open(server.url())
        reading = asyncio.create_task(drained(opened))
        await asyncio.sleep(0.1)
        opened.close()
        await asyncio.wait((reading,))

        assert isinstance(reading.exception(), AudioUnavailable)
        assert told.events == []
        await http.close()
        assert await server.all_let_go()


async def dripping(_request: Request, writer: asyncio.StreamWriter) -> None:
    """The whole in chunks, too slowly to get anywhere, but never silent for long."""
    writer.write(head(200, content_type="audio/mpeg", transfer_encoding="chunked", etag='"one"'))
    for at in range(0, SIZE, 1_000):
        writer.write(b"3e8\r\n" + CONTENT[at : at + 1_000] + b"\r\n")
        await asyncio.sleep(0.02)


async def test_what_was_read_already_is_not_read_away_for_ever() -> None:
    first = unsteady([Turn(FIRST, 100_000)], Habits(tells_length=False))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (dripping if "range" in request.headers else first)(request, writer)

    async with upstream(answer) as server, remote_audio() as http:
        source = ResumingAudio(http, Told(), (0, 0), skip=0.1)
        _, failure = await asyncio.wait_for(heard(source, server.url()), 30)

        assert failure == SourceFailure.INTERRUPTED
        assert len(server.requests) == 3
        assert await server.all_let_go()


@define(eq=False)
class Breaking:
    """A source in memory whose audio breaks after each read, and which remembers what it opened."""

    source: MemoryAudio
    opened: list["BreakingAudio"] = field(factory=list)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        return BreakingAudio(await self.source.open(location, requested), self)


@define(eq=False)
class BreakingAudio:
    audio: OpenedMemory
    source: Breaking
    was_read: bool = False
    is_closed: bool = False

    def __attrs_post_init__(self) -> None:
        self.source.opened.append(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.audio, name)

    async def reopen(self, requested: RequestedRange | None) -> OpenedAudio:
        return BreakingAudio(await self.audio.reopen(requested), self.source)

    async def read(self, at_most: int = 256 * 1024) -> bytes:
        if self.was_read:
            raise AudioUnavailable("somewhere", SourceFailure.INTERRUPTED)
        self.was_read = True
        return await self.audio.read(min(at_most, 70_000))

    def close(self) -> None:
        self.is_closed = True


async def test_of_any_source_all_that_was_opened_on_the_way_is_closed_and_no_more_than_one_is_open() -> None:
    location = AudioLocation("library:clip.mp3")
    source = Breaking(MemoryAudio({location: CONTENT}))
    opened = await ResumingAudio(source, Told(), AT_ONCE).open(location)
    got = b""
    while chunk := await opened.read():
        got += chunk
        assert [audio.is_closed for audio in source.opened] == [True] * (len(source.opened) - 1) + [False]
    opened.close()

    assert (got == CONTENT, len(source.opened)) == (True, 5)
    assert all(audio.is_closed for audio in source.opened)


async def drained(opened: OpenedAudio) -> None:
    while await opened.read():
        pass


# What it is of any source


async def test_it_shows_what_its_source_shows() -> None:
    location = AudioLocation("library:clip.mp3")
    source = MemoryAudio({location: CONTENT})
    plain, opened = (
        await source.open(location, FromTo(5, 9)),
        await ResumingAudio(source, Told()).open(location, FromTo(5, 9)),
    )

    for name in ("media_type", "size", "range", "validators", "can_reopen"):
        assert getattr(opened, name) == getattr(plain, name)
    assert await opened.read(3) + await opened.read() == CONTENT[5:10]
    assert await opened.read() == b""


async def test_reopened_audio_is_resumed_as_well() -> None:
    told = Told()
    answer = unsteady([Turn(FIRST), Turn(FIRST, 100_000), Turn(FIRST)])
    async with upstream(answer) as server, remote_audio() as http:
        begun = await ResumingAudio(http, told, AT_ONCE).open(server.url())
        again = await begun.reopen(FromTo(10, 250_000))
        got = b""
        while chunk := await again.read():
            got += chunk

        assert (again.range, again.validators) == (ByteRange(10, 250_000), begun.validators)
        assert (got == CONTENT[10:250_001], told.events) == (True, ["resumed"])
        with pytest.raises(RangeNotSatisfiable):
            await again.reopen(FromTo(SIZE))
        begun.close()
        again.close()


async def test_a_version_named_by_its_date_alone_is_resumed_by_it() -> None:
    modified, now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
    fields: dict[str, object] = {
        "last_modified": modified.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    dated = Version(CONTENT, fields)
    async with upstream(unsteady([Turn(dated, 100_000), Turn(dated)])) as server, remote_audio() as http:
        assert await heard(ResumingAudio(http, Told(), AT_ONCE), server.url()) == (CONTENT, None)
        assert server.requests[1].headers["if-range"] == fields["last_modified"]


# The law

PLACES = st.integers(20_000, SIZE) | st.integers(100_000, SIZE) | st.sampled_from([0, 1, 8192, 65_536, SIZE - 1, SIZE])
HABITS = st.builds(
    Habits, heeds_range=st.booleans(), repeats_validators=st.booleans(), tells_length=st.booleans()
) | st.builds(Habits, heeds_if_range=st.just(False))


@frozen
class Story:
    """Where an upstream breaks, answer by answer, and from which answer on it gives another version."""

    breaks: list[int]
    changes_at: int
    habits: Habits
    requested: FromTo | None
    piece: int
    at_most: int

    @property
    def turns(self) -> list[Turn]:
        places = [*self.breaks, None]
        return [Turn(FIRST if turn < self.changes_at else SECOND, place) for turn, place in enumerate(places)]

    @property
    def wanted(self) -> bytes:
        can_be_cut = self.habits.heeds_range or self.habits.tells_length
        first = self.requested.first if self.requested and can_be_cut else 0
        return self.turns[0].version.content[first:]


async def check_that_one_version_is_heard(story: Story) -> None:
    answer = unsteady(story.turns, story.habits, piece=story.piece)
    async with upstream(answer) as server, remote_audio() as http:
        try:
            source = ResumingAudio(http, Told(), AT_ONCE)
            got, failure = await heard(source, server.url(), story.requested, story.at_most)
        except AudioUnavailable:
            return  # nothing of it was sent to anybody

    assert got == story.wanted[: len(got)]
    assert failure is not None or len(got) == len(story.wanted)
    if story.turns[0].version == story.turns[-1].version:
        assert failure is None


def test_a_listener_never_hears_two_versions_however_the_upstream_breaks_and_changes() -> None:
    with asyncio.Runner() as runner:

        @settings(max_examples=150)
        @given(
            story=st.builds(
                Story,
                breaks=st.lists(PLACES, max_size=8),
                changes_at=st.integers(0, 9),
                habits=HABITS,
                requested=st.none() | st.builds(FromTo, PLACES.filter(lambda place: place < SIZE)),
                piece=st.sampled_from([5_000, 65_536, SIZE]),
                at_most=st.sampled_from([3_000, 65_536, 262_144]),
            )
        )
        def law(story: Story) -> None:
            runner.run(check_that_one_version_is_heard(story))

        law()
