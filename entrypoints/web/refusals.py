"""What the edge itself refuses, before the core is asked. Facts only: what a client reads of them is `faces.py`."""

from collections.abc import Sequence

from attrs import frozen

LONGEST_NAME_SHOWN = 100


@frozen
class FieldError:
    """What is wrong with the field at ``path``; the message continues a sentence that the path begins."""

    path: str
    message: str


class Refusal(Exception):
    """The root of what the edge itself refuses, before the core is asked."""


@frozen
class InvalidFields(Refusal):
    """Fields of a body or a query that break their rules; all of them."""

    errors: Sequence[FieldError]


@frozen
class MalformedBody(Refusal):
    """A body that is not what it should be: JSON, or another ``kind``."""

    reason: str
    kind: str = "JSON"


@frozen
class BodyTooLarge(Refusal):
    """A body, or ``what`` is sent in it, of more than ``limit`` bytes."""

    limit: int
    what: str = "The body"


@frozen
class UnsupportedMediaType(Refusal):
    """A body of another type than JSON, or than those that are ``expected``."""

    media_type: str
    expected: str = "application/json"


@frozen
class NotAcceptable(Refusal):
    """A client that does not take the ``media_type`` there is."""

    media_type: str


@frozen
class KeyMissing(Refusal):
    """A request that needs a key, without one."""


@frozen
class KeyUnknown(Refusal):
    """A request with a key that may not do this."""


@frozen
class AddressForged(Refusal):
    """A stream address that was not signed by us, for this clip and playback."""


@frozen
class AddressExpired(Refusal):
    """A stream address that was good once."""


@frozen
class WritingClosed(Refusal):
    """A write where no key is set, so that none can be right."""


@frozen
class TooManyStreams(Refusal):
    """A stream beyond as many as this process sends at once."""


@frozen
class TooManyFollowers(Refusal):
    """A follower beyond as many as this process tells of the play counts at once."""


@frozen
class Draining(Refusal):
    """A process that was told to end, and should get no new requests."""


@frozen
class RateExceeded(Refusal):
    """More requests of a client than ``count`` in ``seconds``; after ``wait`` seconds it may send another."""

    count: int
    seconds: float
    wait: float
