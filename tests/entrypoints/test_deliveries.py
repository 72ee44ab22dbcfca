"""Each request to stream leaves a line in the ledger that says what was delivered, and why it was counted or not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import Ending
from domain.errors import AudioUnavailable, SourceFailure
from domain.statistics import Explained
from entrypoints.settings import Settings
from tests.entrypoints.edge import RAIN, WAV, Edge, FromNoon, an_edge

SIZE = len(WAV)
ALL = (ByteRange(0, SIZE - 1),)
AGENT = {"user-agent": "Radio/1.0"}


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """The service with no clips yet, on one day: each has keys of its own."""
    made = an_edge(tmp_path, clock=FromNoon())
    async with made.client:
        yield made


async def written(edge: Edge, clip: dict[str, Any]) -> list[Explained]:
    """The lines of a clip, the first one first."""
    await edge.container.delivery_queue().settled()
    return list(reversed(await edge.container.statistics().explained(ClipId(clip["id"]), 100)))


@pytest.mark.parametrize(
    ("method", "headers", "line"),
    [
        ("GET", {}, ("counted", "counted", "sent", ALL)),
        ("GET", {"range": "bytes=0-"}, ("counted", "counted", "sent", ALL)),
        ("GET", {"range": "bytes=0-99"}, ("counted", "too_few_bytes", "sent", (ByteRange(0, 99),))),
        ("GET", {"range": "bytes=0-1"}, ("probe", "probe", "sent", (ByteRange(0, 1),))),
        ("GET", {"range": "bytes=5-9"}, ("seek", "too_few_bytes", "sent", (ByteRange(5, 9),))),
        ("GET", {"range": "bytes=7-8, 0-1"}, ("seek", "too_few_bytes", "sent", (ByteRange(0, 1), ByteRange(7, 8)))),
        ("GET", {"sec-purpose": "prefetch"}, ("prefetch", "prefetch", "sent", ALL)),
        ("GET", {"if-none-match": "*"}, ("not_modified", "not_modified", "no_audio", ())),
        ("GET", {"if-match": '"another"'}, ("refused", "refused", "no_audio", ())),
        ("GET", {"range": "bytes=9999999-"}, ("refused", "refused", "no_audio", ())),
        ("GET", {"user-agent": ""}, ("counted", "no_user_agent", "sent", ALL)),
        ("GET", {"user-agent": "Googlebot/2.1"}, ("counted", "bot", "sent", ALL)),
        ("HEAD", {}, ("head", "head", "no_audio", ())),
    ],
)
async def test_what_became_of_a_request(
    edge: Edge, method: str, headers: dict[str, str], line: tuple[str, str, str, tuple[ByteRange, ...]]
) -> None:
    clip = await edge.added()
    await edge.client.request(method, clip["stream_url"], headers=AGENT | headers)
    [found] = await written(edge, clip)

    assert (found.play, found.download, found.ending, found.sent) == line


async def test_a_source_that_fails_leaves_a_line_too(edge: Edge) -> None:
    clip = await edge.added()
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, SourceFailure.UNREACHABLE)
    await edge.client.get(clip["stream_url"], headers=AGENT)
    [line] = await written(edge, clip)

    assert (line.play, line.download, line.sent) == (Reason.SOURCE_FAILED, Reason.SOURCE_FAILED, ())


async def test_a_playback_that_comes_again_is_a_repeat_and_its_bytes_are_taken_together(edge: Edge) -> None:
    clip = await edge.added()
    address = f"{clip['stream_url']}?play={uuid4()}"
    for part in ("bytes=0-99", "bytes=0-999", f"bytes=100-{SIZE - 1}", "bytes=1000-"):
        await edge.client.get(address, headers=AGENT | {"range": part})
    lines = await written(edge, clip)

    assert [line.play for line in lines] == [Reason.COUNTED, Reason.REPEAT, Reason.SEEK, Reason.SEEK]
    assert [line.download for line in lines] == [
        Reason.TOO_FEW_BYTES,
        Reason.TOO_FEW_BYTES,
        Reason.COUNTED,
        Reason.DUPLICATE,
    ]
    assert [line.completes for line in lines] == [False, False, True, False]
    assert len({(line.playback, line.listener) for line in lines}) == 1


async def test_the_same_listener_is_one_and_another_device_is_another(edge: Edge) -> None:
    clip = await edge.added()
    for agent in ("Radio/1.0", "Radio/1.0", "Radio/2.0"):
        await edge.client.get(clip["stream_url"], headers={"user-agent": agent})
    await written(edge, clip)
    counts = (await edge.container.statistics().counts(ClipId(clip["id"]))).counts

    assert (counts.play_count, counts.downloads, counts.listeners, counts.completed) == (3, 2, 2, 3)


async def test_what_an_nginx_sends_is_taken_for_delivered(tmp_path: Path) -> None:
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, accel_redirect="/media/"))
    async with edge.client:
        clip = await edge.added()
        await edge.client.get(clip["stream_url"], headers=AGENT)
        await edge.client.get(clip["stream_url"], headers=AGENT | {"range": "bytes=5-9"})
        whole, part = await written(edge, clip)

    assert (whole.ending, whole.sent, whole.completes) == (Ending.HANDED_OFF, ALL, True)
    assert (part.ending, part.sent) == (Ending.HANDED_OFF, (ByteRange(5, 9),))


async def test_no_line_tells_where_a_listener_is_or_what_with(edge: Edge) -> None:
    clip = await edge.added()
    await edge.asked("GET", clip["stream_url"], headers=[(b"user-agent", b"Radio/1.0")])
    [line] = await written(edge, clip)

    assert len(line.listener) == 16
    assert "203.0.113.7" not in repr(line)
    assert "Radio" not in repr(line)


async def test_metrics_count_the_reasons(edge: Edge) -> None:
    clip = await edge.added()
    for part in ("bytes=0-", "bytes=0-1", "bytes=5-"):
        await edge.client.get(clip["stream_url"], headers=AGENT | {"range": part})
    await written(edge, clip)
    lines = (await edge.client.get("/metrics")).text.splitlines()

    assert {line for line in lines if line.startswith(("play_stream_decisions_total", "play_download_decisions"))} == {
        'play_stream_decisions_total{play_reason="counted"} 1.0',
        'play_stream_decisions_total{play_reason="probe"} 1.0',
        'play_stream_decisions_total{play_reason="seek"} 1.0',
        'play_download_decisions_total{play_reason="counted"} 1.0',
        'play_download_decisions_total{play_reason="probe"} 1.0',
        'play_download_decisions_total{play_reason="duplicate"} 1.0',
    }
