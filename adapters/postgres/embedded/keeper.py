"""Keeps a PostgreSQL running: one that ends though nobody asked is started again."""

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from subprocess import Popen
from threading import Event, Thread
from time import monotonic

from attrs import Factory, define, field

from adapters.postgres.embedded.account import EmbeddedPostgresError
from adapters.postgres.embedded.ending import end
from adapters.postgres.embedded.server import Server

PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before it is started again, and again
LONGEST_PAUSE = 30.0
LONG_ENOUGH = 60.0  # seconds that one must have run for the next to be started at once


@define(eq=False)
class Keeper:
    """A running PostgreSQL, from `start` to `end`. ``tell`` is told, in another thread, what went wrong between them.

    It never gives up, since a full disk may be made room on; but the pauses grow."""

    server: Server
    tell: Callable[[str], None]
    _is_ending: Event = Factory(Event)
    _process: "Popen[bytes] | None" = field(default=None, init=False)
    # A thread of its own: on Linux, PostgreSQL ends with the thread that started it.
    _thread: Thread = field(init=False)

    @_thread.default
    def _unstarted(self) -> Thread:
        return Thread(target=self._keep, name="embedded PostgreSQL", daemon=True)

    def start(self) -> None:
        """Raises EmbeddedPostgresError, OSError: it does not run, and is not kept."""
        self._process = self.server.start(self._is_wanted)
        self._thread.start()

    def end(self) -> None:
        """End it, or the starting of it, at whichever moment that was interrupted."""
        self._is_ending.set()
        self._end_process()
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        pauses, began = growing(), monotonic()
        while (code := self._ended()) is not None and self._is_wanted():
            self.tell(f"it ended by itself (code {code}) and is started again")
            if monotonic() - began > LONG_ENOUGH:
                pauses = growing()
            self._start_again(pauses)
            began = monotonic()
        self._end_process()

    def _start_again(self, pauses: Iterator[float]) -> None:
        for pause in pauses:
            if self._is_ending.wait(pause):
                return
            try:
                self._process = self.server.start_again(self._is_wanted)
            except (EmbeddedPostgresError, OSError) as error:
                self.tell(str(error))
            else:
                return

    def _ended(self) -> int | None:
        """Wait for its end; its exit code."""
        return None if self._process is None else self._process.wait()

    def _end_process(self) -> None:
        if (process := self._process) is not None:
            end(process.send_signal, lambda: process.poll() is not None)

    def _is_wanted(self) -> bool:
        return not self._is_ending.is_set()


def growing() -> Iterator[float]:
    return chain(PAUSES, repeat(LONGEST_PAUSE))
