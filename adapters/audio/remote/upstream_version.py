"""Which version of a clip an upstream answers with: what we keep of its validators, and what of them is shown."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from attrs import field, frozen

from adapters.audio.remote.http_answer import Fields, field_value
from domain.http_date import http_date, parsed_http_date
from domain.validators import UNKNOWN, EntityTag, Validators

# RFC 9110 §8.8.3, of text in which aiohttp has made one or more characters of each byte from 0x80 on.
ENTITY_TAG = re.compile(r'(?:W/)?"[^\x00-\x20"\x7f]*"')
STRONG_AGE = timedelta(seconds=60)  # more than the second that RFC 9110 §8.8.2.2 asks for: clocks within a farm differ


@frozen
class UpstreamVersion:
    """An upstream's own validators. They stay between it and us: a listener is shown `validators_at` the location."""

    entity_tag: str | None = None  # as it was written, quotes and weakness included
    last_modified: datetime | None = None
    is_date_strong: bool = field(default=False, repr=False)

    @property
    def has_strong_tag(self) -> bool:
        return self.entity_tag is not None and not self.entity_tag.startswith("W/")

    @property
    def tells_apart(self) -> bool:
        """Whether another version would surely be told from this one."""
        return self.has_strong_tag or self.is_date_strong

    @property
    def if_range(self) -> str | None:
        """What an If-Range may say of this version (RFC 9110 §13.1.5): no date beside a tag, not even a weak one.

        None too for a tag beyond ASCII, which could not be written as it was. Then the answer alone must prove it."""
        if self.entity_tag is not None:
            return self.entity_tag if self.has_strong_tag and self.entity_tag.isascii() else None
        return http_date(self.last_modified) if self.last_modified and self.is_date_strong else None

    def is_that_of(self, other: "UpstreamVersion", *, is_vouched_for: bool) -> bool:
        """Whether ``other`` is this version. An upstream that vouched for it need not have said so once more."""
        if self.has_strong_tag:
            return other.entity_tag == self.entity_tag or (is_vouched_for and other.entity_tag is None)
        if None not in (self.entity_tag, other.entity_tag) and self.entity_tag != other.entity_tag:
            return False
        is_same_date = other.last_modified == self.last_modified or (is_vouched_for and other.last_modified is None)
        return self.is_date_strong and is_same_date

    def validators_at(self, location: str) -> Validators:
        """What a listener is told: a tag that is made of both tag and location, and tells nothing of either.

        Nothing of a weak tag, nor of a date beside one: an upstream that has only that does not vouch for its bytes."""
        last_modified = self.last_modified if self.is_date_strong else None
        if self.entity_tag is None:
            return Validators(None, last_modified)
        if not self.has_strong_tag:
            return UNKNOWN
        return Validators(shown_tag(location, self.entity_tag), last_modified)


@lru_cache(1_024)
def shown_tag(location: str, entity_tag: str) -> EntityTag:
    named = location.encode(errors="surrogatepass") + b"\0" + entity_tag.encode(errors="surrogateescape")
    return EntityTag(blake2b(named, digest_size=16).hexdigest())


def version_of(headers: Fields, now: datetime) -> UpstreamVersion:
    """The version an answer says it is of. A validator that is malformed, told twice, or of the future is none."""
    entity_tag = field_value(headers, "ETag")
    last_modified = parsed_http_date(field_value(headers, "Last-Modified"))
    date = parsed_http_date(field_value(headers, "Date"))
    if last_modified is not None and last_modified > min(now, date or now):
        last_modified = None
    return UpstreamVersion(
        entity_tag if ENTITY_TAG.fullmatch(entity_tag) else None,
        last_modified,
        last_modified is not None and date is not None and date - last_modified >= STRONG_AGE,
    )
