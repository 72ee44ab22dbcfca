"""What listeners have not taken yet, all together: by that is measured how much is read for each of them."""

from attrs import define, field

from domain.ports import LARGEST_CHUNK

SLOW_CHUNK = 64 * 1024  # bytes: what waits in memory for each listener, who may be many
MUCH = 8 * 1024 * 1024  # bytes: as long as less than this waits, nobody's chunk need be small


@define(eq=False)
class Backlog:
    """The bytes that were handed over and that some listener's connection has not taken.

    Chunks are large, which costs least, until much waits. So few listeners wait for a large chunk, and the others,
    be they ever so many, for a small one each."""

    waiting: int = field(default=0, init=False)

    @property
    def chunk(self) -> int:
        """How many bytes to read at most for a listener who has kept up so far."""
        return LARGEST_CHUNK if self.waiting < MUCH else SLOW_CHUNK
