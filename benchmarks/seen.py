"""What the load has seen."""

from collections.abc import Sequence

from attrs import frozen


class Unsound(Exception):
    """What was measured is not what was meant to be measured; the text says why."""


@frozen
class Load:
    """What was seen of a turn: answers that came whole, per second, and how long one took (seconds).

    ``dropped`` is how many more requests may have been made, at most, whose answers nobody waited for."""

    answers: int
    per_second: float
    median: float
    p99: float
    dropped: int = 0


def seen(taken: Sequence[float], lasted: float) -> Load:
    """What was seen, by the seconds that each answer took, in whatever order. Raises Unsound: there was none."""
    if not taken:
        raise Unsound(f"nothing was answered in {lasted:.1f} s")
    ordered, count = sorted(taken), len(taken)
    return Load(count, count / lasted, ordered[count // 2], ordered[count * 99 // 100])
