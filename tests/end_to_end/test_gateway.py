"""deploy/gateway/nginx.conf before two replicas over one database: who gets which request, and that all is counted.

Where Docker's DNS would name the replicas, this names their ports: Debian's nginx knows no ``resolve``."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import ClientSession, TCPConnector
from attrs import frozen

from benchmarks.processes import LOOPBACK, free_port
from tests.end_to_end.clients import Client, client_of, comes_true, listening
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.followers import following, is_soon
from tests.end_to_end.processes import PATIENCE, soon
from tests.services import HOUSE, Service, clean_environment, running_service
from tests.sounds import mp3
from tests.upstream import Request, head, upstream

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
CONFIG = (HOUSE / "deploy" / "gateway" / "nginx.conf").read_text()
MEDIA = "/var/lib/soundverse-play/media/"
SOUND = mp3(200)  # 83 kB
TRIED_AGAIN = 2.0  # seconds after which the gateway asks a replica again that did not answer
PROBLEM = "application/problem+json"
REPLICA = {
    "PLAY_ACCEL_REDIRECT": "/media/",
    "PLAY_SAMPLES": "false",
    "PLAY_TRUSTED_PROXIES": LOOPBACK,
    "PLAY_WRITE_KEYS": "a-key",
}

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs Debian's nginx")


@frozen
class Cluster:
    """Two replicas, the gateway before them, and their media."""

    replicas: tuple[Service, Service]
    gateway: Service
    media: Path


def changed(text: str, replaced: dict[str, str]) -> str:
    """The configuration with these lines, each of which stands there once, replaced."""
    for old, new in replaced.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def gateway_before(replicas: tuple[Service, ...], media: Path, folder: Path, **other: str) -> Iterator[Service]:
    """The gateway in a process of its own, before these replicas, with ``other`` directives' values."""
    port = free_port()
    servers = "".join(
        f"server {replica.url.removeprefix('http://')} max_fails=1 fail_timeout=2s;" for replica in replicas
    )
    values = [line.split(";")[0].strip() for line in CONFIG.splitlines()]
    replaced = {
        "pid /tmp/nginx.pid;": f"pid {folder}/pid; master_process off;",
        "error_log stderr crit;": f"error_log {folder}/errors;",
        "server play:8000 resolve max_fails=1 fail_timeout=2s;": servers,
        "listen 8080;": f"listen {LOOPBACK}:{port};",
        f"alias {MEDIA};": f"alias {media}/;",
        f"from={MEDIA};": f"from={media}/;",
        "server_tokens off;": "server_tokens off;"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    }
    for name, value in other.items():
        [line] = [line for line in values if line.startswith(f"{name} ")]
        replaced[f"{line};"] = f"{name} {value};"
    (folder / "nginx.conf").write_text(changed(CONFIG, replaced))
    process = subprocess.Popen(
        [str(NGINX), "-p", folder, "-e", folder / "errors", "-c", folder / "nginx.conf"], env=clean_environment()
    )
    try:
        assert soon(lambda: process.poll() is not None or (folder / "pid").exists())
        assert process.poll() is None, (folder / "errors").read_text()
        yield Service(f"http://{LOOPBACK}:{port}", "a-key", replicas[0].process, "")
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def cluster_of_two(database: str, fresh_folder: FreshFolder) -> Iterator[Cluster]:
    data, other = fresh_folder(), fresh_folder()
    (data / "media").mkdir()
    (data / "media" / "a.mp3").write_bytes(SOUND)
    (other / "media").symlink_to(data / "media")
    with (
        running_service("--data", str(data), DATABASE_URL=database, **REPLICA) as one,
        running_service("--data", str(other), DATABASE_URL=database, **REPLICA) as two,
        gateway_before((one, two), data / "media", fresh_folder()) as gateway,
    ):
        yield Cluster((one, two), gateway, data / "media")


@pytest.fixture(scope="module")
def cluster(fresh_database: Callable[[], str], fresh_folder: FreshFolder) -> Iterator[Cluster]:
    """Two replicas and a gateway that all tests share but those that kill."""
    with cluster_of_two(fresh_database(), fresh_folder) as cluster:
        yield cluster


async def streamed(client: Client, clip: int, **headers: str) -> bytes:
    async with client.session.get(f"/play/{clip}/stream", headers=headers) as response:
        assert response.status in (200, 206)
        assert "x-accel-redirect" not in response.headers
        return await response.read()


async def plays_at(service: Service, clip: int) -> int:
    async with client_of(service) as client:
        return await client.plays(clip)


async def judged_by(service: Service) -> float:
    """How many requests to stream this replica has judged."""
    async with client_of(service) as client:
        return await client.metric("play_stream_decisions_total")


async def test_play_counts_come_through_the_gateway_as_they_change(cluster: Cluster) -> None:
    async with client_of(cluster.gateway) as client:
        clip = await client.add("library:a.mp3")
        async with following(cluster.gateway) as source:
            for plays in (1, 2):
                await streamed(client, clip)

                assert await is_soon(lambda: source.counts.get(clip) == plays)  # noqa: B023  # asked at once


