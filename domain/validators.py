"""Validators: what tells one version of a clip's bytes from another (RFC 9110 §8.8)."""

from datetime import datetime

from attrs import field, frozen
from attrs.validators import matches_re


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
    """What tells a clip's version from any other, each only where it surely does; neither, where nothing is sure.

    ``last_modified`` is aware and of whole seconds: told only if no second version can bear the same, which for a file
    is when that second is over (RFC 9110 §8.8.2.2)."""

    entity_tag: EntityTag | None = None
    last_modified: datetime | None = None


UNKNOWN = Validators()
