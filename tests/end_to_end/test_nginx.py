"""nginx in front, with the very lines of docs/nginx.md: what it passes on, and what it sends for the service."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientPayloadError, ClientSession, TCPConnector
from attrs import evolve, frozen

from adapters.system import new_id
from benchmarks.processes import LOOPBACK, free_port
from tests.end_to_end.clients import Client, client_of, comes_true, listening
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.processes import PATIENCE, soon
from tests.services import HOUSE, Service, clean_environment, running_service
from tests.sounds import mp3
from tests.upstream import Request, head, upstream

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
PAGE = (HOUSE / "docs" / "nginx.md").read_text()
PROXY, HANDOFF = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)
PREFIX = "/media/"
REST = "# A hand-off goes here."
SOUND = mp3(200)  # 83 kB
NAME = "Ça_va?/50%25#1+&;'~.mp3"  # without a blank, which no location has
OLD = 1_700_000_000  # a file that has rested has a strong entity tag
FUTURE = 4_000_000_000
BEHIND_NGINX = {"PLAY_SAMPLES": "false", "PLAY_TRUSTED_PROXIES": LOOPBACK}
PASSING = {"connection", "date", "keep-alive", "server", "transfer-encoding", "x-request-id"}  # each answer's own

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs Debian's nginx")

ASKED = {
    "the whole": {},
    "from the first byte on": {"range": "bytes=0-"},
    "a probe": {"range": "bytes=0-1"},
    "a part": {"range": "bytes=5000-6999"},
    "a seek": {"range": "bytes=40000-"},
    "the end": {"range": "bytes=-500"},
    "more than there is": {"range": "bytes=-99999999"},
    "beyond the end": {"range": "bytes=83399-999999"},
    "another case": {"range": "BYTES=0-99"},
    "a number beyond all sizes": {"range": "bytes=0-99999999999999999999999"},
    "a suffix beyond all sizes": {"range": "bytes=-99999999999999999999999"},
    "a range and nothing": {"range": "bytes=0-99,"},
    "nothing and a range": {"range": "bytes=,0-99"},
    "a range between blanks": {"range": "bytes=0-99 , "},
    "several": {"range": "bytes=0-9, 100-109"},
    "some that are one": {"range": "bytes=0-99, 50-199"},
    "what is not there": {"range": "bytes=99999999-"},
    "a suffix of nothing": {"range": "bytes=-0"},
    "another unit": {"range": "seconds=0-1"},
    "no range at all": {"range": "bytes=5-2"},
    "what it has": {"if-none-match": "TAG"},
    "anything new": {"if-none-match": "*"},
    "news of its date": {"if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT"},
    "what changed since long ago": {"if-modified-since": "Tue, 14 Nov 2000 22:13:20 GMT"},
    "another version": {"if-match": '"another"'},
    "this version": {"if-match": "TAG"},
    "what did not change since long ago": {"if-unmodified-since": "Tue, 14 Nov 2000 22:13:20 GMT"},
    "to go on": {"range": "bytes=5000-", "if-range": "TAG"},
    "to go on in another version": {"range": "bytes=5000-", "if-range": '"another"'},
    "to go on by date": {"range": "bytes=5000-", "if-range": "Tue, 14 Nov 2023 22:13:20 GMT"},
}


@frozen
class Answer:
    """What a listener gets, without what is each answer's own."""

    status: int
    headers: dict[str, str]
    body: bytes


@frozen
class House:
    """Two services over one media folder, and an nginx before each: ``alone`` sends files itself, ``handing`` not."""

    alone: Service
    handing: Service
    proxied: Service
    taken_over: Service
    media: Path


