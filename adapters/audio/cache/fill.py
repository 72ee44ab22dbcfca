"""What brings a clip into the cache, at its source's pace, whether anybody listens or not."""

import logging
from functools import partial

from attrs import frozen

from adapters.audio.cache.arrival import Arrival
from adapters.audio.cache.copy import Copy
from adapters.audio.cache.part_file import PartFile
from adapters.audio.cache.shelf import Shelf
from adapters.audio.in_thread import Threads
from domain.errors import AudioUnavailable, SourceFailure

log = logging.getLogger(__name__)


@frozen
class Fill:
    """One fetching of one version. It holds its copy, and owns the copy's part file and what the source opened."""

    copy: Copy
    arrival: Arrival
    part: PartFile
    shelf: Shelf
    threads: Threads

    async def run(self) -> None:
        """Fill the copy and make an entry of it. However that ends, its listeners learn of it and no part is left."""
        try:
            await self._receive()
            await self._keep()
            self._end(None)
        except AudioUnavailable as error:
            self._end(error.failure)
        except OSError as error:
            log.warning("a clip could not be kept in the cache: %s", error)
            self.arrival.end()
        finally:
            self._end(SourceFailure.INTERRUPTED)  # of what was cancelled; all else has ended by now
            self.part.remove()
            self.copy.let_go()

    async def _receive(self) -> None:
        """Raises OSError, and AudioUnavailable: from the source, or since it does not give what it promised."""
        missing = self.part.version.size
        while chunk := await self.arrival.origin.read():
            missing -= len(chunk)
            if missing < 0:
                break
            await self.threads.finished(partial(self.part.write, chunk))
            self.arrival.advance(len(chunk))
        if missing != 0:
            raise AudioUnavailable(self.part.version.location, SourceFailure.INCONSISTENT)

    async def _keep(self) -> None:
        self.copy.version, sealed = await self.threads.finished(self.part.seal)
        self.copy.identity = sealed
        self.copy.identity = await self.threads.finished(partial(self.shelf.put, self.part, sealed))
        self.copy.arrival = None

    def _end(self, failure: SourceFailure | None) -> None:
        if not self.arrival.is_over:
            self.arrival.end(failure)
            self.arrival.origin.close()
