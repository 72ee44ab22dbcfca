"""What request headers say is read as RFC 9110 has it, whoever wrote them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from entrypoints.web.accept import accepts


def with_accept(*lines: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept", line.encode("latin-1")) for line in lines]})


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("  ",),
        ("*/*",),
        ("application/json",),
        ("APPLICATION/JSON",),
        ("application/*",),
        ("text/html, application/json;q=0.1",),
        ("text/html;q=1.0,*/*;q=0.001",),
        ("application/json ; charset=utf-8",),
        ("text/html", "application/json"),
        ("*/*;q=0, application/json",),
        ("application/*;q=0, application/json;q=1",),
        ("\xff, */*",),
    ],
)
def test_who_takes_json_in_any_of_these_ways_gets_it(lines: tuple[str, ...]) -> None:
    assert accepts(with_accept(*lines), "application/json")


@pytest.mark.parametrize(
    "lines",
    [
        ("text/html",),
        ("text/*",),
        ("*/*;q=0",),
        ("*/*; Q=0.000",),
        ("application/json;q=0, */*",),
        ("application/*;q=0.0, */*",),
        ("application/jsonx",),
        ("application/problem+json",),
        ("nonsense",),
        ("\xff\xfe",),
        (",",),
        ("text/html", "text/plain"),
    ],
)
def test_who_leaves_json_out_in_any_of_these_ways_does_not(lines: tuple[str, ...]) -> None:
    assert not accepts(with_accept(*lines), "application/json")


@given(parts=st.permutations(["application/json", "application/*;q=0", "*/*;q=0", "text/html"]))
def test_the_most_specific_range_decides_in_whatever_order_they_come(parts: list[str]) -> None:
    assert accepts(with_accept(", ".join(parts)), "application/json")
    assert accepts(with_accept(*parts), "application/json")
