"""Whom PostgreSQL runs as, which is never root, and how its programs are started so that they end with us."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import IO

from attrs import frozen

NOBODY = 65534
TETHER = Path(__file__).with_name("tether.py")
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}  # without PGDATA, PGPORT, PGOPTIONS, which would be obeyed


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be had; ``str(error)`` is what to show to whoever wanted to start it."""


@frozen
class Account:
    """A user and group of the system."""

    uid: int
    gid: int

    def start(self, program: Path, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start ``program`` out of reach of the terminal's Ctrl-C; it writes to ``log`` and ends with this thread."""
        return subprocess.Popen(
            self._tethered(program, arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",  # ours may be a folder that this account may not enter
            env=ENVIRONMENT,
            start_new_session=True,
        )

    def run(self, program: Path, *arguments: str, standard_input: str = "") -> None:
        """Run ``program`` to its end. Raises EmbeddedPostgresError: it failed, and these were its last words."""
        done = subprocess.run(
            self._tethered(program, arguments),
            input=standard_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            check=False,
        )
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"{program.name} failed: {last_lines(done.stdout)}")

    def _tethered(self, program: Path, arguments: tuple[str, ...]) -> list[str]:
        identity = [str(os.getpid()), str(self.uid), str(self.gid)]
        return [sys.executable, "-I", "-S", str(TETHER), *identity, str(program), *arguments]

    def may_enter(self, folder: Path) -> bool:
        """Whether the permissions of ``folder`` itself let this account pass; its parents are another question."""
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == self.gid else stat.S_IXOTH))

    def take(self, folder: Path) -> None:
        """Make ``folder``, if need be, and make it this account's alone.

        Raises EmbeddedPostgresError: it is somebody else's, who could read what passes through it."""
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            owner = os.fstat(descriptor).st_uid
            if owner not in (os.geteuid(), self.uid):
                raise EmbeddedPostgresError(f"{folder} belongs to another user ({owner}); remove it and start again.")
            os.fchmod(descriptor, 0o700)
            if owner != self.uid:
                os.fchown(descriptor, self.uid, self.gid)
        finally:
            os.close(descriptor)


def account_for(database: Path) -> Account:
    """Ourselves; for root, whoever owns the cluster ``database``, and before there is one, nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    owner = database.stat() if database.exists() else None
    return Account(owner.st_uid, owner.st_gid) if owner and owner.st_uid != 0 else Account(NOBODY, NOBODY)


def last_lines(text: str, count: int = 6) -> str:
    """The end of what a program said."""
    return "\n".join(text.strip().splitlines()[-count:]) or "it said nothing"
