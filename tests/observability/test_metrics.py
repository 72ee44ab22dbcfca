"""What `/metrics` tells is what happened: exact names, bounded labels, seconds, and each service its own."""

from collections.abc import AsyncIterator
from contextlib import nullcontext as nothing
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import CacheOutcome
from domain.validators import UNKNOWN
from observability.instruments import DURATIONS
from observability.metrics import Metrics
from tests.entrypoints.edge import RAIN, WAV, WRITING, Edge, an_edge
from tests.observability.promql import EXPORTED

Labels = frozenset[tuple[str, str]]
OF_THE_DATABASE = {name for name in EXPORTED if name.startswith("db_")}  # in memory there is no pool


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    made = an_edge(tmp_path)
    async with made.client:
        yield made


async def families(edge: Edge) -> list[Metric]:
    answer = await edge.client.get("/metrics")
    assert answer.status_code == 200
    return list(text_string_to_metric_families(answer.text))


async def values(edge: Edge, name: str) -> dict[Labels, float]:
    """What is exported under ``name``, by labels."""
    samples = [sample for family in await families(edge) for sample in family.samples if sample.name == name]
    return {frozenset(sample.labels.items()): sample.value for sample in samples}


async def value(edge: Edge, name: str) -> float:
    """The one value of ``name``."""
    [only] = (await values(edge, name)).values()
    return only


async def answered(edge: Edge) -> dict[tuple[str, str, str], float]:
    """How many requests were answered, by method, route and status."""
    found = await values(edge, "http_server_request_duration_seconds_count")
    order = ("http_request_method", "http_route", "http_response_status_code")
    return {tuple(dict(labels)[name] for name in order): count for labels, count in found.items()}  # type: ignore[misc]


async def test_a_service_exports_every_known_metric_and_no_other(edge: Edge) -> None:
    clip = await edge.added()
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, SourceFailure.ABSENT)
    await edge.client.get(clip["stream_url"])
    edge.container.metrics().cache_asked(CacheOutcome.HIT)
    await edge.container.delivery_queue().settled()

    found = {sample.name: set(sample.labels) for family in await families(edge) for sample in family.samples}

    assert found.keys() == EXPORTED.keys() - OF_THE_DATABASE
    assert found == {name: set(EXPORTED[name]) for name in found}


def test_the_databases_connections_are_told_by_their_state() -> None:
    pool = {"pool_size": 5, "pool_available": 2, "pool_max": 10, "requests_waiting": 7}

    text, _ = Metrics(lambda: pool).exposition("")

    lines = text.decode().splitlines()
    assert 'db_client_connection_count{db_client_connection_state="used"} 3.0' in lines
    assert 'db_client_connection_count{db_client_connection_state="idle"} 2.0' in lines
    assert "db_client_connection_max 10.0" in lines
    assert "db_client_connection_pending_requests 7.0" in lines


def test_a_pool_that_has_nothing_to_tell_yet_is_at_nought() -> None:
    text, _ = Metrics(dict).exposition("")

    assert "db_client_connection_pending_requests 0.0" in text.decode().splitlines()


async def test_durations_are_told_in_seconds(edge: Edge) -> None:
    begun = perf_counter()
    await edge.client.get("/play")

    buckets = await values(edge, "http_server_request_duration_seconds_bucket")
    bounds = {float(dict(labels)["le"]) for labels in buckets}
    assert bounds == {*DURATIONS, float("inf")}
    assert (min(DURATIONS), max(DURATIONS)) == (0.001, 300.0)
    totals = (await values(edge, "http_server_request_duration_seconds_sum")).values()
    assert 0 < min(totals) <= max(totals) < perf_counter() - begun


async def test_a_request_is_told_by_method_route_and_status(edge: Edge) -> None:
    clip = await edge.added()
    await edge.client.get(clip["stream_url"], headers={"range": "bytes=5-"})
    await edge.client.get("/api/v1/play/7/")
    await edge.client.delete(f"/play/{clip['id']}", headers=WRITING)

    assert await answered(edge) == {
        ("POST", "/play", "201"): 1,
        ("GET", "/play/{id}/stream", "206"): 1,
        ("GET", "/play/{id}", "404"): 1,
        ("DELETE", "/play/{id}", "204"): 1,
    }


async def test_no_client_can_add_to_the_labels(edge: Edge) -> None:
    for method in ("FOO", "get", "TRACE", "X" * 1_000, "", "é"):
        await edge.asked(method, "/play")
    for path in ("/nowhere", "/play/1/2/3", "/wp-login.php", "/" + "x" * 1_000, "/\0"):
        await edge.asked("GET", path)

    assert await answered(edge) == {("_OTHER", "/play", "405"): 6, ("GET", "", "404"): 5}
    methods = {dict(labels)["http_request_method"] for labels in await values(edge, "http_server_active_requests")}
    assert methods == {"_OTHER", "GET"}


async def test_a_request_is_active_until_it_is_answered(edge: Edge) -> None:
    await edge.client.get("/play")

    assert await values(edge, "http_server_active_requests") == {frozenset({("http_request_method", "GET")}): 1}


