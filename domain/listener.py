"""Who listens, without knowing who it is: a keyed hash of the day, from which nobody gets back (ADR 8)."""

from enum import StrEnum
from hashlib import sha256
from hmac import digest
from ipaddress import IPv6Address, IPv6Network
from typing import NewType

from attrs import field, frozen

ListenerKey = NewType("ListenerKey", bytes)
DailyKey = NewType("DailyKey", bytes)
"""A secret of one UTC day, 32 bytes; once it is deleted, no key made with it can be traced."""

KEY_LENGTH = 16  # bytes of a ListenerKey: two listeners of a day never meet in it
LONGEST_USER_AGENT = 512  # characters
NETWORK_BITS = 64  # of an IPv6 address: one household; the rest changes at the device's will


def beginning(text: str) -> str:
    return text[:LONGEST_USER_AGENT]


@frozen
class Caller:
    """Where a request comes from: known until it is over and a little longer, and written down nowhere.

    ``user_agent`` is its beginning, which tells players apart; strangers may send much more."""

    address: str | None = field(default=None, repr=False)
    user_agent: str = field(default="", repr=False, converter=beginning)


class Agent(StrEnum):
    """What a User-Agent says of who asks."""

    PLAYER = "player"  # a browser, an app: anything but the others
    BOT = "bot"  # a program that says it fetches on its own
    NONE = "none"  # nothing


@frozen
class Listener:
    """A caller as the ledger knows it: by a key of the day, and by what its User-Agent says."""

    key: ListenerKey
    known_as: ListenerKey | None  # the same listener's key of the day before, where windows go past midnight
    agent: Agent


def listener_key(key: DailyKey, caller: Caller) -> ListenerKey:
    """The listener behind ``caller`` on the day of ``key``: the same for IPv4 address or IPv6/64 and User-Agent."""
    text = f"{network_of(caller.address)}|{caller.user_agent}"
    return ListenerKey(digest(key, text.encode("utf-8", "surrogateescape"), sha256)[:KEY_LENGTH])


def network_of(address: str | None) -> str:
    """The IPv4 address, also one mapped to IPv6, or the IPv6 network; whatever is neither stands for itself."""
    if address is None or ":" not in address:
        return address or ""
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), NETWORK_BITS), strict=False))
