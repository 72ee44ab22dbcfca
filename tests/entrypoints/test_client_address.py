"""A stranger is known by the address that our own proxies saw, whatever the stranger says."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from time import thread_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrypoints.web.client_address import MOST_HOPS, NODE_OF, ClientAddress

PROXY = "10.0.0.1"
STRANGER = "203.0.113.7"
BY_LIST = ClientAddress((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
BY_FORWARDED = ClientAddress(BY_LIST.trusted, "forwarded")
LARGEST_HEADER = 64 * 1024


def asked(peer: object, *lines: str, header: str = "x-forwarded-for") -> dict[str, object]:
    """The ASGI scope of a request from ``peer`` whose header has these lines."""
    headers = [(b"host", b"play.test"), *((header.encode(), line.encode("latin-1")) for line in lines)]
    return {"type": "http", "client": (peer, 49152), "headers": headers}


def forwarded(*lines: str) -> dict[str, object]:
    return asked(PROXY, *lines, header="forwarded")


def test_with_no_trusted_proxy_the_peer_is_the_client() -> None:
    assert ClientAddress().of(asked(STRANGER, "198.51.100.1")) == STRANGER


def test_a_peer_that_is_no_proxy_of_ours_is_not_believed() -> None:
    assert BY_LIST.of(asked(STRANGER, "198.51.100.1")) == STRANGER


def test_a_proxy_that_says_nothing_is_the_client() -> None:
    assert BY_LIST.of(asked(PROXY)) == PROXY


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        ([STRANGER], STRANGER),
        (["198.51.100.1, 203.0.113.7"], STRANGER),
        (["198.51.100.1, 203.0.113.7, 10.9.9.9"], STRANGER),
        (["198.51.100.1,203.0.113.7,10.9.9.9\t,fd00::1 "], STRANGER),
        (["198.51.100.1", "203.0.113.7, 10.9.9.9", "10.0.0.3"], STRANGER),
        (["203.0.113.7,, ,10.9.9.9,"], STRANGER),
        (["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
        ([""], PROXY),
        (["203.0.113.7:5678"], STRANGER),
        (["203.0.113.7, 10.0.0.3:80"], STRANGER),
        (["2001:db8::17"], "2001:db8::17"),
        (["2001:DB8:0:0::17"], "2001:db8::17"),
        (["[2001:db8::17]"], "2001:db8::17"),
        (["[2001:db8::17]:4711"], "2001:db8::17"),
        (["2001:db8::17, [fd00::2]:80"], "2001:db8::17"),
        (["::ffff:203.0.113.7"], STRANGER),
        (["203.0.113.7, ::ffff:10.0.0.3"], STRANGER),
        (["203.0.113.7, [::ffff:a00:3]:80"], STRANGER),
        (["fe80::1%eth0"], "fe80::1"),
        (["[fe80::1%25]:80"], "fe80::1"),
        (["203.0.113.7, fd00::1%eth0"], STRANGER),
    ],
)
def test_the_nearest_hop_that_is_not_trusted_is_the_client(lines: Sequence[str], client: str) -> None:
    assert BY_LIST.of(asked(PROXY, *lines)) == client


@pytest.mark.parametrize(
    "garbage",
    [
        "unknown",
        "_hidden",
        "host.test",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.²",
        "1.2.3.4:",
        "1.2.3.4:port",
        "1.2.3.4:123456",
        "1.2.3.4/32",
        "1.2.3.4 5.6.7.8",
        "[]",
        "[2001:db8::17",
        "2001:db8::17]:80",
        "[2001:db8::17]80",
        "2001:db8:::17",
        '"1.2.3.4"',
        "for=1.2.3.4",
        "ÿ",
    ],
)
def test_what_is_no_address_leaves_the_last_hop_that_is_known(garbage: str) -> None:
    assert BY_LIST.of(asked(PROXY, f"203.0.113.7, {garbage}")) == PROXY
    assert BY_LIST.of(asked(PROXY, f"203.0.113.7, {garbage}, 10.0.0.3")) == "10.0.0.3"


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["for=203.0.113.7"], STRANGER),
        (["For=203.0.113.7;Proto=http;BY=198.51.100.1"], STRANGER),
        (["proto=http;by=198.51.100.1;FOR=203.0.113.7"], STRANGER),
        (['for="203.0.113.7:47011"'], STRANGER),
        (['for="203.0.113.7:_port"'], STRANGER),
        (['for="[2001:db8:cafe::17]:4711"'], "2001:db8:cafe::17"),
        (['for="[2001:db8:cafe::17]"'], "2001:db8:cafe::17"),
        (["for=[2001:db8:cafe::17]:4711"], "2001:db8:cafe::17"),
        ([r'for="2\03.0.113.7"'], STRANGER),
        ([r'for=203.0.113.7;by="a\",for=198.51.100.1"'], STRANGER),
        ([r'for=203.0.113.7;by="a,for=198.51.100.1\\"'], STRANGER),
        (['by=";for=198.51.100.1";for=203.0.113.7'], STRANGER),
        (["for=203.0.113.7 ; proto=https;"], STRANGER),
        (["; for=203.0.113.7;;proto=https; ;"], STRANGER),
        (["for=198.51.100.1, for=203.0.113.7, for=10.9.9.9"], STRANGER),
        (["for=198.51.100.1", "for=203.0.113.7,for=10.9.9.9"], STRANGER),
        (['for=203.0.113.7, for="[::ffff:10.0.0.3]"'], STRANGER),
        (["for=10.0.0.4, for=10.0.0.3"], "10.0.0.4"),
        (["for=203.0.113.7,,"], STRANGER),
    ],
)
def test_forwarded_tells_the_same(lines: Sequence[str], client: str) -> None:
    assert BY_FORWARDED.of(forwarded(*lines)) == client


@pytest.mark.parametrize(
    "garbage",
    [
        "for=unknown",
        'for="_hidden"',
        "for=",
        'for=""',
        "for",
        "1.2.3.4",
        "proto=https",
        "for=1.2.3.4;for=1.2.3.5",
        "for=1.2.3.4;for=1.2.3.4",
        "for = 1.2.3.4",
        "for=1.2.3.4 proto=http",
        "for=1.2.3.4;pro to=http",
        "for=1.2.3.4;=",
        'for="1.2.3.4',
        'for=1.2.3.4"',
        'for="1.2.3.4"x',
        r'for="1.2.3.4\"',
        "xfor=1.2.3.4",
    ],
)
def test_an_element_that_names_no_address_once_ends_the_walk(garbage: str) -> None:
    assert BY_FORWARDED.of(forwarded(f"for=203.0.113.7, {garbage}")) == PROXY
    assert BY_FORWARDED.of(forwarded(f"for=203.0.113.7, {garbage}, for=10.0.0.3")) == "10.0.0.3"


def test_one_header_is_believed_and_the_other_is_not() -> None:
    assert BY_LIST.of(forwarded("for=203.0.113.7")) == PROXY
    assert BY_FORWARDED.of(asked(PROXY, STRANGER)) == PROXY


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.1", "fd00::5", "fd00::5%eth0"])
def test_a_proxy_is_known_in_every_form_that_its_address_takes(peer: str) -> None:
    assert BY_LIST.of(asked(peer, STRANGER)) == STRANGER


@pytest.mark.parametrize("network", ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "10.0.0.1"])
def test_a_trusted_network_of_mapped_addresses_is_one_of_ipv4(network: str) -> None:
    client_address = ClientAddress((ip_network(network),))

    assert client_address.of(asked("10.0.0.1", STRANGER)) == STRANGER
    assert client_address.of(asked("::ffff:10.0.0.1", STRANGER)) == STRANGER
    assert client_address.of(asked("11.0.0.1", STRANGER)) == "11.0.0.1"


def test_trust_in_all_of_ipv6_is_none_in_ipv4() -> None:
    client_address = ClientAddress((ip_network("::/0"),))

    assert client_address.of(asked("::ffff:10.0.0.1", STRANGER)) == "10.0.0.1"
    assert client_address.of(asked("2001:db8::1", STRANGER)) == STRANGER


def test_the_peer_itself_is_told_in_one_form() -> None:
    assert ClientAddress().of(asked("::ffff:203.0.113.7")) == STRANGER
    assert ClientAddress().of(asked("fe80::1%eth0")) == "fe80::1"


@pytest.mark.parametrize("peer", ["", "testclient", "/run/play.sock"])
def test_a_peer_without_an_address_is_nobody_and_is_believed_in_nothing(peer: str) -> None:
    everyone = ClientAddress((ip_network("0.0.0.0/0"), ip_network("::/0")))

    assert everyone.of(asked(peer, STRANGER)) is None
    assert everyone.of(asked(None, STRANGER) | {"client": None}) is None
    assert everyone.of({"type": "http", "headers": asked(None, STRANGER)["headers"]}) is None


def test_a_header_that_nobody_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="x-real-ip"):
        ClientAddress((), "x-real-ip")


addresses = st.ip_addresses().map(str)
anything = st.text(st.characters(max_codepoint=0xFF)) | st.text('",;=\\for 1.:[]_', max_size=40)
untrusted = addresses.filter(lambda text: not any(ip_address(text) in network for network in BY_LIST.trusted)).filter(
    lambda text: ":" not in text or ip_address(text) not in ip_network("::ffff:0:0/96")
)
proxies = st.lists(st.ip_addresses(network="10.0.0.0/8").map(str) | st.ip_addresses(network="fd00::/8").map(str))


def element(address: str) -> str:
    """As a proxy writes it (RFC 7239 §6)."""
    return f'proto=https;for="[{address}]:443";by="\\\\,\\""' if ":" in address else f"for={address}"


@given(sent=st.lists(anything), client=untrusted, through=proxies)
@example(sent=['for="'], client=STRANGER, through=[])
@example(sent=['for="\\'], client=STRANGER, through=["10.0.0.3"])
def test_whatever_a_stranger_sends_the_answer_is_whom_our_proxy_saw(
    sent: list[str], client: str, through: list[str]
) -> None:
    """The proxies append to the last line that the stranger sent, or add a line."""
    through = through[: MOST_HOPS - 1]
    for reader, written in ((BY_LIST, str), (BY_FORWARDED, element)):
        told = ", ".join(map(written, [client, *through]))
        appended = [*sent[:-1], f"{sent[-1]}, {told}"] if sent else [told]

        assert reader.of(asked(PROXY, *appended, header=reader.header)) == client
        assert reader.of(asked(PROXY, *sent, told, header=reader.header)) == client


@given(peer=addresses | anything, lines=st.lists(anything), header=st.sampled_from(sorted(NODE_OF)))
def test_any_header_gives_an_address_or_none(peer: str, lines: list[str], header: str) -> None:
    everyone = ClientAddress((ip_network("0.0.0.0/0"), ip_network("::/0")), header)
    client = everyone.of(asked(peer, *lines, header=header))

    assert client is None or str(ip_address(client)) == client


def test_a_chain_that_no_proxies_make_is_followed_so_far() -> None:
    chain = [f"10.1.{place // 256}.{place % 256}" for place in range(2 * MOST_HOPS)]

    assert BY_LIST.of(asked(PROXY, ", ".join(chain))) == chain[-MOST_HOPS]


@pytest.mark.parametrize("header", sorted(NODE_OF))
@pytest.mark.parametrize(
    "piece",
    [
        ",",
        " ",
        '"',
        "\\",
        '\\"',
        '"\\',
        "10.0.0.1,",
        "for=10.0.0.1,",
        "for=10.0.0.1;",
        ";",
        "for=",
        "1",
        ":",
        '"a",',
        "a=b;",
    ],
)
@pytest.mark.parametrize("opening", ["", '"', 'for="', "for=10.0.0.2;x="])
def test_the_largest_header_costs_next_to_nothing(header: str, piece: str, opening: str) -> None:
    line = opening + piece * (LARGEST_HEADER // len(piece))

    def spent() -> float:
        begun = thread_time()
        BY_LIST.of(asked(PROXY, line)) if header == BY_LIST.header else BY_FORWARDED.of(forwarded(line))
        return thread_time() - begun

    assert any(spent() < 0.1 for _ in range(20))
