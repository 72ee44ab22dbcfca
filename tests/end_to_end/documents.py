"""Runs the commands that a document shows, in order, as a reader would, and looks whether they say what it shows.

A command stands in a ``console`` block behind ``$ ``, goes on behind ``> ``, after a backslash and while a
here-document is open, and is followed by what it prints: moments are any, and … is anything. ``soundverse-play``
without a command goes on in a terminal of its own until ``^C``. ``KEY=…`` stands for the key that the service printed.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from time import monotonic, sleep
from typing import Any

from attrs import define, field, frozen

from benchmarks.processes import free_port
from tests.end_to_end.processes import PATIENCE
from tests.services import HOUSE, clean_environment, end, read_announcement

ADDRESS = "127.0.0.1:8000"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HERE_DOCUMENT = re.compile(r"<<'(\w+)'")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
SERVES = re.compile(r"([A-Z_]+=\S+ )*soundverse-play( --.*)?")
ASKS_ONLY = re.compile(r"curl (?!.* (-X|-d|-F|-T|-o|-H 'Range))")  # it may be asked again: some numbers take a moment


@frozen
class Step:
    """A command, and what the document shows of its answer."""

    command: str
    shown: str

    @property
    def serves(self) -> bool:
        return SERVES.fullmatch(self.command) is not None


def blocks(document: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(document.read_text()) if found == language]


def steps(document: Path) -> list[Step]:
    return [step for block in blocks(document, "console") for step in steps_of(block.splitlines())]


def steps_of(lines: list[str]) -> Iterator[Step]:
    while lines:
        command = [lines.pop(0).removeprefix("$ ")]
        while command[-1].endswith("\\") or not is_closed(command) or (lines and lines[0].startswith("> ")):
            command.append(lines.pop(0).removeprefix("> "))
        shown: list[str] = []
        while lines and not lines[0].startswith(("$ ", "^C")):
            shown.append(lines.pop(0))
        yield Step("\n".join(command), "\n".join(shown).strip())


def is_closed(command: list[str]) -> bool:
    """Whether the here-document that the first line opens, if any, has ended."""
    opened = HERE_DOCUMENT.search(command[0])
    return opened is None or command[-1] == opened[1]


def pattern(shown: str) -> "re.Pattern[str]":
    """What is shown, where moments are any and … is anything."""
    literal = re.escape(MOMENT.sub("MOMENT", shown)).replace("MOMENT", MOMENT.pattern)
    return re.compile(literal.replace("…", ".*"), re.DOTALL)


@define
class Reader:
    """Somebody who follows a document in ``folder``, a folder that was empty. What is exported stays so."""

    folder: Path
    environment: dict[str, str]
    port: int = field(factory=free_port)
    key: str = field(default="", init=False)
    service: "subprocess.Popen[str] | None" = field(default=None, init=False)

    def follow(self, step: Step) -> None:
        if step.command == "^C":
            self.end_service()
        elif step.serves:
            self.start_service(step)
        else:
            self.ask(step)

    def ask(self, step: Step) -> None:
        deadline = monotonic() + PATIENCE
        expected = pattern(self.mine(step.shown))
        while True:
            ended = subprocess.run(self.shell(step.command), stderr=PIPE, timeout=120, check=False, **self.terminal)
            said = ended.stdout.strip()
            if expected.fullmatch(said) or monotonic() > deadline or not ASKS_ONLY.match(step.command):
                break
            sleep(0.2)

        assert ended.returncode == 0, (step.command, said, ended.stderr)
        assert expected.fullmatch(said), f"{step.command}\n{said}\ninstead of\n{step.shown}"

    def start_service(self, step: Step) -> None:
        assert self.service is None, f"{step.command}: one runs already"
        command = self.shell(f"exec env {step.command}")
        with (self.folder / ".log").open("w") as log:
            self.service = subprocess.Popen(command, stderr=log, start_new_session=True, **self.terminal)
        announced = read_announcement(self.service)

        assert "Write key" in announced, (announced, (self.folder / ".log").read_text())
        assert pattern(self.mine(step.shown)).fullmatch(announced.strip()), announced
        self.key = announced.rsplit(maxsplit=1)[-1]

    def end_service(self) -> None:
        assert self.service is not None
        service, self.service = self.service, None

        assert end(service, signal.SIGINT) == 0

    def mine(self, text: str) -> str:
        """The text as it is for this reader."""
        return text.replace(ADDRESS, f"127.0.0.1:{self.port}").replace("KEY=…", f"KEY={self.key}")

    def shell(self, command: str) -> list[str]:
        """A shell that knows what was exported before, and keeps what is exported now."""
        keep = "[ ! -f .exports ] || . ./.exports; trap 'export -p >.exports' EXIT\n"
        return ["bash", "-c", keep + self.mine(command)]

    @property
    def terminal(self) -> dict[str, Any]:
        return {
            "cwd": self.folder,
            "env": self.environment | {"PORT": str(self.port)},
            "stdin": DEVNULL,
            "stdout": PIPE,
            "text": True,
        }


def environment(**more: str) -> dict[str, str]:
    """What a reader's shell has after the installation: our commands, and nothing that sets the service."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return clean_environment() | {"PATH": path} | more


@contextmanager
def reader(folder: Path, **variables: str) -> Iterator[Reader]:
    """A reader in a clone of the house, whose service, if it still runs, is ended with the block."""
    for entry in HOUSE.iterdir():
        if not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    reading = Reader(folder, environment(**variables))
    try:
        yield reading
    finally:
        if reading.service is not None:
            end(reading.service)
