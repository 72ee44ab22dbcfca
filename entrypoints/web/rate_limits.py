"""How fast one client may go on: so many requests in a while, in one burst or spread, and 429 beyond (RFC 6585 §4)."""

import re
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.types import ASGIApp

from domain.byte_range import FromTo
from domain.listener import network_of
from entrypoints.web.client_address import ClientAddress
from entrypoints.web.range_header import range_set
from entrypoints.web.refusals import RateExceeded
from entrypoints.web.resource import Handler

OFF = "off"
SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0}
RATE = re.compile(f"([1-9][0-9]{{0,5}})/({'|'.join(SECONDS)})")
MOST_CLIENTS = 65_536  # remembered at once, each in some 200 bytes; beyond, the one that was longest away is forgotten
PROBES = (FromTo(0, 0), FromTo(0, 1))


@define
class RateLimit:
    """So many requests of each client in so many seconds, by the generic cell rate algorithm.

    Of a client one number is kept: the moment at which it has its whole allowance again."""

    count: int
    seconds: float
    now: Callable[[], float] = monotonic
    _whole_at: OrderedDict[str, float] = field(factory=OrderedDict, init=False, repr=False)

    def take(self, client: str) -> None:
        """Take one from the client's allowance. Raises RateExceeded: there is none left, and none was taken."""
        now = self.now()
        whole_at = max(self._whole_at.get(client, now), now) + self.seconds / self.count
        if (too_soon := whole_at - now - self.seconds) > 1e-6:  # a rounding error is no request
            raise RateExceeded(self.count, self.seconds, too_soon)
        self._whole_at[client] = whole_at
        self._whole_at.move_to_end(client)
        if len(self._whole_at) > MOST_CLIENTS:
            self._whole_at.popitem(last=False)


def rate_limit(text: str) -> RateLimit | None:
    """The limit that a setting such as ``60/minute`` is; None if it is off. Raises ValueError: it is neither."""
    if text == OFF:
        return None
    rate = RATE.fullmatch(text)
    if rate is None:
        raise ValueError(f"must be like 60/minute (second, minute, hour, day), or {OFF}, not {text!r}")
    return RateLimit(int(rate[1]), SECONDS[rate[2]])


@frozen
class RateLimits:
    """Limits in front of handlers; where there is none, nothing stands in between. A client is an IPv4 address or an
    IPv6/64, as far as `ClientAddress` knows it; who has no address, as behind a Unix socket, has no limit."""

    writes: RateLimit | None
    starts: RateLimit | None
    address: ClientAddress

    def of_writes(self, handler: Handler) -> Handler:
        """``handler``, each request of which is a write, whether its key is right or not."""
        limit = self.writes
        if limit is None:
            return handler

        async def limited(request: Request) -> ASGIApp:
            self._take(limit, request)
            return await handler(request)

        return limited

    def of_starts(self, handler: Handler) -> Handler:
        """``handler`` of streams, of which those that begin with the first byte are limited, and seeks are not."""
        limit = self.starts
        if limit is None:
            return handler

        async def limited(request: Request) -> ASGIApp:
            if is_start(request):
                self._take(limit, request)
            return await handler(request)

        return limited

    def _take(self, limit: RateLimit, request: Request) -> None:
        """Raises RateExceeded."""
        client = network_of(self.address.of(request.scope))
        if client:
            limit.take(client)


def is_start(request: Request) -> bool:
    """Whether a request may be answered from the first byte on, as far as it tells before anything is looked up.

    A seek is sure only with one range in one field: others may begin anywhere, and with If-Range all may be sent."""
    if request.method != "GET":
        return False
    fields = request.headers.getlist("range")
    asked = range_set(fields[0]) if len(fields) == 1 and "if-range" not in request.headers else None
    match asked.only if asked is not None else None:
        case FromTo(first=first) as only:
            return first == 0 and only not in PROBES
    return True
