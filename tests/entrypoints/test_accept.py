"""What a client accepts is read as RFC 9110 has it, whoever wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from entrypoints.web.accept import accepts, preferred


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


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("text/csv, application/json;q=0.999", "text/csv"),
        ("text/csv;q=0.001, application/json;q=0", "text/csv"),
        ("text/csv;Q=1.000, application/json;q=0.5", "text/csv"),
        ("text/csv;header=present;q=0.7, application/json;q=0.6", "text/csv"),
        ("text/csv;q=0.7, application/json;q=0.8", "application/json"),
        ("text/csv;q=1, application/json", "application/json"),
        ("text/csv;q=0.5, application/*;q=0.6", "application/json"),
        ("text/csv;q=0.5, text/*, */*;q=0.4", "text/csv"),
        ("text/csv;q=high, application/json;q=2", "application/json"),  # no weights, so both are liked
        ("text/csv, application/json;q=0.1234", "application/json"),
        ("image/png", None),
        ("*/*;q=0", None),
    ],
)
def test_of_several_types_the_one_with_the_greatest_weight_is_preferred_and_the_first_of_equals(
    header: str, best: str | None
) -> None:
    assert preferred(with_accept(header), ("application/json", "text/csv")) == best


@given(header=st.text(st.characters(codec="latin-1"), max_size=60))
def test_what_is_preferred_is_accepted_and_nothing_is_only_where_nothing_is_accepted(header: str) -> None:
    types = ("application/json", "text/csv")
    request = with_accept(header)
    best = preferred(request, types)

    assert (best is None) == (not any(accepts(request, each) for each in types))
    assert best is None or accepts(request, best)
