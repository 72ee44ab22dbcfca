"""Rounds: deliveries in an order are written by few statements, each of which can touch what it unites only once."""

from collections.abc import Collection, Mapping, Sequence

from attrs import Factory, define, frozen

from domain.clip import ClipId
from domain.delivery import DeliveryEntry
from domain.heard import Purpose, Touch, touches

UnionKey = tuple[ClipId, bytes, Purpose]


@frozen(eq=False)
class Offer:
    """An entry that is to be written, and what it adds to; reckoned once, since many rounds may look at it."""

    entry: DeliveryEntry
    touches: Mapping[UnionKey, Touch]
    keys: Collection[UnionKey]  # of the unions that it adds to or may start from

    @classmethod
    def of(cls, entry: DeliveryEntry) -> "Offer":
        added = {touch.key: touch for touch in touches(entry)}
        if entry.known_as is None:
            return cls(entry, added, added)
        return cls(entry, added, {key for touch in added.values() for key in (touch.key, known_key(touch)) if key})


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

    offers: list[Offer] = Factory(list)
    unions: dict[UnionKey, Union] = Factory(dict)

    @property
    def entries(self) -> list[DeliveryEntry]:
        return [offer.entry for offer in self.offers]

    def takes(self, offer: Offer) -> bool:
        """Whether it can be written after the others, by the same statement."""
        for key, touch in offer.touches.items():
            union = self.unions.get(key)
            if union is not None and not follows(touch, union.touch):
                return False
            # a new union may start from the day before's, which a statement reads as it was before the statement
            if union is None and touch.known_as is not None and known_key(touch) in self.unions:
                return False
        return True

    def add(self, offer: Offer) -> None:
        self.offers.append(offer)
        for key, touch in offer.touches.items():
            if key not in self.unions:
                self.unions[key] = Union(len(self.unions) + 1, offer.entry, touch)

    def unions_for(self, *purposes: Purpose) -> list[Union | None]:
        """For each entry, the union that it adds to for one of ``purposes``, which exclude each other."""
        return [self._union_for(offer, purposes) for offer in self.offers]

    def _union_for(self, offer: Offer, purposes: Collection[Purpose]) -> Union | None:
        for key, touch in offer.touches.items():
            if touch.purpose in purposes:
                return self.unions[key]
        return None


def first_round(offers: Sequence[Offer]) -> tuple[Round, list[Offer]]:
    """What one statement can write of ``offers``, and the rest, which is to be written after it, in this order.

    Whoever shares a union with one who waits, waits too: in each union, the order stays."""
    this, rest, awaited = Round(), list[Offer](), set[UnionKey]()
    for offer in offers:
        if (not awaited or awaited.isdisjoint(offer.keys)) and this.takes(offer):
            this.add(offer)
        else:
            rest.append(offer)
            awaited.update(offer.keys)
    return this, rest


def known_key(touch: Touch) -> UnionKey | None:
    return None if touch.known_as is None else (touch.clip, touch.known_as, touch.purpose)


def follows(touch: Touch, leader: Touch) -> bool:
    """Whether ``touch`` changes nothing right after ``leader``, whatever was heard before."""
    if touch.minute != leader.minute or touch.enough != leader.enough or touch.begins > leader.begins:
        return False
    return touch.sent == leader.sent or all(
        any(whole.first <= part.first and part.last <= whole.last for whole in leader.sent) for part in touch.sent
    )
