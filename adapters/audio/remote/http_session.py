"""The two pools of connections: one asks the gate before each connection, one is for hosts that the operator named.

And what it means when they fail."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from aiohttp import (
    AddrInfoType,
    ClientConnectorError,
    ClientError,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from attrs import define, field
from yarl import URL

from adapters.audio.remote.public_address import Gate
from adapters.audio.remote.upstream_body import READ_AHEAD
from domain.errors import AudioUnavailable, SourceFailure


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
            read_bufsize=READ_AHEAD,
            trust_env=False,
        )

    def _gated_socket(self, address_info: AddrInfoType) -> socket.socket:
        """A socket for the address that will really be connected to. Raises ForbiddenAddress."""
        family, kind, protocol, _, address = address_info
        if not self.gate.lets_through(ip_address(address[0]), int(address[1])):
            raise ForbiddenAddress
        return socket.socket(family, kind, protocol)


@contextmanager
def failures_before_the_first_byte(location: str) -> Iterator[None]:
    """Say in the port's words why an upstream could not be opened."""
    try:
        yield
    except TimeoutError as error:
        raise AudioUnavailable(location, SourceFailure.TOO_SLOW) from error
    except InvalidURL as error:
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error
    except ClientResponseError as error:  # not HTTP
        raise AudioUnavailable(location, SourceFailure.INCONSISTENT) from error
    except (ClientError, OSError) as error:
        is_forbidden = isinstance(error, ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress)
        failure = SourceFailure.FORBIDDEN if is_forbidden else SourceFailure.UNREACHABLE
        raise AudioUnavailable(location, failure) from error
