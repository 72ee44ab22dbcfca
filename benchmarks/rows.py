"""What is compared, and what is promised of it."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from benchmarks.comparison import Comparison, Target
from benchmarks.recordings import KB_100, MB_1, Recording
from benchmarks.requests import Request, adding, audio, telling
from benchmarks.served import Served
from benchmarks.service import ADDING
from benchmarks.stage import ALL, HOT, LARGE, PAGE, REMOTE, STATS, Stage, Web, clip

OURS, KEPT, FIRST, SENDFILE, PROXY = "ours", "ours, kept", "first", "nginx sendfile", "nginx proxy_pass"
SOONER = 0.2  # of the first version's slowest answers, at most, where many ask at once


def comparisons(stage: Stage, *, quick: bool) -> Iterator[Comparison]:
    """All of it, in this order: what adds clips comes last, since lists grow by it. Quickly, only where many ask."""
    yield from (listing(stage), telling_of_one(stage), counting(stage))
    if not quick:
        yield from alone(stage)
    yield streaming(stage, "100 kB", HOT, KB_100, promised(40.0), Target(OURS, SENDFILE, 0.5))
    yield streaming(stage, "1 MB", LARGE, MB_1, promised(10.0), Target(OURS, SENDFILE, 0.8))
    if stage.web is not None:
        yield relaying(stage, stage.web)
    yield growing(stage)


def promised(ratio: float) -> Target:
    """So many times the first version, where many ask at once."""
    return Target(OURS, FIRST, ratio, SOONER)


def listing(stage: Stage) -> Comparison:
    targets = (promised(30.0), Target(OURS, stage.page.name, 0.45))
    return Comparison(f"GET /play, {ALL} clips", 64, (*both(stage, PAGE, all_clips()), stage.page), targets)


def telling_of_one(stage: Stage) -> Comparison:
    targets = (promised(25.0), Target(OURS, stage.stats.name, 0.45))
    return Comparison("GET /play/{id}/stats", 64, (*both(stage, STATS, one_clip()), stage.stats), targets)


def counting(stage: Stage) -> Comparison:
    """Plays of one hot clip, of which hardly any bytes are sent; what is PostgreSQL's limit is told."""
    subjects = (*plays(stage, HOT, audio(KB_100, 100)), stage.inserting, stage.updating)
    limits = (Target(OURS, stage.inserting.name), Target(OURS, stage.updating.name))
    return Comparison("plays of one clip", 64, subjects, (promised(35.0), *limits))


def alone(stage: Stage) -> Iterator[Comparison]:
    """A single listener."""
    four, three = (Target(OURS, FIRST, 4.0),), (Target(OURS, FIRST, 3.0),)
    yield Comparison(f"GET /play, {ALL} clips", 1, both(stage, PAGE, all_clips()), four)
    yield Comparison("GET /play/{id}/stats", 1, both(stage, STATS, one_clip()), four)
    yield Comparison("plays of one clip", 1, plays(stage, HOT, audio(KB_100, 100)), three)


def streaming(stage: Stage, size: str, number: int, recording: Recording, *targets: Target) -> Comparison:
    """Whole files, counted; nginx sends them too, and counts nothing."""
    request, (ours, first), work = audio(recording), plays(stage, number, audio(recording)), f"stream and count {size}"
    if stage.web is None:
        return Comparison(work, 64, (ours, first), targets[:1], recording.size)
    limit = stage.web.limit
    sendfile = Served(SENDFILE, f"{limit.url}/{recording.name}", request, limit.process.pid)
    return Comparison(work, 64, (ours, first, sendfile), targets, recording.size)


def relaying(stage: Stage, web: Web) -> Comparison:
    """A clip on the web, relayed each time, and kept; the first version's relay is an async one."""
    request, path, fetches = audio(KB_100), f"/play/{REMOTE}/stream", web.source.requests
    relay = web.cacheless.asked(OURS, path, request, web.cacheless.plays)
    kept = stage.ours.asked(KEPT, path, request, stage.ours.plays)
    first = stage.first.asked(FIRST, f"/play/{REMOTE}/relay", request, stage.first.plays)
    proxy = Served(PROXY, f"{web.limit.url}/relay/{KB_100.name}", request, web.limit.process.pid)
    subjects = [evolve(each, fetches=fetches) for each in (relay, first, proxy)]
    targets = (Target(OURS, FIRST, 10.0, SOONER), Target(OURS, PROXY, 0.3), Target(KEPT, OURS, 3.0))
    cached = evolve(kept, fetches=fetches, is_cached=True)
    return Comparison("relay and count 100 kB", 16, (*subjects, cached), targets, KB_100.size)


def growing(stage: Stage) -> Comparison:
    """Clips that are added; the first version takes on trust what we open and read."""
    subjects = (
        stage.ours.asked(OURS, PAGE, adding(clip(0, f"library:{KB_100.name}"), **ADDING), stage.ours.clips),
        stage.first.asked(FIRST, PAGE, adding(clip(0, KB_100.name), **ADDING), stage.first.clips),
    )
    return Comparison("POST /play", 64, subjects, (promised(5.0),))


def both(stage: Stage, path: str, request: Request) -> tuple[Served, Served]:
    """Ours and the first version, asked for what they only tell."""
    return stage.ours.asked(OURS, path, request), stage.first.asked(FIRST, path, request)


def plays(stage: Stage, number: int, request: Request) -> tuple[Served, Served]:
    """Both, asked for a clip's audio."""
    ours, first, path = stage.ours, stage.first, f"/play/{number}/stream"
    return ours.asked(OURS, path, request, ours.plays), first.asked(FIRST, path, request, first.plays)


def all_clips() -> Request:
    return telling([as_told(number) for number in range(ALL, 0, -1)])


def one_clip() -> Request:
    return telling(as_told(HOT))


def as_told(number: int) -> dict[str, Any]:
    """What both tell of a clip; where its file lies they say otherwise."""
    return {name: fact for name, fact in clip(number, "").items() if name != "audio_url"} | {"id": number}
