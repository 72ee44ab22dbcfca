"""Validators: what tells one version of a clip's bytes from another (RFC 9110 §8.8)."""

from datetime import datetime, timedelta

from attrs import field, frozen
from attrs.validators import matches_re

SHORTEST_AGE = timedelta(seconds=1)  # at which a date of whole seconds names one version only (RFC 9110 §8.8.2.2)


@frozen
class EntityTag:
    """An entity tag (RFC 9110 §8.8.3): ``opaque`` without its quotes; a weak one names what is much the same."""

    opaque: str = field(validator=matches_re(r"[\x21\x23-\x7e\x80-\xff]*"))
    is_weak: bool = False

    def __str__(self) -> str:
        return f'{"W/" if self.is_weak else ""}"{self.opaque}"'

    def matches_strongly(self, other: "EntityTag") -> bool:
        """Whether both are of the very same bytes (RFC 9110 §8.8.3.2)."""
        return not self.is_weak and not other.is_weak and self.opaque == other.opaque

    def matches_weakly(self, other: "EntityTag") -> bool:
        return self.opaque == other.opaque


@frozen
class Validators:
    """What is known of a clip's version: an entity tag, only where it is strong, and an aware date of whole seconds."""

    entity_tag: EntityTag | None = None
    last_modified: datetime | None = None

    def tell_apart(self, at: datetime) -> bool:
        """Whether another version would surely have other validators, as seen at the moment ``at``."""
        return self.entity_tag is not None or self.is_date_strong(at)

    def is_date_strong(self, at: datetime) -> bool:
        """Whether the date is old enough not to name two versions of one second (RFC 9110 §8.8.2.2)."""
        return self.last_modified is not None and at - self.last_modified >= SHORTEST_AGE


UNKNOWN = Validators()
