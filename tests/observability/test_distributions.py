"""Distributions tell what Prometheus's own histogram tells, and each is told when its thing happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.pool import Database, connection_pool
from adapters.postgres.watched_database import WatchedDatabase
from domain.clip import ClipId
from domain.errors import AudioUnavailable, ClipNotFound, SourceFailure, StoreUnavailable
from observability.distribution import Distribution
from observability.event_loop import delays_told
from observability.exposition import Histogram as ToldHistogram
from observability.metrics import Metrics
from tests.entrypoints.edge import RAIN, Edge, an_edge
from tests.examples import a_play
from tests.worlds import unhurried

BOUNDS = [0.5, 1.0, 4.0]
START = "play_stream_start_duration_seconds_count"


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    made = an_edge(tmp_path)
    async with made.client:
        yield made


def told(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample of an exposition, by its name and the values of its labels in order; no time of creation."""
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples
    }


async def number_of(edge: Edge, name: str, *labels: str) -> float:
    return told((await edge.client.get("/metrics")).text)[name, labels]


@given(st.lists(st.floats(0, 10) | st.sampled_from(BOUNDS)))
def test_a_distribution_tells_what_prometheuss_own_histogram_tells(values: list[float]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    distribution = Distribution("took", "How long.", BOUNDS)
    histogram = Histogram("took", "How long.", buckets=BOUNDS, registry=theirs)
    ours.register(ToldHistogram(distribution))
    for value in values:
        distribution.note(value)
        histogram.observe(value)

    assert told(generate_latest(ours).decode()) == told(generate_latest(theirs).decode())


def test_kinds_are_told_apart_and_from_the_start() -> None:
    registry, distribution = (
        CollectorRegistry(),
        Distribution("size", "How many.", [1.0], ["of"], [("plays",), ("others",)]),
    )
    registry.register(ToldHistogram(distribution))
    distribution.note(7, ("plays",))

    found = told(generate_latest(registry).decode())
    assert found["size_bucket", ("+Inf", "plays")] == found["size_count", ("plays",)] == 1
    assert found["size_bucket", ("1.0", "plays")] == found["size_count", ("others",)] == 0
    assert found["size_sum", ("plays",)] == 7


async def test_the_start_of_a_stream_is_told_once_however_it_goes_on(edge: Edge) -> None:
    clip, begun = await edge.added(), perf_counter()
    for headers in ({}, {"range": "bytes=10-"}, {"range": "bytes=0-1, 5-6"}):
        await edge.client.get(clip["stream_url"], headers=headers)

    assert await number_of(edge, START) == 3
    assert 0 < await number_of(edge, START.replace("count", "sum")) < perf_counter() - begun


async def test_what_is_no_audio_is_no_start_of_a_stream(edge: Edge) -> None:
    clip = await edge.added()
    await edge.client.head(clip["stream_url"])
    await edge.client.get(clip["stream_url"], headers={"range": "bytes=99999-"})
    await edge.client.get("/play")
    await edge.client.get("/nowhere/stream")
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, SourceFailure.ABSENT)
    await edge.client.get(clip["stream_url"])

    assert await number_of(edge, START) == 0


async def test_a_stream_starts_late_where_its_source_is_slow(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, opened = await edge.added(), edge.sounds.open

    async def open_slowly(*asked: object) -> object:
        await asyncio.sleep(0.06)
        return await opened(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(type(edge.sounds), "open", lambda _self, *asked: open_slowly(*asked))
    await edge.client.get(clip["stream_url"], params={"play": str(uuid4())})

    assert await number_of(edge, START.replace("count", "bucket"), "0.05") == 0
    assert await number_of(edge, START) == 1


async def test_a_callback_that_blocks_the_event_loop_is_told() -> None:
    delays: list[float] = []
    async with delays_told(delays.append), asyncio.timeout(30):
        while min(delays, default=1.0) >= 0.1:  # a busy machine is told of too
            await asyncio.sleep(0.01)
        delays.clear()
        time.sleep(0.4)  # what must never be done
        while not delays:
            await asyncio.sleep(0.01)

    assert delays[0] > 0.2


async def test_nobody_watches_the_event_loop_once_the_service_has_ended() -> None:
    async with delays_told(lambda _: None):
        assert len(asyncio.all_tasks()) == 2
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == 1


async def test_deliveries_are_told_with_what_writing_them_down_took(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.delivery_queue.SECONDS_TO_GATHER", 3_600)
    clip = await edge.added()
    for _ in range(3):
        await edge.client.get(clip["stream_url"])
    waiting = await number_of(edge, "play_deliveries_waiting")
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: time.monotonic() + 3_600)
    await edge.container.delivery_queue().settled()

    assert waiting == 3
    assert await number_of(edge, "play_deliveries_waiting") == 0
    assert await number_of(edge, "play_ledger_batch_size_sum", "deliveries") == 3
    assert await number_of(edge, "play_ledger_flush_duration_seconds_count", "deliveries") == 1


@pytest.fixture
def no_hurry() -> Iterator[None]:
    with unhurried():
        yield


@pytest.mark.usefixtures("no_hurry")
async def test_plays_that_share_a_commit_are_told_together(postgres_url: str) -> None:
    flushes: list[tuple[int, float]] = []
    begun = perf_counter()
    async with connection_pool(postgres_url, 1) as pool:
        ledger = PostgresLedger(Database(pool), lambda count, seconds: flushes.append((count, seconds)))
        plays = [a_play(of=ClipId(2**40)) for _ in range(5)]
        answers = await asyncio.gather(*map(ledger.record, plays), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ClipNotFound] * 5  # of no clip, and asked all the same
    assert [count for count, _ in flushes] == [5]
    assert 0 < flushes[0][1] < perf_counter() - begun


@pytest.mark.usefixtures("no_hurry")
async def test_a_statement_that_is_not_answered_is_told(postgres_url: str) -> None:
    metrics, pool = Metrics(), connection_pool(postgres_url, 1)
    database = WatchedDatabase(pool, metrics.store_failed)
    async with pool:
        await database.check()
        before = told(metrics.exposition("")[0].decode())["play_store_failures_total", ()]
    with pytest.raises(StoreUnavailable):
        await database.check()

    assert before == 0
    assert told(metrics.exposition("")[0].decode())["play_store_failures_total", ()] == 1