async def test_streams_are_shared_out_and_each_is_counted_once_for_all(cluster: Cluster) -> None:
    before = [await judged_by(replica) for replica in cluster.replicas]
    async with client_of(cluster.gateway) as client:
        clip = await client.add("library:a.mp3")
        heard, shares = list[bytes](), [0.0, 0.0]

        async def are_shared_out() -> bool:  # of some at once, one that is held up gets hardly any
            heard.extend(await asyncio.gather(*(streamed(client, clip) for _ in range(40))))
            shares[:] = [await judged_by(each) - was for each, was in zip(cluster.replicas, before, strict=True)]
            return min(shares) >= 5

        assert await comes_true(are_shared_out), shares

    assert set(heard) == {SOUND}
    assert sum(shares) == len(heard)
    assert [await plays_at(replica, clip) for replica in cluster.replicas] == [len(heard)] * 2


async def test_ranges_pass_and_what_no_play_is_stays_none(cluster: Cluster) -> None:
    async with client_of(cluster.gateway) as client:
        clip = await client.add("library:a.mp3")

        assert await streamed(client, clip, range="bytes=0-1") == SOUND[:2]
        assert await streamed(client, clip, range="bytes=40000-") == SOUND[40_000:]
        assert await streamed(client, clip, range="bytes=-500") == SOUND[-500:]
        assert await client.plays(clip) == 0
        assert await streamed(client, clip, range="bytes=0-") == SOUND
        assert await client.plays(clip) == 1


async def test_library_files_are_sent_by_the_gateway(cluster: Cluster) -> None:
    async with client_of(cluster.replicas[0]) as replica:
        clip = await replica.add("library:a.mp3")
        async with replica.session.get(f"/play/{clip}/stream") as order:
            assert order.headers["x-accel-redirect"] == "/media/a.mp3"
            assert await order.read() == b""
    async with client_of(cluster.gateway) as client:
        assert await streamed(client, clip) == SOUND


async def test_uploads_pass_as_they_come_and_are_heard_from_every_replica(cluster: Cluster) -> None:
    large = mp3(8_000)  # 3 MB
    headers = {"x-api-key": "a-key", "content-type": "audio/mpeg"}
    async with client_of(cluster.gateway) as client:
        clip = await client.add("library:a.mp3")
        async with client.session.put(f"/play/{clip}/audio", data=BytesIO(large), headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        for _ in range(4):
            assert await streamed(client, clip) == large
        async with client.session.delete(f"/play/{clip}", headers=headers) as answer:
            assert answer.status == 204
    assert list((cluster.media / "uploads").iterdir()) == []


async def test_an_upload_that_is_too_large_is_refused_in_the_services_words(cluster: Cluster) -> None:
    async with client_of(cluster.gateway) as client:
        clip = await client.add("library:a.mp3")
        headers = {"x-api-key": "a-key", "content-type": "audio/mpeg", "content-length": str(2**40)}
        reader, writer = await asyncio.open_connection(LOOPBACK, int(cluster.gateway.url.rsplit(":", 1)[1]))
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"PUT /play/{clip}/audio HTTP/1.1\r\nHost: play\r\n{fields}\r\n".encode() + SOUND)
        answer = await reader.readuntil(b"}")
        writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"The audio has more than 209715200 bytes." in answer