@contextmanager
def nginx_before(service: Service, folder: Path, media: Path | None = None) -> Iterator[Service]:
    """The service as it is reached through a real nginx, to which it hands the files of ``media`` over, if any."""
    port = free_port()
    front = PROXY.replace("127.0.0.1:8000", service.url.removeprefix("http://"))
    front = front.replace("listen 80;", f"listen {LOOPBACK}:{port};")
    front = front.replace(REST, HANDOFF.replace("/var/lib/soundverse-play/media/", f"{media}/") if media else "")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors; events {{}}\n"
        f"http {{ access_log off; {own}\n{front}}}\n"
    )
    process = subprocess.Popen(
        [str(NGINX), "-p", folder, "-e", folder / "errors", "-c", folder / "nginx.conf"], env=clean_environment()
    )
    try:
        assert soon(lambda: process.poll() is not None or (folder / "pid").exists())
        assert process.poll() is None, (folder / "errors").read_text()
        yield evolve(service, url=f"http://{LOOPBACK}:{port}")
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def house(fresh_folder: FreshFolder) -> Iterator[House]:
    data, other = fresh_folder(), fresh_folder()
    file = data / "media" / NAME
    file.parent.mkdir(parents=True)
    file.write_bytes(SOUND)
    os.utime(file, (OLD, OLD))
    (other / "media").symlink_to(data / "media")
    with (
        running_service("--memory", "--data", str(data), **BEHIND_NGINX) as alone,
        running_service("--memory", "--data", str(other), **BEHIND_NGINX, PLAY_ACCEL_REDIRECT=PREFIX) as handing,
        nginx_before(alone, fresh_folder()) as proxied,
        nginx_before(handing, fresh_folder(), data / "media") as taken_over,
    ):
        yield House(alone, handing, proxied, taken_over, data / "media")


async def answer_of(client: Client, clip: int, asked: dict[str, str], method: str = "GET") -> Answer:
    async with client.session.request(method, f"/play/{clip}/stream", headers=asked) as response:
        lines = response.headers
        told = {name.lower(): ", ".join(lines.getall(name)) for name in lines if name.lower() not in PASSING}
        body = await response.read()
    boundary = re.search("boundary=(.+)", told.get("content-type", ""))
    if boundary:  # it is another one each time
        told["content-type"] = told["content-type"].replace(boundary[1], "BOUNDARY")
        body = body.replace(boundary[1].encode(), b"BOUNDARY")
    return Answer(response.status, told, body)


async def answers(
    direct: Service, front: Service, asked: dict[str, str], method: str = "GET"
) -> tuple[Answer, Answer, list[int]]:
    """What a clip of both answers to the same request, and how often each has counted it then."""
    async with client_of(direct) as one, client_of(front) as two:
        clips = [await client.add(f"library:{NAME}") for client in (one, two)]
        tag = (await answer_of(one, clips[0], {}, "HEAD")).headers["etag"]
        sent = {name: value.replace("TAG", tag) for name, value in asked.items()}
        first, second = await answer_of(one, clips[0], sent, method), await answer_of(two, clips[1], sent, method)
        return first, second, [await one.plays(clips[0]), await two.plays(clips[1])]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
