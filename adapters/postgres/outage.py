"""What is known of a database that is silent, so that not everybody has to find it out in his own time."""

from asyncio import get_running_loop
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from attrs import define, field

from domain.errors import StoreUnavailable

SECONDS_BETWEEN_TRIES = 0.5


class UnansweredError(Exception):
    """The database said nothing for as long as one waits for it; ``str(error)`` is the reason to tell."""


@define(eq=False)
class Outage:
    """Begins when the database leaves somebody unanswered, and ends with the first answer to anybody.

    Meanwhile one after another tries it; whoever comes beside or right after him is refused at once."""

    _reason: str | None = field(default=None, init=False)
    _is_tried: bool = field(default=False, init=False)
    _next_try: float = field(default=0.0, init=False)  # on the loop's clock

    def watched(self) -> AbstractContextManager[None]:
        """Ask in the block. Raises StoreUnavailable: it was not entered, or nothing was answered."""
        return self if self._reason is None else self._tried()

    @contextmanager
    def _tried(self) -> Iterator[None]:
        if self._is_tried or get_running_loop().time() < self._next_try:
            raise StoreUnavailable(self._reason or "")
        self._is_tried = True
        try:
            with self:
                yield
        finally:
            self._is_tried = False

    def __enter__(self) -> None:
        """Begin to ask. All who ask while the database answers are in here at once."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        """Note how it went. Raises StoreUnavailable: nothing was answered."""
        if error is None:
            self._reason = None
        elif isinstance(error, UnansweredError):
            self._reason = str(error)
            self._next_try = get_running_loop().time() + SECONDS_BETWEEN_TRIES
            raise StoreUnavailable(str(error)) from error
