"""Which addresses count as public, and what an operator's list opens beyond them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.audio.remote.public_address import Gate, gate, ipv4_inside, is_public

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255"]
PUBLIC_V6 = ["2606:4700:4700::1111", "2a00:1450:4001::200e", "2620:fe::fe", "2001:4860:4860::8888"]
NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
NOT_PUBLIC_V6 = [
    "::",
    "::1",
    "100::1",  # discard-only
    "64:ff9b:1::808:808",  # NAT64 for local use
    "2001::1",  # Teredo
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",  # benchmarking
    "2001:10::1",  # ORCHID
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4
    "2002:808:808::1",
    "2606:4700:0:0:0:5efe:7f00:1",  # ISATAP
    "2606:4700:0:0:200:5efe:808:808",
    "3ffe::1",
    "3fff::1",
    "4000::1",  # never given out
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "::8.8.8.8",  # IPv4-compatible
    "::ffff:0:8.8.8.8",  # IPv4-translated
]

NO_ENTRIES = [
    "",
    " ",
    "a b",
    "-a",
    "a..b",
    "*.internal",
    "http://media.internal",
    "media.internal/x",
    "user@media.internal",
    "media.internal:0",
    "media.internal:99999",
    "10.0.0.1/8",
    "10.0.0.0/33",
    "1.2.3",
    "300.1.1.1",
    "[::1",
]


@pytest.mark.parametrize("address", PUBLIC + PUBLIC_V6)
def test_a_host_on_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC + NOT_PUBLIC_V6)
def test_what_is_not_a_host_on_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["2606:4700:4700::1111%eth0", "fe80::1%eth0", "::ffff:8.8.8.8%1"])
def test_an_address_with_a_scope_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@given(st.ip_addresses(v=4) | st.sampled_from([IPv4Address(address) for address in NOT_PUBLIC + PUBLIC]))
def test_an_ipv4_address_is_as_public_inside_an_ipv6_one_as_it_is_itself(address: IPv4Address) -> None:
    mapped, translated = IPv6Address(f"::ffff:{address}"), IPv6Address(f"64:ff9b::{address}")

    assert is_public(mapped) == is_public(translated) == is_public(address)


@given(st.ip_addresses().filter(lambda address: isinstance(address, IPv4Address) or ipv4_inside(address) is None))
def test_nothing_is_public_that_the_standard_library_knows_to_be_special(address: IPv4Address | IPv6Address) -> None:
    is_special = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast

    assert not (is_public(address) and (is_special or address.is_reserved or address.is_unspecified))


def test_public_addresses_are_reached_on_the_webs_ports_only() -> None:
    public = ip_address("8.8.8.8")

    assert [Gate().lets_through(public, port) for port in (80, 443, 22, 8080)] == [True, True, False, False]
    assert Gate(ports=(8080,)).lets_through(public, 8080)


def test_an_allowed_network_is_reached_on_any_port_and_no_other_network_is() -> None:
    opened = gate(["10.1.0.0/16", "192.168.1.5", "fd00::/8"])

    for address in ("10.1.2.3", "192.168.1.5", "fd00::1", "::ffff:10.1.2.3"):
        assert opened.lets_through(ip_address(address), 9000)
    for address in ("10.2.0.1", "192.168.1.6", "fe80::1", "::ffff:10.2.0.1"):
        assert not opened.lets_through(ip_address(address), 80)


def test_a_named_host_is_trusted_however_it_is_written_and_no_other_host_is() -> None:
    opened = gate(["Media.Internal", "localhost:8080", "[::1]:81", "10.0.0.7:82"])

    for host, port in (("media.internal", 80), ("MEDIA.internal.", 9999), ("localhost", 8080), ("::1", 81)):
        assert opened.trusts(host, port)
    assert opened.trusts("10.0.0.7", 82)
    for host, port in (("localhost", 80), ("x.media.internal", 80), ("media.internal.evil.test", 80), ("::1", 80)):
        assert not opened.trusts(host, port)
    assert not opened.lets_through(ip_address("10.0.0.7"), 82)


@pytest.mark.parametrize("entry", NO_ENTRIES)
def test_an_entry_that_is_none_of_these_is_refused_with_a_sentence(entry: str) -> None:
    with pytest.raises(ValueError, match="is not a network"):
        gate([entry])
