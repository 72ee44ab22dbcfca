"""The two pools of connections: one asks the gate before each connection, one is for hosts that the operator named."""

import errno
import socket
from ipaddress import ip_address

from aiohttp import AddrInfoType, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver
from attrs import define, field
from yarl import URL

from adapters.audio.public_address import Gate


class ForbiddenAddress(OSError):
    """A connection was about to go to an address that the gate does not let through.

    Always the same text: where a host has several addresses, aiohttp keeps an error's type only if all of them agree.
    """

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "an address that is not for us to connect to")


@define(eq=False)
class Sessions:
    """aiohttp sessions, made when they are first used, since they belong to the loop that runs then."""

    gate: Gate
    connect: float  # seconds
    agent: str
    resolver: AbstractResolver | None
    _gated: ClientSession | None = field(default=None, init=False)
    _open: ClientSession | None = field(default=None, init=False)

    def for_url(self, url: URL) -> ClientSession:
        """The session that may be used for ``url``. They share no connection, so that trust in a name stays with it."""
        if self.gate.trusts(url.raw_host or "", url.port or 0):
            self._open = self._open or self._session(TCPConnector(limit=0, resolver=self.resolver))
            return self._open
        self._gated = self._gated or self._session(
            TCPConnector(limit=0, resolver=self.resolver, socket_factory=self._gated_socket)
        )
        return self._gated

    async def close(self) -> None:
        for session in (self._gated, self._open):
            if session is not None:
                await session.close()
        self._gated = self._open = None

    def _session(self, connector: TCPConnector) -> ClientSession:
        return ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            headers={"User-Agent": self.agent, "Accept-Encoding": "identity"},
            timeout=ClientTimeout(total=None, connect=self.connect, sock_read=None),  # reading has its own limits
            auto_decompress=False,
            trust_env=False,
        )

    def _gated_socket(self, address_info: AddrInfoType) -> socket.socket:
        """A socket for the address that will really be connected to. Raises ForbiddenAddress."""
        family, kind, protocol, _, address = address_info
        if not self.gate.lets_through(ip_address(address[0]), int(address[1])):
            raise ForbiddenAddress
        return socket.socket(family, kind, protocol)
