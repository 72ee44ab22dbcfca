"""How fast bytes are served, beside nginx: ``python -m benchmarks.bytes [--quick] [--checkout FOLDER]``.

Library clips, streamed and counted, beside nginx that sends the same files and counts nothing; a remote clip, relayed
and counted, beside nginx as a proxy before the same source. All of it in one run on one machine: the load takes a core
of its own, each subject one process, and PostgreSQL and the source whatever is left. One clip, so one row, takes all
plays of a turn, which is the hardest a ledger can have it.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from attrs import evolve, field, frozen

from benchmarks.comparison import Comparison, Target
from benchmarks.load import Unsound
from benchmarks.nginx import Nginx, nginx
from benchmarks.processes import end_by_signals, temporary_folder
from benchmarks.recordings import KB_100, MB_1, MB_5, Recording, Request
from benchmarks.report import as_json, machine, markdown, write_json
from benchmarks.served import Served
from benchmarks.service import HERE, Service, knows, library_url, service

COUNTED, IN_MEMORY, SENDFILE = "service", "service --memory", "nginx sendfile"
RELAYED, CACHED, PROXY = "service, cache off", "service, cache hit", "nginx proxy_pass"
CACHE = "PLAY_CACHE_SIZE"


@frozen
class Servers:
    """Everything that is compared, running. ``cacheless`` relays each time; it is ``durable`` where no cache exists."""

    source: Nginx
    limit: Nginx
    durable: Service
    memory: Service
    cacheless: Service
    ids: dict[tuple[Service, str], int] = field(factory=dict)

    @property
    def has_cache(self) -> bool:
        return self.cacheless is not self.durable

    def kept(self, name: str, server: Service, recording: Recording) -> Served:
        """The service as a subject that has the recording in its library."""
        return self._counting(name, server, recording, library_url(recording))

    def fetched(self, name: str, server: Service, recording: Recording, *, is_cached: bool = False) -> Served:
        """The service as a subject that has the recording from the source."""
        subject = self._counting(name, server, recording, f"{self.source.url}/{recording.name}")
        return evolve(subject, fetches=self.source.requests, is_cached=is_cached)

    def _counting(self, name: str, server: Service, recording: Recording, audio_url: str) -> Served:
        clip = self.ids.get((server, audio_url)) or server.add(audio_url)
        self.ids[server, audio_url] = clip
        url, pid = server.stream_url(clip), server.process.pid
        return Served(name, (url,), Request(recording), pid, lambda: server.plays(clip))

    def limiting(self, name: str, recording: Recording, path: str = "") -> Served:
        """nginx as a subject, which counts nothing."""
        url = f"{self.limit.url}/{path}{recording.name}"
        return Served(name, (url,), Request(recording), self.limit.process.pid)


def serving(stack: ExitStack, folder: Path, checkout: Path) -> Servers:
    """Start everything; ``stack`` ends it."""
    files = folder / "files"
    files.mkdir()
    for recording in (KB_100, MB_1, MB_5):
        recording.write_to(files)
    library = [files / KB_100.name, files / MB_1.name]
    source = stack.enter_context(nginx(folder / "source", files))
    limit = stack.enter_context(nginx(folder / "limit", files, source))
    durable = stack.enter_context(service(folder / "durable", library, checkout=checkout))
    memory = stack.enter_context(service(folder / "memory", library, "--memory", checkout=checkout))
    cacheless = durable
    if knows(CACHE, checkout):
        cacheless = stack.enter_context(service(folder / "cacheless", library, checkout=checkout, **{CACHE: "0"}))
    return Servers(source, limit, durable, memory, cacheless)


def counted(servers: Servers, recording: Recording, connections: int, *targets: Target) -> Comparison:
    """Streaming and counting a library clip, beside sending the file."""
    subjects = (
        servers.kept(COUNTED, servers.durable, recording),
        servers.kept(IN_MEMORY, servers.memory, recording),
        servers.limiting(SENDFILE, recording),
    )
    return Comparison(f"{written(recording)} file at {connections}", connections, subjects, targets, recording.size)


def relayed(servers: Servers, recording: Recording, connections: int, *targets: Target) -> Comparison:
    """Streaming and counting a remote clip, with the cache and without, beside a proxy."""
    cached = [servers.fetched(CACHED, servers.durable, recording, is_cached=True)] if servers.has_cache else []
    proxy = evolve(servers.limiting(PROXY, recording, "relay/"), fetches=servers.source.requests)
    subjects = (servers.fetched(RELAYED, servers.cacheless, recording), *cached, proxy)
    return Comparison(f"{written(recording)} remote at {connections}", connections, subjects, targets, recording.size)


def comparisons(servers: Servers, *, quick: bool) -> Iterator[Comparison]:
    """All work that is compared; quickly, only what something is promised of."""
    hit = Target(CACHED, RELAYED, 3.0)
    yield counted(servers, KB_100, 64, Target(COUNTED, SENDFILE, 0.5))
    yield counted(servers, MB_1, 64, Target(COUNTED, SENDFILE, 0.8))
    if not quick:
        yield counted(servers, KB_100, 1)
        yield counted(servers, MB_1, 1)
    yield relayed(servers, KB_100, 16, Target(RELAYED, PROXY, 0.3), hit)
    yield relayed(servers, MB_5, 4, Target(RELAYED, PROXY, 1.0))


def written(recording: Recording) -> str:
    """The recording's size in words."""
    return f"{recording.size // 1_000} kB" if recording.size < 1_000_000 else f"{recording.size // 1_000_000} MB"


def arguments() -> Namespace:
    parser = ArgumentParser(description="Compare how fast bytes are served.")
    parser.add_argument("--quick", action="store_true", help="in a minute: fewer and shorter turns, only the targets")
    parser.add_argument("--checkout", type=Path, default=HERE, help="where the service is that is measured")
    return parser.parse_args()


def measured(checkout: Path, *, quick: bool) -> list[Comparison]:
    """Start everything, prove it, measure it, end it. Raises Unsound."""
    rounds, seconds = (3, 1) if quick else (5, 2)
    with temporary_folder() as folder, ExitStack() as stack:
        found = list(comparisons(serving(stack, folder, checkout), quick=quick))
        for comparison in found:
            print(f"{comparison.work}: {rounds} rounds of {seconds} s", file=sys.stderr, flush=True)
            comparison.prove()
            for _ in range(rounds):
                comparison.round(seconds)
    return found


def main() -> None:
    chosen = arguments()
    end_by_signals()
    where = machine()
    try:
        found = measured(chosen.checkout.resolve(), quick=chosen.quick)
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    print(markdown(found, where))
    print(f"\nJSON: {write_json('bytes', as_json(found, where)).relative_to(HERE)}")


if __name__ == "__main__":
    main()
