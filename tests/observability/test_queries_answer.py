"""Every query of a dashboard or a rule is answered by a real Prometheus that watches a real service under load.

The service has listeners of every kind, and then its database is taken away, so that also what should never happen has
happened. A query that no number answers is one that its panel or alert would wait for in vain."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
import yaml
from aiohttp import ClientSession

from adapters.postgres.embedded import embedded_postgres
from tests.end_to_end.clients import client_of
from tests.examples import a_wav
from tests.observability.prometheus_server import OBSERVABILITY, Prometheus, prometheus_over
from tests.observability.promql import selectors
from tests.observability.test_grafana import DASHBOARDS, expressions
from tests.services import Service, running_service
from tests.upstream import serving, upstream

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs Debian's prometheus")

KEY = "a key of our own"
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SOUND = a_wav(seconds=4)
SECONDS_OF_LOAD = 5.0
ROUNDS = 5  # at most: on a busy machine Prometheus may miss the first
PANELS = {
    f"{name}: {panel['title']} {target['refId']}": expression
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if "targets" in panel
    for target, expression in zip(panel["targets"], expressions(panel), strict=True)
}
OF_LISTENERS = [expression for expression in PANELS.values() if "503" not in expression]  # told before it is away


def rules(file: str, kind: str) -> dict[str, str]:
    """The expressions of a file's rules, by their names."""
    groups = yaml.safe_load((OBSERVABILITY / file).read_text())["groups"]
    return {rule[kind]: rule["expr"] for group in groups for rule in group["rules"]}


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    """Prometheus after all has happened."""
    folder = Path(tempfile.mkdtemp(prefix="play-queries-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        with ExitStack() as database:
            url = database.enter_context(embedded_postgres(folder / "postgres", settings=QUICK))
            data = str(folder / "data")
            service = stack.enter_context(running_service("--data", data, DATABASE_URL=url, PLAY_WRITE_KEYS=KEY))
            watching = stack.enter_context(prometheus_over(service.url.removeprefix("http://"), folder))
            for _ in range(ROUNDS):
                asyncio.run(under_load(service, folder / "data" / "media"))
                if all(watching.soon_answers(expression, within=2) for expression in OF_LISTENERS):
                    break
        asyncio.run(without_database(service))
        assert watching.soon_answers('play_store_failures_total{job="soundverse-play"}', least=3)
        yield watching


async def under_load(service: Service, media: Path) -> None:
    """Listeners of every kind, eight at a time."""
    (media / "gone.wav").write_bytes(SOUND)
    async with client_of(service) as client, upstream(serving(SOUND, "audio/wav")) as source:
        clips = [await client.add(source.url()), await client.add("library:gone.wav"), 1]
        (media / "gone.wav").unlink()
        until = monotonic() + SECONDS_OF_LOAD
        await asyncio.gather(*(listen(client.session, clips, until) for _ in range(8)))


async def listen(session: ClientSession, clips: list[int], until: float) -> None:
    """Ask for all that is asked for in a day, again and again."""
    while monotonic() < until:
        for clip in clips:
            playback = str(uuid4())
            for address, headers in (
                (f"/play/{clip}/stream", {}),
                (f"/play/{clip}/stream?play={playback}", {}),
                (f"/play/{clip}/stream?play={playback}", {}),
                (f"/play/{clip}/stream", {"range": "bytes=50-"}),
                (f"/play/{clip}/stream", {"range": "bytes=0-1"}),
                (f"/play/{clip}/stream", {"user-agent": "Googlebot/2.1"}),
                (f"/play/{clip}/stats", {}),
                ("/play?limit=20", {}),
                ("/play/987654321", {}),
            ):
                async with session.get(address, headers=headers) as answer:
                    await answer.read()
            async with session.head(f"/play/{clip}/stream"):
                pass
        await asyncio.sleep(0.02)


async def without_database(service: Service) -> None:
    """What listeners and apps get meanwhile."""
    async with client_of(service) as client:
        for address in ("/play/1/stream", "/play", "/play/1/stats") * 3:
            async with client.session.get(address) as answer:
                assert answer.status == 503


@pytest.mark.parametrize("expression", PANELS.values(), ids=PANELS)
def test_a_panel_shows_something(prometheus: Prometheus, expression: str) -> None:
    assert prometheus.soon_answers(expression)


@pytest.mark.parametrize("expression", rules("rules.yml", "record").values(), ids=rules("rules.yml", "record"))
def test_a_recording_is_of_something(prometheus: Prometheus, expression: str) -> None:
    assert prometheus.soon_answers(expression)


@pytest.mark.parametrize("expression", rules("alerts.yml", "alert").values(), ids=rules("alerts.yml", "alert"))
def test_all_that_an_alert_looks_at_is_there(prometheus: Prometheus, expression: str) -> None:
    """The alert itself may be quiet; what it compares must be there to be compared."""
    assert [selector for selector in selectors(expression) if not prometheus.soon_answers(selector)] == []


def test_a_query_for_what_is_not_there_is_found(prometheus: Prometheus) -> None:
    assert prometheus.answers('play_streams_active{job="another"}') == []
    assert prometheus.answers('0 / (0 * play_streams_active{job="soundverse-play"})') == []
    assert prometheus.answers('up{job="soundverse-play"}')
