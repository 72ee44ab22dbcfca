"""When a stream begins a play, and when a delivery is a download: ADR 1's and ADR 8's tables, and their laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import ByteRange, FromTo, RangeSet, RequestedRange, Suffix
from domain.decision import NEVER_A_DOWNLOAD, Answer, Enough, Facts, Reason, download_reason, play_reason
from domain.errors import RangeNotSatisfiable
from domain.listener import Agent
from domain.play import Listening
from tests.strategies import range_sets

COUNTED, PROBE, SEEK = Reason.COUNTED, Reason.PROBE, Reason.SEEK
WHOLE = None


def reason(requested: RangeSet | None, sent: tuple[ByteRange, ...]) -> Reason:
    return play_reason(Facts(Listening(requested), sent=sent))


@pytest.mark.parametrize(
    ("requested", "sent", "judged"),
    [
        (None, WHOLE, COUNTED),  # a plain GET
        (FromTo(0), ByteRange(0, 99), COUNTED),  # what Chrome and Firefox send first
        (FromTo(0, 99), ByteRange(0, 99), COUNTED),
        (FromTo(0, 2), ByteRange(0, 2), COUNTED),
        (FromTo(0, 1), ByteRange(0, 1), PROBE),  # Safari's
        (FromTo(0, 0), ByteRange(0, 0), PROBE),
        (FromTo(1), ByteRange(1, 99), SEEK),
        (FromTo(1, 1), ByteRange(1, 1), SEEK),
        (FromTo(50, 60), ByteRange(50, 60), SEEK),
        (Suffix(10), ByteRange(90, 99), SEEK),
        (Suffix(100), ByteRange(0, 99), COUNTED),  # the whole, asked for from its end
        (Suffix(2), ByteRange(0, 1), PROBE),  # a clip of two bytes, asked for with two
        (FromTo(0), ByteRange(0, 1), COUNTED),  # a clip of two bytes, asked for from the beginning
        (FromTo(50), WHOLE, COUNTED),  # a source that ignores ranges: the answer begins with the first byte
        (FromTo(0, 1), WHOLE, COUNTED),  # the same: far more than a probe was sent
    ],
)
def test_the_answer_decides(requested: RequestedRange | None, sent: ByteRange | None, judged: Reason) -> None:
    assert reason(RangeSet((requested,)) if requested else None, (sent,) if sent else ()) is judged


@pytest.mark.parametrize(
    ("requested", "judged"),
    [
        ((FromTo(0, 9), FromTo(50, 59)), COUNTED),  # the first byte sent is the clip's first
        ((FromTo(50, 59), FromTo(0, 9)), SEEK),  # it is not
        ((FromTo(5, 9), FromTo(0, 4)), COUNTED),  # one part of ten bytes
        ((FromTo(0, 0), FromTo(99, 99)), PROBE),  # two bytes in all
        ((FromTo(0, 1), FromTo(0, 1)), PROBE),
        ((FromTo(0, 0), Suffix(1)), PROBE),
        ((FromTo(0, 1), Suffix(1)), COUNTED),
        ((FromTo(0, 1), FromTo(50)), COUNTED),
        (tuple(FromTo(at, at) for at in range(0, 40, 2)), COUNTED),  # too many parts, so the whole was sent
    ],
)
def test_of_several_parts_the_first_decides(requested: tuple[RequestedRange, ...], judged: Reason) -> None:
    asked = RangeSet(requested)

    assert reason(asked, asked.within(100)) is judged


@given(requested=st.none() | range_sets(), size=st.integers(1, 300))
def test_a_play_begins_with_the_first_byte_and_is_no_probe(requested: RangeSet | None, size: int) -> None:
    try:
        sent = () if requested is None else requested.within(size)
    except RangeNotSatisfiable:
        return
    first_byte_is_sent_first = not sent or sent[0].first == 0
    asked_for_two = bool(sent) and requested is not None and requested.asks_for_at_most(2)

    assert (reason(requested, sent) is COUNTED) is (first_byte_is_sent_first and not asked_for_two)


@given(requested=st.none() | range_sets(), answer=st.sampled_from(Answer), is_repeat=st.booleans())
def test_a_prefetch_is_never_a_play(requested: RangeSet | None, answer: Answer, is_repeat: bool) -> None:
    asked = Listening(requested, is_prefetch=True)

    assert play_reason(Facts(asked, answer, is_repeat=is_repeat)) not in (COUNTED, Reason.REPEAT)


@pytest.mark.parametrize(
    ("facts", "judged"),
    [
        (Facts(Listening(), is_head=True), Reason.HEAD),
        (Facts(Listening(), Answer.NOT_MODIFIED, is_head=True), Reason.HEAD),  # how it was asked, before its answer
        (Facts(Listening(), Answer.NOT_MODIFIED), Reason.NOT_MODIFIED),
        (Facts(Listening(), Answer.REFUSED), Reason.REFUSED),
        (Facts(Listening(), Answer.SOURCE_FAILED), Reason.SOURCE_FAILED),
        (Facts(Listening(is_prefetch=True), Answer.SOURCE_FAILED), Reason.SOURCE_FAILED),
        (Facts(Listening(is_prefetch=True)), Reason.PREFETCH),
        (Facts(Listening(), is_repeat=True), Reason.REPEAT),
        (Facts(Listening(), sent=(ByteRange(5, 9),), is_repeat=True), SEEK),
        (Facts(Listening(RangeSet((FromTo(0, 1),))), sent=(ByteRange(0, 1),), is_repeat=True), PROBE),
    ],
)
def test_of_several_reasons_the_first_that_holds_is_told(facts: Facts, judged: Reason) -> None:
    assert play_reason(facts) is judged


@pytest.mark.parametrize("play", [COUNTED, SEEK, Reason.REPEAT])
@pytest.mark.parametrize(
    ("enough", "judged"),
    [(Enough.NOT_YET, Reason.TOO_FEW_BYTES), (Enough.NOW, COUNTED), (Enough.BEFORE, Reason.DUPLICATE)],
)
def test_bytes_make_a_download_whichever_play_or_seek_they_came_by(
    play: Reason, enough: Enough, judged: Reason
) -> None:
    assert download_reason(play, Agent.PLAYER, enough) is judged


@pytest.mark.parametrize("play", [COUNTED, SEEK, Reason.REPEAT])
@pytest.mark.parametrize("enough", Enough)
@pytest.mark.parametrize(("agent", "judged"), [(Agent.BOT, Reason.BOT), (Agent.NONE, Reason.NO_USER_AGENT)])
def test_who_is_no_player_downloads_nothing(play: Reason, enough: Enough, agent: Agent, judged: Reason) -> None:
    assert download_reason(play, agent, enough) is judged


@pytest.mark.parametrize(
    "play",
    [Reason.HEAD, Reason.PREFETCH, Reason.PROBE, Reason.NOT_MODIFIED, Reason.REFUSED, Reason.SOURCE_FAILED],
)
@pytest.mark.parametrize("agent", Agent)
@pytest.mark.parametrize("enough", Enough)
def test_what_is_no_delivery_of_a_clip_keeps_its_reason(play: Reason, agent: Agent, enough: Enough) -> None:
    assert play in NEVER_A_DOWNLOAD
    assert download_reason(play, agent, enough) is play
