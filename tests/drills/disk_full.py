"""The disk of media and cache fills up under load, and a service starts on one that is full."""

import asyncio
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from tests.drills.listening import Load, answered
from tests.drills.report import Report, Skipped
from tests.drills.stage import SETTINGS, Cluster, Stage, cluster
from tests.services import Service, running_service
from tests.sounds import mp3, mp3_of
from tests.upstream import Upstream, serving, upstream

SIZE = 8_000_000  # bytes of each disk
REMOTE = 24  # clips of a quarter of a megabyte; half of them are first heard when the disks are full


@frozen
class Small:
    """A file system of its own, in memory."""

    folder: Path

    def fill(self) -> None:
        """Leave no byte on it."""
        with (self.folder / "filler").open("ab", buffering=0) as file:
            for piece in (64 * 1024, 1):
                try:
                    while True:
                        file.write(bytes(piece))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    @property
    def is_full(self) -> bool:
        return os.statvfs(self.folder).f_bavail == 0


@contextmanager
def small_disk(folder: Path, size: int = SIZE) -> Iterator[Small]:
    """``folder`` on a disk of so many bytes. Raises Skipped: this machine does not let us mount one."""
    options = ["-t", "tmpfs", "-o", f"size={size},mode=755"]
    try:
        mounted = subprocess.run(["mount", *options, "drill", folder], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Skipped("there is no mount on this machine") from error
    if mounted.returncode != 0:
        raise Skipped(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield Small(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


async def drill(stage: Stage, report: Report) -> None:
    folders = (stage.fresh_folder(), stage.fresh_folder())
    with small_disk(folders[0]) as one, small_disk(folders[1]) as two, cluster(stage, folders=folders) as it:
        async with upstream(serving(mp3_of(250_000))) as source:
            await filled_up(it, (one, two), source, report)
        report.must(all(replica.process.poll() is None for replica in it.replicas), "no replica ends")
    await starts_on_a_full_disk(stage, report)


async def filled_up(it: Cluster, disks: tuple[Small, Small], source: Upstream, report: Report) -> None:
    sound, remote = mp3(200), mp3_of(250_000)
    clips = [await it.add_clip(source.url(f"/{number}")) for number in range(REMOTE)]
    file = await it.add("a.mp3", sound)
    before = Load(it.gateway.url, {file: [sound]} | {clip: [remote] for clip in clips[: REMOTE // 2]}, listeners=8)
    full = Load(it.gateway.url, {file: [sound]} | {clip: [remote] for clip in clips}, listeners=8)
    async with before.held():
        await asyncio.sleep(2)
        kept = sum(len(list((disk.folder / "cache").rglob("*"))) for disk in disks)
        for disk in disks:
            disk.fill()
        asked = len(source.requests)
        async with full.held():
            await asyncio.sleep(4)
        report.must(all(disk.is_full for disk in disks), "the disks were full")
    relayed = len(source.requests) - asked
    ready = [await status_of(replica, "/readyz") for replica in it.replicas]
    report.fault = f"two disks full, {kept} files in the caches: {relayed} requests relayed"
    report.must(relayed >= REMOTE // 2, "what cannot be kept is relayed")
    report.must(ready == [200, 200], "replicas with full disks are ready")
    report.must(not before.refusals + full.refusals, "nobody is refused")
    report.must(before.cut + before.unanswered + full.cut + full.unanswered == 0, "no stream is cut")
    await report.judge(it, full, before)


async def starts_on_a_full_disk(stage: Stage, report: Report) -> None:
    folder = stage.fresh_folder()
    settings = SETTINGS | {"PLAY_SAMPLES": "true"}
    with small_disk(folder, 1_000_000) as disk:
        disk.fill()
        with running_service("--data", str(folder), DATABASE_URL=stage.fresh_database(), **settings) as service:
            report.must(await status_of(service, "/play") == 200, "a service starts on a full disk, without samples")


async def status_of(service: Service, path: str) -> int:
    async with answered(service.url, path) as answer:
        return answer.status
