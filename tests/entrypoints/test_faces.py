"""Every way in which the core and the edge say no has a face, and each is a problem that people can read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from attrs import fields

import domain.errors
import entrypoints.web.refusals
from domain.errors import (
    NotModified,
    PeaksFault,
    PeaksUnavailable,
    PeriodFault,
    PeriodRefused,
    PlayError,
    SourceFailure,
)
from entrypoints.web.faces import FACES, WHY, answer_to
from entrypoints.web.problems import of_defect
from entrypoints.web.refusals import FieldError, Refusal

assert domain.errors
assert entrypoints.web.refusals

FACTS: dict[str, Any] = {
    "clip": 7,
    "play": "once",
    "size": 100,
    "location": "library:rain.ogg",
    "failure": SourceFailure.ABSENT,
    "reason": "the database cannot be reached",
    "errors": [FieldError("title", "is required")],
    "limit": 65_536,
    "count": 60,
    "seconds": 60.0,
    "wait": 0.5,
    "media_type": "text/plain",
    "fault": PeriodFault.EMPTY,
    "keep": timedelta(days=90),
    "why": PeaksFault.FORMAT,
    "fields": ("title", "genre"),
    "kind": "JSON",
    "what": "The body",
    "expected": "application/json",
}


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from below(inner)


REFUSALS = sorted({*below(PlayError), *below(Refusal)} - {NotModified}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_has_a_face_that_people_can_read(kind: type[Exception]) -> None:
    error = kind(*(FACTS[fact.name] for fact in fields(kind)))  # type: ignore[arg-type]  # all are attrs classes

    problem = FACES[kind](error)

    assert 400 <= problem.status < 600
    assert problem.status != 500
    assert problem.detail[0].isupper()
    assert problem.detail.endswith(".")
    assert kind.__name__ not in problem.detail


def test_no_face_belongs_to_nothing() -> None:
    assert set(FACES) == set(REFUSALS)
    assert answer_to(Exception(), "GET") is None


@pytest.mark.parametrize("failure", SourceFailure)
def test_every_failure_of_a_source_is_told_in_words(failure: SourceFailure) -> None:
    assert len(WHY[failure]) > 10
    assert str(failure) not in WHY[failure]


@pytest.mark.parametrize("fault", PeriodFault)
def test_every_fault_of_a_period_is_told_in_words(fault: PeriodFault) -> None:
    problem = FACES[PeriodRefused](PeriodRefused(fault, timedelta(days=7)))

    assert (problem.status, [error.path for error in problem.errors]) == (422, ["from"])
    assert ("7 days" in problem.detail) == (fault is PeriodFault.FORGOTTEN)
    assert "{" not in problem.detail


@pytest.mark.parametrize("fault", PeaksFault)
def test_every_reason_why_no_waveform_can_be_drawn_is_told_in_words(fault: PeaksFault) -> None:
    problem = FACES[PeaksUnavailable](PeaksUnavailable(fault))

    assert problem.status == 422
    assert len(problem.detail) > 50


def test_a_problem_is_what_rfc_9457_says() -> None:
    for kind in REFUSALS:
        response = FACES[kind](kind(*(FACTS[fact.name] for fact in fields(kind)))).response()  # type: ignore[arg-type]
        content = orjson.loads(response.body)
        assert response.media_type == "application/problem+json"
        assert response.headers["cache-control"] == "no-store"
        assert content["status"] == response.status_code
        assert content["type"] == "about:blank"
        assert set(content) - {"errors"} == {"type", "title", "status", "detail"}


def test_a_defects_face_leads_to_the_log_and_tells_no_more() -> None:
    problem = of_defect()

    assert problem.status == 500
    assert "X-Request-Id" in problem.detail