async def test_plays_are_told_apart_from_repeated_ones(edge: Edge) -> None:
    clip = await edge.added()
    for _ in range(3):
        await edge.client.get(clip["stream_url"], params={"play": str(uuid4())})
    playback = str(uuid4())
    for _ in range(3):
        await edge.client.get(clip["stream_url"], params={"play": playback})
    await edge.client.get(clip["stream_url"], headers={"range": "bytes=5-"})
    await edge.client.head(clip["stream_url"])

    assert await value(edge, "play_plays_recorded_total") == 4
    assert await value(edge, "play_plays_repeated_total") == 2


async def test_exactly_the_bytes_of_audio_that_were_sent_are_told(edge: Edge) -> None:
    clip = await edge.added()
    await edge.client.get(clip["stream_url"])
    await edge.client.get(clip["stream_url"], headers={"range": "bytes=10-19"})
    await edge.client.head(clip["stream_url"])
    await edge.client.get(clip["stream_url"], headers={"range": "bytes=99999-"})
    await edge.client.get("/play")

    assert await value(edge, "play_streams_sent_bytes_total") == len(WAV) + 10


class Curious:
    """Audio that asks, while it is being read, how many streams there are."""

    size, range, media_type, validators, can_reopen = None, None, "audio/wav", UNKNOWN, False

    def __init__(self, source: "CuriousSource") -> None:
        self.source = source

    async def reopen(self, requested: object) -> "Curious":
        raise AudioUnavailable(RAIN, SourceFailure.CHANGED)

    async def read(self, at_most: int = 0) -> bytes:
        self.source.seen.append(await value(self.source.edge, "play_streams_active"))
        if len(self.source.seen) == 3 and self.source.breaks:
            raise self.source.breaks
        return b"x" if len(self.source.seen) % 3 else b""

    def close(self) -> None:
        self.source.closed += 1


class CuriousSource:
    """A source of `Curious` audio, which ends or breaks with its third piece."""

    edge: Edge

    def __init__(self, breaks: Exception | None = None) -> None:
        self.breaks = breaks
        self.seen: list[float] = []
        self.closed = 0

    async def open(self, location: object, requested: object = None) -> Curious:
        return Curious(self)


@pytest.mark.parametrize("breaks", [None, AudioUnavailable(RAIN, SourceFailure.INTERRUPTED), RuntimeError("a defect")])
async def test_a_stream_is_active_while_it_lasts_however_it_ends(
    edge: Edge, tmp_path: Path, breaks: Exception | None
) -> None:
    clip, store, source = await edge.added(), edge.container.catalogue(), CuriousSource(breaks)
    curious = source.edge = an_edge(tmp_path, sounds=source, catalogue=store, ledger=store)

    async with curious.client:
        with pytest.raises(ExceptionGroup) if isinstance(breaks, RuntimeError) else nothing():
            await curious.asked("GET", clip["stream_url"])

        assert source.seen == [1, 1, 1]
        assert source.closed == 1
        assert await value(curious, "play_streams_active") == 0
        assert await value(curious, "play_streams_sent_bytes_total") == 2


@pytest.mark.parametrize("outcome", CacheOutcome)
async def test_what_the_cache_did_is_told_by_its_outcome(edge: Edge, outcome: CacheOutcome) -> None:
    for _ in range(2):
        edge.container.metrics().cache_asked(outcome)

    assert await values(edge, "play_cache_requests_total") == {frozenset({("play_cache_outcome", str(outcome))}): 2}


async def test_a_source_that_was_resumed_is_told(edge: Edge) -> None:
    edge.container.metrics().source_resumed()

    assert await value(edge, "play_source_resumptions_total") == 1


@pytest.mark.parametrize("failure", SourceFailure)
async def test_a_source_that_fails_is_told_by_its_kind(edge: Edge, failure: SourceFailure) -> None:
    clip = await edge.added()
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, failure)
    for _ in range(2):
        await edge.client.get(clip["stream_url"])

    assert await values(edge, "play_source_failures_total") == {frozenset({("error_type", str(failure))}): 2}


async def test_a_source_that_breaks_off_is_told_too(edge: Edge, tmp_path: Path) -> None:
    clip, store = await edge.added(), edge.container.catalogue()
    source = CuriousSource(AudioUnavailable(RAIN, SourceFailure.INTERRUPTED))
    broken = source.edge = an_edge(tmp_path, sounds=source, catalogue=store, ledger=store)
    async with broken.client:
        await broken.asked("GET", clip["stream_url"])

        assert await values(broken, "play_source_failures_total") == {frozenset({("error_type", "interrupted")}): 1}


async def test_two_services_in_one_process_count_for_themselves(edge: Edge, tmp_path: Path) -> None:
    other = an_edge(tmp_path)
    clip = await edge.added()
    await edge.client.get(clip["stream_url"])

    async with other.client:
        assert await value(other, "play_plays_recorded_total") == 0
        assert await answered(other) == {("GET", "/metrics", "200"): 1}
    assert await value(edge, "play_plays_recorded_total") == 1
