"""Rounds: deliveries in an order are written by few statements, each of which can touch what it unites only once."""

from collections.abc import Sequence

from attrs import Factory, define, frozen

from domain.clip import ClipId
from domain.delivery import DeliveryEntry
from domain.heard import Purpose, Touch, touches

UnionKey = tuple[ClipId, bytes, Purpose]


@frozen
class Offer:
    """An entry that is to be written, and what it adds to; reckoned once, since many rounds may look at it."""

    entry: DeliveryEntry
    touches: tuple[Touch, ...]
    keys: frozenset[UnionKey]  # of the unions that it adds to or may start from

    @classmethod
    def of(cls, entry: DeliveryEntry) -> "Offer":
        added = tuple(touches(entry))
        return cls(entry, added, frozenset(key for touch in added for key in (touch.key, known_key(touch)) if key))


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
        return all(self._leads_or_follows(touch) for touch in offer.touches)

    def add(self, offer: Offer) -> None:
        self.offers.append(offer)
        for touch in offer.touches:
            self.unions.setdefault(touch.key, Union(len(self.unions) + 1, offer.entry, touch))

    def unions_for(self, *purposes: Purpose) -> list[Union | None]:
        """For each entry, the union that it adds to for one of ``purposes``, which exclude each other."""
        found = (
            next((touch.key for touch in offer.touches if touch.purpose in purposes), None) for offer in self.offers
        )
        return [None if key is None else self.unions[key] for key in found]

    def _leads_or_follows(self, touch: Touch) -> bool:
        if touch.key in self.unions:
            return follows(touch, self.unions[touch.key].touch)
        # a new union may start from the day before's, which a statement reads as it was before the statement
        return known_key(touch) not in self.unions


def first_round(offers: Sequence[Offer]) -> tuple[Round, list[Offer]]:
    """What one statement can write of ``offers``, and the rest, which is to be written after it, in this order.

    Whoever shares a union with one who waits, waits too: in each union, the order stays."""
    this, rest, awaited = Round(), list[Offer](), set[UnionKey]()
    for offer in offers:
        if awaited.isdisjoint(offer.keys) and this.takes(offer):
            this.add(offer)
        else:
            rest.append(offer)
            awaited.update(offer.keys)
    return this, rest


def known_key(touch: Touch) -> UnionKey | None:
    return None if touch.known_as is None else (touch.clip, touch.known_as, touch.purpose)


def follows(touch: Touch, leader: Touch) -> bool:
    """Whether ``touch`` changes nothing right after ``leader``, whatever was heard before."""
    is_alike = (touch.minute, touch.enough) == (leader.minute, leader.enough) and touch.begins <= leader.begins
    return is_alike and all(
        any(whole.first <= part.first and part.last <= whole.last for whole in leader.sent) for part in touch.sent
    )
