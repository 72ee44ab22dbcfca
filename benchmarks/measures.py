"""What has no rate: how long something takes, and how much memory it needs."""

from statistics import median

from attrs import field, frozen
from attrs.validators import min_len


@frozen
class Measure:
    """``ours`` in each turn and ``beside`` what, both in ``unit``: at most ``most`` times as much. Without ``beside``,
    ours itself is at most ``most``."""

    what: str
    unit: str
    ours: tuple[float, ...] = field(validator=min_len(1))
    most: float
    beside: tuple[float, ...] = ()

    @property
    def ratios(self) -> tuple[float, ...]:
        """Turn by turn; empty where there is nothing beside."""
        return tuple(one / two for one, two in zip(self.ours, self.beside, strict=True)) if self.beside else ()

    @property
    def is_met(self) -> bool:
        return median(self.ratios or self.ours) <= self.most
