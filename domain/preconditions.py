"""Preconditions of a request (RFC 9110 §13): whether it is meant for the version that there is now."""

from datetime import datetime

from attrs import frozen

from domain.errors import NotModified, PreconditionFailed
from domain.validators import EntityTag, Validators


@frozen
class EntityTags:
    """The tags of If-Match or If-None-Match; ``is_any`` for ``*``, which is every version there is."""

    tags: tuple[EntityTag, ...] = ()
    is_any: bool = False

    def name_strongly(self, current: EntityTag | None) -> bool:
        return self.is_any or (current is not None and any(tag.matches_strongly(current) for tag in self.tags))

    def name_weakly(self, current: EntityTag | None) -> bool:
        return self.is_any or (current is not None and any(tag.matches_weakly(current) for tag in self.tags))


@frozen(kw_only=True)
class Preconditions:
    """What a request says of the version it is meant for, by header field; None where it says nothing."""

    if_match: EntityTags | None = None
    if_unmodified_since: datetime | None = None
    if_none_match: EntityTags | None = None
    if_modified_since: datetime | None = None
    if_range: EntityTag | datetime | None = None

    def check(self, current: Validators) -> None:
        """Judge all but If-Range, in the order of RFC 9110 §13.2.2, for GET and HEAD.

        Raises PreconditionFailed, NotModified."""
        if self._is_for_another(current):
            raise PreconditionFailed
        if self._has_it_already(current):
            raise NotModified(current)

    def let_range_apply(self, current: Validators) -> bool:
        """Whether a part may be sent: there is no If-Range, or it names the version of now (RFC 9110 §13.1.5)."""
        match self.if_range:
            case None:
                return True
            case EntityTag() as tag:
                return current.entity_tag is not None and tag.matches_strongly(current.entity_tag)
            case date:
                return current.last_modified == date  # the very date: it is told only where it is strong

    def _is_for_another(self, current: Validators) -> bool:
        if self.if_match is not None:
            return not self.if_match.name_strongly(current.entity_tag)
        if self.if_unmodified_since is None or current.last_modified is None:
            return False
        return current.last_modified > self.if_unmodified_since

    def _has_it_already(self, current: Validators) -> bool:
        if self.if_none_match is not None:
            return self.if_none_match.name_weakly(current.entity_tag)
        if self.if_modified_since is None or current.last_modified is None:
            return False
        return current.last_modified <= self.if_modified_since


NONE = Preconditions()
