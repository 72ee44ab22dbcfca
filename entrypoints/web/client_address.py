"""Whose request it is: the nearest hop that is none of our own proxies, by a header that only they are believed in."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import chain, islice

from attrs import field, frozen
from attrs.validators import in_
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MOST_HOPS = 32  # that a header is believed in: no chain of proxies is longer, and a made-up one shall cost nothing

SEPARATOR = re.compile(r'"(\\*)|,')  # of a line that is read backwards, where a quote precedes what escapes it
PAIR = re.compile(
    r"[ \t;]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)="  # RFC 7239 §4: a name,
    r'(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s",;\\]+))'  # and a quoted string, or what many send without the quotes
    r"[ \t]*(?:;|\Z)"
)
QUOTED_PAIR = re.compile(r"\\(.)")
NODE = re.compile(r"(?:\[([^\[\]]+)\]|([0-9.]+))(?::(?:[0-9]{1,5}|_[0-9A-Za-z._-]+))?")  # RFC 7239 §6, with its port


def members(line: str) -> Iterator[str]:
    """The members of a list, the last first, split at commas that are not in quotes.

    What was appended is read before, and apart from, what it was appended to: an open quote to the left, which a
    stranger may have sent, swallows nothing."""
    backwards, start, is_quoted = line[::-1], 0, False
    for separator in SEPARATOR.finditer(backwards):
        if separator[0] == ",":
            if not is_quoted:
                yield backwards[start : separator.start()][::-1]
                start = separator.end()
        elif len(separator[1]) % 2 == 0:
            is_quoted = not is_quoted
    yield backwards[start:][::-1]


def forwarded_for(element: str) -> str:
    """The node that an element of Forwarded says it is for (RFC 7239 §4, §5.2).

    Raises ValueError: it is not well-formed, or does not say this once."""
    nodes, at, element = [], 0, element.strip(" \t;")
    while at < len(element):
        pair = PAIR.match(element, at)
        if pair is None:
            raise ValueError("not a list of pairs")
        name, quoted, token = pair.groups()
        if name.lower() == "for":
            nodes.append(token if quoted is None else QUOTED_PAIR.sub(r"\1", quoted))
        at = pair.end()
    (node,) = nodes
    return node


def address(node: str) -> Address:
    """The address of a node, without port and zone; IPv4 mapped into IPv6 is that IPv4 (RFC 4291 §2.5.5.2).

    Raises ValueError: it is none, such as ``unknown`` or ``_hidden``."""
    found = NODE.fullmatch(node)
    told = ip_address(found[found.lastindex or 0] if found else node)
    return told if isinstance(told, IPv4Address) else told.ipv4_mapped or IPv6Address(int(told))


def unmapped(networks: Iterable[Network]) -> tuple[Network, ...]:
    """The same networks, with those of IPv4 addresses inside IPv6 in IPv4's own terms, as `address` has them."""
    return tuple(ipv4_inside(network) or network for network in networks)


def ipv4_inside(network: Network) -> IPv4Network | None:
    if isinstance(network, IPv4Network) or network.network_address.ipv4_mapped is None:
        return None
    return IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - 96))


NODE_OF: Mapping[str, Callable[[str], str]] = {"x-forwarded-for": str, "forwarded": forwarded_for}
"""The headers that can tell, each with what finds the node in one of its members."""


@frozen
class ClientAddress:
    """Tells whose request it is. ``header`` is believed where it comes from ``trusted`` proxies, and no other is.

    A proxy that appends to one header hands others through as strangers sent them. IPv4 addresses inside IPv6 are
    IPv4 addresses, so that ``::/0`` trusts none of them."""

    trusted: tuple[Network, ...] = field(default=(), converter=unmapped)
    header: str = field(default="x-forwarded-for", validator=in_(NODE_OF))

    def of(self, scope: Scope) -> str | None:
        """The address that the request of this ASGI scope comes from; None where the peer has none, as a Unix socket.

        Beginning with the peer, a trusted hop is believed in who came before it. The first that is not trusted is
        the client, else the last that is known: the list ends there, or goes on with what is no address."""
        peer = scope.get("client")
        if peer and not self.trusted and ":" not in peer[0]:
            return str(peer[0])  # most requests: an IPv4 address as it stands
        client = None
        with suppress(ValueError):  # a node that is no address: nobody knows who is behind it
            for node in self._nodes(scope):
                client = address(node)
                if not any(client in network for network in self.trusted):
                    break
        return None if client is None else str(client)

    def _nodes(self, scope: Scope) -> Iterator[str]:
        """The peer, then what the header lists, nearest first: its lines are one list (RFC 9110 §5.3), gaps left out.

        Raises ValueError: the next member is none of this header's."""
        peer = scope.get("client")
        if peer is None:
            return
        yield peer[0]
        name, node_of = self.header.encode(), NODE_OF[self.header]
        lines = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
        for member in islice(chain.from_iterable(map(members, reversed(lines))), MOST_HOPS):
            if told := member.strip(" \t"):
                yield node_of(told)
