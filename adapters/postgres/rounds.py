"""Rounds: deliveries in an order are written by few statements, each of which can touch what it unites only once."""

from collections.abc import Iterator, Sequence

from attrs import Factory, define, frozen

from domain.clip import ClipId
from domain.delivery import DeliveryEntry
from domain.heard import Purpose, Touch, touches

UnionKey = tuple[ClipId, bytes, Purpose]


@frozen
class Union:
    """What one statement adds to what was heard under one key: the first ``touch``, which ``leader`` brings.

    ``place`` numbers the unions of a round from 1 on."""

    place: int
    leader: DeliveryEntry
    touch: Touch


@define
class Round:
    """Entries that one statement writes as if one came after the other. In each union one leads and the rest follow.

    A follower changes nothing after its leader, so that it only needs to know what the leader made of the union."""

    entries: list[DeliveryEntry] = Factory(list)
    unions: dict[UnionKey, Union] = Factory(dict)

    def takes(self, entry: DeliveryEntry) -> bool:
        """Whether ``entry`` can be written after the others, by the same statement."""
        return all(self._leads_or_follows(touch) for touch in touches(entry))

    def add(self, entry: DeliveryEntry) -> None:
        self.entries.append(entry)
        for touch in touches(entry):
            self.unions.setdefault(touch.key, Union(len(self.unions) + 1, entry, touch))

    def union(self, entry: DeliveryEntry, *purposes: Purpose) -> Union | None:
        """The union that ``entry`` adds to for one of ``purposes``, which exclude each other."""
        keys = (touch.key for touch in touches(entry) if touch.purpose in purposes)
        return next((self.unions[key] for key in keys), None)

    def _leads_or_follows(self, touch: Touch) -> bool:
        if touch.key in self.unions:
            return follows(touch, self.unions[touch.key].touch)
        # a new union may start from the day before's, which a statement reads as it was before the statement
        return known_key(touch) not in self.unions


def first_round(entries: Sequence[DeliveryEntry]) -> tuple[Round, list[DeliveryEntry]]:
    """What one statement can write of ``entries``, and the rest, which is to be written after it, in this order.

    Whoever shares a union with one who waits, waits too: in each union, the order stays."""
    this, rest, awaited = Round(), list[DeliveryEntry](), set[UnionKey]()
    for entry in entries:
        if awaited.isdisjoint(keys(entry)) and this.takes(entry):
            this.add(entry)
        else:
            rest.append(entry)
            awaited.update(keys(entry))
    return this, rest


def keys(entry: DeliveryEntry) -> Iterator[UnionKey]:
    """The unions that ``entry`` adds to or may start from."""
    for touch in touches(entry):
        yield touch.key
        if (known := known_key(touch)) is not None:
            yield known


def known_key(touch: Touch) -> UnionKey | None:
    return None if touch.known_as is None else (touch.clip, touch.known_as, touch.purpose)


def follows(touch: Touch, leader: Touch) -> bool:
    """Whether ``touch`` changes nothing right after ``leader``, whatever was heard before."""
    is_alike = (touch.minute, touch.enough) == (leader.minute, leader.enough) and touch.begins <= leader.begins
    return is_alike and all(
        any(whole.first <= part.first and part.last <= whole.last for whole in leader.sent) for part in touch.sent
    )