async def test_nobody_hears_a_file_past_the_counter(cluster: Cluster) -> None:
    async with client_of(cluster.gateway) as client, client.session.get("/media/a.mp3") as response:
        assert (response.status, response.content_type) == (404, PROBLEM)


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/", "/%6detrics", "//metrics", "/play/../metrics", "/metrics?a=b"]
)
async def test_metrics_are_not_for_who_comes_through_the_gateway(cluster: Cluster, path: str) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, int(cluster.gateway.url.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: play\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"http_server" not in answer


@pytest.mark.usefixtures("amid_a_day")
async def test_listeners_are_told_apart_by_where_they_are_and_not_by_what_they_say(cluster: Cluster) -> None:
    async with client_of(cluster.gateway) as client:
        clip = await client.add("library:a.mp3")
        for place, said in [("127.0.0.2", "192.0.2.1"), ("127.0.0.2", "192.0.2.2"), ("127.0.0.3", "192.0.2.1")]:
            async with (
                ClientSession(cluster.gateway.url, connector=TCPConnector(local_addr=(place, 0))) as asking,
                asking.get(
                    f"/play/{clip}/stream", headers={"user-agent": "Radio", "x-forwarded-for": said}
                ) as response,
            ):
                assert await response.read() == SOUND

        async def are_two() -> bool:
            async with client.session.get(f"/play/{clip}/stats") as response:
                stats = await response.json()
            return (stats["play_count"], stats["listeners"]) == (3, 2)

        assert await comes_true(are_two)


async def test_a_listener_hears_what_has_come_while_the_rest_is_awaited(cluster: Cluster) -> None:
    go_on = asyncio.Event()

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", content_length=len(SOUND)) + SOUND[:40_000])
        await go_on.wait()
        writer.write(SOUND[40_000:])

    async with upstream(answer) as server, client_of(cluster.gateway) as client:
        go_on.set()
        clip = await client.add(server.url())
        go_on.clear()
        async with listening(cluster.gateway, clip) as heard:
            assert await asyncio.wait_for(heard.reader.readexactly(40_000), PATIENCE) == SOUND[:40_000]

            go_on.set()

            assert await asyncio.wait_for(heard.reader.readexactly(len(SOUND) - 40_000), PATIENCE) == SOUND[40_000:]


@pytest.mark.parametrize(
    ("method", "path", "size", "whose"),
    [
        ("POST", "/play", 70_000, "65536"),
        ("POST", "/play", 1_100_000, "65536"),
        ("PATCH", "/play/1", 1_100_000, "megabyte"),
    ],
)
async def test_a_body_that_is_too_large_is_refused_in_words(
    cluster: Cluster, method: str, path: str, size: int, whose: str
) -> None:
    headers = {"x-api-key": "a-key", "content-type": "application/json"}
    async with (
        client_of(cluster.gateway) as client,
        client.session.request(method, path, data=BytesIO(b" " * size), headers=headers) as response,
    ):
        assert (response.status, response.content_type) == (413, PROBLEM)
        assert whose in (await response.json(content_type=None))["detail"]


async def test_one_address_cannot_take_every_connection(cluster: Cluster, fresh_folder: FreshFolder) -> None:
    go_on = asyncio.Event()

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", content_length=len(SOUND)) + SOUND[:40_000])
        await go_on.wait()
        writer.write(SOUND[40_000:])

    with gateway_before(cluster.replicas, cluster.media, fresh_folder(), limit_conn="listeners 2") as gateway:
        async with upstream(answer) as server, client_of(gateway) as client:
            go_on.set()
            clip = await client.add(server.url())
            go_on.clear()
            async with listening(gateway, clip), listening(gateway, clip), client.session.get("/play") as refused:
                assert (refused.status, refused.content_type) == (429, PROBLEM)
                assert refused.headers["retry-after"] == "5"
            go_on.set()


async def test_a_head_that_does_not_end_is_cut(cluster: Cluster, fresh_folder: FreshFolder) -> None:
    with gateway_before(cluster.replicas, cluster.media, fresh_folder(), client_header_timeout="1s") as gateway:
        reader, writer = await asyncio.open_connection(LOOPBACK, int(gateway.url.rsplit(":", 1)[1]))
        writer.write(b"GET /play HTTP/1.1\r\nHost: play\r\n")

        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()


async def test_a_replica_that_dies_is_missed_by_no_reader_and_no_play_is_counted_twice(
    fresh_database: Callable[[], str], fresh_folder: FreshFolder
) -> None:
    with cluster_of_two(fresh_database(), fresh_folder) as cluster:
        async with client_of(cluster.gateway) as client:
            clip = await client.add("library:a.mp3")
            killed = monotonic()
            os.kill(cluster.replicas[0].process.pid, signal.SIGKILL)
            seen: Counter[int] = Counter()
            for _ in range(20):
                async with client.session.get("/play") as page:
                    assert page.status == 200
                async with client.session.get(f"/play/{clip}/stream") as response:
                    seen[response.status] += 1
                    await response.read()

            assert seen.keys() <= {200, 503}
            assert seen[503] <= 2 + (monotonic() - killed) // TRIED_AGAIN
            assert await client.plays(clip) == seen[200]


async def test_without_any_replica_it_says_when_to_come_back(cluster: Cluster, fresh_folder: FreshFolder) -> None:
    gone = Service(f"http://{LOOPBACK}:{free_port()}", "", cluster.replicas[0].process, "")
    with gateway_before((gone,), cluster.media, fresh_folder()) as gateway:
        async with client_of(gateway) as client, client.session.get("/play/1/stream") as response:
            assert (response.status, response.content_type) == (503, PROBLEM)
            assert response.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    ("path", "asked"), [("/play/1/stream", 1), ("/api/v1/play/1/stream/?play=x", 1), ("/play/1", 2)]
)
async def test_a_replica_that_may_have_counted_a_play_is_the_only_one_asked(
    cluster: Cluster, fresh_folder: FreshFolder, path: str, asked: int
) -> None:
    seen: list[Request] = []

    async def break_off(request: Request, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        writer.close()

    async with upstream(break_off) as one, upstream(break_off) as two:
        replicas = tuple(Service(server.url("").rstrip("/"), "", cluster.gateway.process, "") for server in (one, two))
        with gateway_before(replicas, cluster.media, fresh_folder()) as gateway:
            async with client_of(gateway) as client, client.session.get(path) as response:
                assert response.status == 503

    assert len(seen) == asked
