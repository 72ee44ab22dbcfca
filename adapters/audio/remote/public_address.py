"""Where a stranger's URL may lead: public addresses on the web's ports, and what the operator opens beyond that.

An address is judged when a socket for it is made: after resolution, for literals and redirects too, and the connection
goes to that very address. A name that resolves differently a moment later (DNS rebinding) gains nothing.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from attrs import frozen

WEB_PORTS = (80, 443)
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")

# Not `is_global`: it changes between Python versions, and lets multicast, 6to4 relays and NAT64 through.
SPECIAL_IPV4 = tuple(  # IANA IPv4 Special-Purpose Address Registry
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; Linux connects to itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared address space, and some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # looks public, and is the host's own service in one cloud
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that was ever given out (RFC 4291 §2.4); site-local fec0:: lies outside
SPECIAL_IPV6 = tuple(  # IANA IPv6 Special-Purpose Address Registry, as far as it lies in there
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in bits 16 to 47
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # the well-known prefix (RFC 6052 §2.1); 64:ff9b:1::/48 is for local use


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether ``address`` is a host on the public Internet, which anybody may reach.

    An IPv4 address inside an IPv6 one is judged itself where the system connects to it (IPv4-mapped, NAT64). Other
    disguises are never public: 6to4, Teredo, ISATAP, IPv4-compatible, local-use NAT64. Nor is an address with a scope.
    A network's own NAT64 prefix (RFC 6052 §2.2) cannot be told from any other address."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    if address.scope_id is not None:
        return False
    inner = ipv4_inside(address)
    if inner is not None:
        return is_public(inner)
    is_special = any(address in network for network in SPECIAL_IPV6)
    return address in GLOBAL_UNICAST and not is_special and not is_isatap(address)


def ipv4_inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a connection to ``address`` ends at, if its form tells."""
    return address.ipv4_mapped or (IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else None)


def is_isatap(address: IPv6Address) -> bool:
    """Whether the interface identifier is 0000:5efe or 0200:5efe and an IPv4 address (RFC 5214 §6.1)."""
    return int(address) >> 32 & 0xFDFF_FFFF == 0x0000_5EFE


@frozen
class Gate:
    """Which addresses a connection may go to, and which hosts are trusted whatever their address."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # on any port
    hosts: frozenset[tuple[str, int | None]] = frozenset()  # (lower-case name, port); None: any port
    ports: tuple[int, ...] = WEB_PORTS  # of public addresses

    def lets_through(self, address: IPv4Address | IPv6Address, port: int) -> bool:
        """Whether ``address`` may be connected to at ``port``."""
        plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        return any(plain in network for network in self.networks) or (port in self.ports and is_public(address))

    def trusts(self, host: str, port: int) -> bool:
        """Whether the operator named this very host, so that its address does not matter."""
        name = host.lower().removesuffix(".")
        return (name, None) in self.hosts or (name, port) in self.hosts


def gate(allowed: Iterable[str] = (), ports: tuple[int, ...] = WEB_PORTS) -> Gate:
    """A gate that also lets through what ``allowed`` lists: networks, addresses, host names and ``host:port``.

    Raises ValueError, with a sentence: an entry is none of these."""
    networks: list[IPv4Network | IPv6Network] = []
    hosts: set[tuple[str, int | None]] = set()
    for entry in allowed:
        try:
            networks.append(ip_network(entry))
        except ValueError:
            hosts.add(named_host(entry))
    return Gate(tuple(networks), frozenset(hosts), ports)


def named_host(entry: str) -> tuple[str, int | None]:
    """A host name or address, and the port if there is one. Raises ValueError, with a sentence."""
    problem = f"{entry!r} is not a network (10.0.0.0/8), an address, a host name, or host:port"
    try:
        parts = urlsplit(f"//{entry}")
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError as error:
        raise ValueError(problem) from error
    is_bare = parts.netloc == entry and "@" not in entry and port != 0
    if not is_bare or not ((HOST_NAME.fullmatch(host) and not looks_numeric(host)) or (port and is_address(host))):
        raise ValueError(problem)
    return host, port


def looks_numeric(host: str) -> bool:
    """Whether ``host`` is digits and dots, so that somebody meant an address; ``10.0.0.0.1`` names nothing."""
    return re.fullmatch(r"[0-9.]+", host) is not None


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