async def test_a_proxy_in_front_changes_no_answer_and_no_count(
    house: House, asked: dict[str, str], method: str
) -> None:
    direct, proxied, plays = await answers(house.alone, house.proxied, asked, method)

    assert proxied == direct
    assert plays[0] == plays[1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
async def test_handing_over_changes_no_answer_and_no_count(house: House, asked: dict[str, str], method: str) -> None:
    direct, taken_over, plays = await answers(house.alone, house.taken_over, asked, method)
    if direct.status == 206:  # which says by itself that there are ranges; nginx leaves this out of it
        taken_over.headers["accept-ranges"] = "bytes"

    assert taken_over == direct
    assert plays[0] == plays[1]


async def test_a_file_that_has_no_validator_gets_none_from_nginx(house: House) -> None:
    (house.media / "of-the-future.mp3").write_bytes(SOUND)
    os.utime(house.media / "of-the-future.mp3", (FUTURE, FUTURE))
    async with client_of(house.taken_over) as client:
        answer = await answer_of(client, await client.add("library:of-the-future.mp3"), {})

    assert answer.body == SOUND
    assert not {"etag", "last-modified"} & answer.headers.keys()


@pytest.mark.parametrize("asked", ["the whole", "from the first byte on", "a part", "the end"])
async def test_a_file_that_is_handed_over_is_sent_by_nginx_alone(house: House, asked: str) -> None:
    async with client_of(house.handing) as client:
        clip = await client.add(f"library:{NAME}")
        order = await answer_of(client, clip, ASKED[asked])

    assert order.headers["x-accel-redirect"] == PREFIX + "%C3%87a_va%3F/50%2525%231%2B%26%3B%27~.mp3"
    assert order.body == b""


async def test_an_answer_that_is_handed_over_keeps_its_name_in_the_log(house: House) -> None:
    name = new_id().hex
    async with client_of(house.taken_over) as client:
        clip = await client.add(f"library:{NAME}")
        async with client.session.get(f"/play/{clip}/stream", headers={"x-request-id": name}) as response:
            told = response.headers

    assert told["x-request-id"] == name
    assert "x-accel-redirect" not in told


async def test_nobody_hears_a_file_past_the_counter(house: House) -> None:
    async with client_of(house.taken_over) as client, client.session.get(PREFIX + quote(NAME)) as response:
        assert response.status == 404
        assert SOUND not in await response.read()


async def test_a_named_play_counts_once_through_nginx(house: House) -> None:
    async with client_of(house.taken_over) as client:
        clip = await client.add(f"library:{NAME}")
        play = new_id()
        for _ in range(3):
            async with client.session.get(f"/play/{clip}/stream?play={play}") as response:
                assert await response.read() == SOUND

        assert await client.plays(clip) == 1


async def test_a_symbolic_link_that_took_the_place_of_a_file_is_not_followed(
    house: House, fresh_folder: FreshFolder
) -> None:
    secret, swapped = fresh_folder() / "secret", fresh_folder()
    secret.write_text("nobody's to hear")
    (swapped / NAME).parent.mkdir()
    (swapped / NAME).symlink_to(secret)  # what nginx finds a moment after the service has looked
    with nginx_before(house.handing, fresh_folder(), swapped) as front:
        async with client_of(front) as client:
            answer = await answer_of(client, await client.add(f"library:{NAME}"), {})

    assert answer.status == 403
    assert secret.read_bytes() not in answer.body


async def test_a_listener_hears_what_has_come_while_the_rest_is_awaited(house: House) -> None:
    go_on = asyncio.Event()

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", content_length=len(SOUND)) + SOUND[:40_000])
        await go_on.wait()
        writer.write(SOUND[40_000:])

    async with upstream(answer) as server, client_of(house.taken_over) as client:
        go_on.set()
        clip = await client.add(server.url())
        go_on.clear()
        async with listening(house.taken_over, clip) as heard:
            assert await asyncio.wait_for(heard.reader.readexactly(40_000), PATIENCE) == SOUND[:40_000]

            go_on.set()

            assert await asyncio.wait_for(heard.reader.readexactly(len(SOUND) - 40_000), PATIENCE) == SOUND[40_000:]


@pytest.mark.parametrize("length", [{"content_length": len(SOUND)}, {"transfer_encoding": "chunked"}], ids=str)
async def test_a_clip_that_was_cut_looks_cut(house: House, length: dict[str, object]) -> None:
    framed = SOUND if "content_length" in length else b"145c8\r\n" + SOUND + b"\r\n0\r\n\r\n"
    breaks = False

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", **length) + framed[: 40_000 if breaks else None])
        await writer.drain()
        writer.close()

    async with upstream(answer) as server, client_of(house.taken_over) as client:
        clip = await client.add(server.url())
        breaks = True
        async with client.session.get(f"/play/{clip}/stream") as response:
            assert response.status == 200
            with pytest.raises(ClientPayloadError):
                await response.read()


@pytest.mark.usefixtures("amid_a_day")
async def test_behind_a_proxy_listeners_are_told_apart_by_where_they_are_and_not_by_what_they_say(house: House) -> None:
    async with client_of(house.proxied) as client:
        clip = await client.add(f"library:{NAME}")
        for place, said in [("127.0.0.2", {}), ("127.0.0.3", {}), ("127.0.0.3", {"x-forwarded-for": "192.0.2.1"})]:
            async with (
                ClientSession(house.proxied.url, connector=TCPConnector(local_addr=(place, 0))) as asking,
                asking.get(f"/play/{clip}/stream", headers={"user-agent": "Radio", **said}) as response,
            ):
                assert await response.read() == SOUND

        async def counted() -> list[int]:
            async with client.session.get(f"/play/{clip}/stats") as response:
                stats = await response.json()
                return [stats[counter] for counter in ("play_count", "completed", "downloads", "listeners")]

        async def are_counted() -> bool:
            return await counted() == [3, 3, 2, 2]

        assert await comes_true(are_counted), await counted()
