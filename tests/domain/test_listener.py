"""Listeners' keys: one for each network and User-Agent, of which nobody learns the address."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.listener import KEY_LENGTH, Caller, DailyKey, listener_key

TODAY, TOMORROW = DailyKey(b"t" * 32), DailyKey(b"m" * 32)

addresses = st.ip_addresses().map(str)
callers = st.builds(Caller, st.none() | addresses | st.text(max_size=20), st.text(max_size=40))


def key_of(address: str | None, user_agent: str = "Safari") -> bytes:
    return listener_key(TODAY, Caller(address, user_agent))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "::ffff:192.0.2.7"),  # the same, as a socket of both families tells it
        ("::ffff:192.0.2.7", "::ffff:c000:207"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),  # one household
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::0001"),
        (None, ""),
    ],
)
def test_one_network_is_one_listener(one: str | None, other: str | None) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.7", "192.0.2.8"),
        ("192.0.2.7", "::192.0.2.7"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("192.0.2.7", None),
        ("unix:", None),
    ],
)
def test_another_network_is_another_listener(one: str | None, other: str | None) -> None:
    assert key_of(one) != key_of(other)


def test_another_user_agent_is_another_listener() -> None:
    assert key_of("192.0.2.7", "Safari") != key_of("192.0.2.7", "Overcast")


@given(caller=callers)
def test_on_another_day_the_same_listener_has_another_key(caller: Caller) -> None:
    assert listener_key(TODAY, caller) == listener_key(TODAY, evolve(caller))
    assert listener_key(TODAY, caller) != listener_key(TOMORROW, caller)


@given(caller=callers)
def test_a_key_has_its_length_whoever_calls(caller: Caller) -> None:
    assert len(listener_key(TODAY, caller)) == KEY_LENGTH


def test_bytes_that_are_no_text_are_a_user_agent_too() -> None:
    assert key_of("192.0.2.7", "caf\udce9") != key_of("192.0.2.7", "caf\udcea")


def test_a_caller_that_is_shown_shows_nothing() -> None:
    assert "192.0.2.7" not in repr(Caller("192.0.2.7", "Safari"))
    assert "Safari" not in repr(Caller("192.0.2.7", "Safari"))
