"""Stream addresses that carry their own permission, for players that cannot send a key (SECURITY.md).

An address is signed over clip, playback id and the moment it ends at, by HMAC-SHA-256 with a key of the UTC day of that
moment. The key is drawn from the daily secret, which all replicas have from the database, and which is deleted when the
day is over: so nobody has to share or change a signing key.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from urllib.parse import urlencode
from uuid import UUID

from attrs import define, field, frozen
from starlette.requests import Request

from domain.clip import ClipId
from domain.play import PlayId
from domain.ports import Clock, DailyKeys, NewId
from entrypoints.web.refusals import AddressExpired, AddressForged

PURPOSE = b"stream address"  # so that this key and a listener's hash tell nothing of each other
SECONDS_OF_SKEW = 300  # that the clock of the replica that signed may be ahead
LONGEST_MOMENT = 11  # digits
MOST_DAYS = 8  # that addresses can end on, one side of today

AddressOf = Callable[[ClipId], str]
"""Where a clip's audio is."""

AddressFor = Callable[[], Awaitable[AddressOf]]
"""Where clips' audio is for who asks now. Raises StoreUnavailable."""


def open_address(clip: ClipId) -> str:
    """The address where everybody may listen."""
    return f"/play/{clip}/stream"


def signature(key: bytes, clip: ClipId, play: PlayId, expires: int) -> str:
    return digest(key, f"{clip}|{play}|{expires}".encode(), sha256).hex()


@define
class SigningKeys:
    """The signing keys of the days that addresses end on now, each asked of the store once."""

    daily_keys: DailyKeys
    _keys: dict[int, bytes] = field(factory=dict, init=False)

    async def of(self, expires: int) -> bytes:
        """The key for addresses that end at this moment, in Unix seconds. Raises StoreUnavailable."""
        day = expires // 86_400
        if day not in self._keys:
            date = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
            secret = await self.daily_keys.daily_key(date)
            self._keys = {known: key for known, key in self._keys.items() if abs(known - day) <= MOST_DAYS}
            self._keys[day] = digest(secret, PURPOSE, sha256)
        return self._keys[day]


@frozen
class SignedAddresses:
    """Signs stream addresses that end after ``lifetime`` seconds, and tells which were signed by one of us."""

    keys: SigningKeys
    clock: Clock
    new_id: NewId
    lifetime: int

    async def signer(self) -> AddressOf:
        """Makes addresses that end a lifetime from now, each for one listening of its own. Raises StoreUnavailable."""
        expires = self._now() + self.lifetime
        key = await self.keys.of(expires)

        def signed(clip: ClipId) -> str:
            play = PlayId(self.new_id())
            query = {"play": play, "expires": expires, "signature": signature(key, clip, play, expires)}
            return f"{open_address(clip)}?{urlencode(query)}"

        return signed

    async def admit(self, request: Request, clip: ClipId, play: str) -> None:
        """Return if the request's address was signed for this clip and playback, and holds still.

        Raises AddressExpired, AddressForged, StoreUnavailable. A made-up address makes nobody ask for a clip."""
        expires, sent = moment(request.query_params.get("expires", "")), request.query_params.get("signature", "")
        now = self._now()
        if expires < now:
            raise AddressExpired
        if expires > now + self.lifetime + SECONDS_OF_SKEW:
            raise AddressForged
        try:
            expected = signature(await self.keys.of(expires), clip, PlayId(UUID(play)), expires)
        except ValueError as error:
            raise AddressForged from error
        if not compare_digest(expected.encode(), sent.encode("utf-8", "replace")):
            raise AddressForged

    def _now(self) -> int:
        return int(self.clock().timestamp())


def moment(text: str) -> int:
    """The Unix seconds that ``text`` is. Raises AddressForged: it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_MOMENT):
        raise AddressForged
    return int(text)
