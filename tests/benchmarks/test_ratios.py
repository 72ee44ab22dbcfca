"""Turns side by side give the ratios that are told, and what is promised is held to them."""

from collections.abc import Sequence

import pytest
from attrs import Factory, define

from benchmarks.comparison import Comparison, Target, Turn
from benchmarks.measures import Measure
from benchmarks.seen import Load, Unsound, seen
from benchmarks.table import measured, missed, rates, written


@define
class Scripted:
    """A subject whose turns have so many answers a second, and such slowest ones."""

    name: str
    per_second: Sequence[float]
    p99: float = 0.001
    asked: list[int] = Factory(list)

    def prove(self, connections: int) -> None: ...

    def measure(self, connections: int, seconds: int) -> Turn:
        rate = self.per_second[len(self.asked)]
        self.asked.append(connections)
        return Turn(Load(int(rate), rate, 0.001, self.p99), 1.0)


def compared(*subjects: Scripted, targets: Sequence[Target] = (), work: str = "work") -> Comparison:
    comparison = Comparison(work, 64, subjects, targets)
    comparison.prove()
    for _ in subjects[0].per_second:
        comparison.round(1)
    return comparison


def test_a_ratio_is_of_turns_that_were_side_by_side() -> None:
    ours, first = Scripted("ours", (100, 400, 900)), Scripted("first", (10, 80, 30))
    [ratio] = compared(ours, first, targets=[Target("ours", "first", 10.0)]).ratios()

    assert list(ratio.turns) == [10, 5, 30]
    assert ratio.median == 10  # the medians of each by itself would say 13
    assert ratio.is_met is True


def test_a_promise_of_the_slowest_answers_is_kept_apart_from_that_of_the_rate() -> None:
    ours, first = Scripted("ours", (100, 100), p99=0.03), Scripted("first", (10, 10), p99=0.1)
    [ratio] = compared(ours, first, targets=[Target("ours", "first", 5.0, p99=0.2)]).ratios()

    assert (ratio.is_met, ratio.is_p99_met) == (True, False)
    assert ratio.p99 == pytest.approx(0.3)


def test_what_is_only_told_is_neither_met_nor_missed() -> None:
    subjects = Scripted("ours", (1,)), Scripted("pgbench", (10,))
    comparison = compared(*subjects, targets=[Target("ours", "pgbench")])

    assert [ratio.is_met for ratio in comparison.ratios()] == [None]
    assert missed([comparison], []) == []


def test_without_promises_all_are_compared_to_the_last() -> None:
    comparison = compared(Scripted("one", (2,)), Scripted("two", (4,)), Scripted("last", (8,)))

    assert [(each.subject, each.limit, each.median) for each in comparison.ratios()] == [
        ("one", "last", 0.25), ("two", "last", 0.5),
    ]  # fmt: skip


def test_a_row_tells_of_the_first_version_and_of_the_limit() -> None:
    ours, first = Scripted("ours", (3000, 3300), p99=0.02), Scripted("first", (100, 100), p99=0.5)
    targets = [Target("ours", "first", 30.0, 0.2), Target("ours", "nginx", 0.5)]
    [_, _, row] = rates([compared(ours, first, Scripted("nginx", (9000, 9900)), targets=targets)]).splitlines()

    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "work", "64", "3,150", "100", "**31.5** (30.0–33.0)", "≥ 30 met",
        "nginx 9,450", "**0.33** (0.33–0.33)", "≥ 0.5 missed", "20.0 / 500 = 0.04", "≤ 0.2 × met",
    ]  # fmt: skip


def test_a_row_has_a_cell_for_each_column_whatever_is_missing() -> None:
    kept = [Target("ours", "first", 10.0), Target("ours, kept", "ours", 3.0)]
    subjects = Scripted("ours", (10,)), Scripted("first", (1,)), Scripted("ours, kept", (40,))
    head, _, *rows = rates([compared(*subjects, targets=kept)]).splitlines()

    assert len(rows) == 2
    assert {row.count("|") for row in rows} == {head.count("|")}
    assert rows[1].startswith("| work, kept | 64 | 40.0 |")


def test_a_measure_beside_another_is_held_to_the_ratio_and_one_alone_to_itself() -> None:
    beside, alone = Measure("start", "s", (1, 2, 4), 0.5, (4, 4, 4)), Measure("memory", "MB", (30,), 40)

    assert list(beside.ratios) == [0.25, 0.5, 1]
    assert (beside.is_met, alone.is_met) == (True, True)
    assert not Measure("memory", "MB", (41,), 40).is_met
    assert measured([beside, alone]).splitlines()[2:] == [
        "| start | 2.00 s | 4.00 s | **0.50** (0.25–1.00) | ≤ 0.5 met |",
        "| memory | 30.0 MB | | | ≤ 40 MB met |",
    ]


def test_what_is_missed_is_named() -> None:
    subjects = Scripted("ours", (10,), p99=1), Scripted("first", (10,), p99=1)
    comparison = compared(*subjects, targets=[Target("ours", "first", 30.0, 0.2)], work="GET /play")

    assert missed([comparison], [Measure("memory", "MB", (41,), 40)]) == [
        "GET /play at 64: ours / first 1.00", "GET /play at 64: p99 ours / first 1.00", "memory",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "text"), [(12_345.6, "12,346"), (99.96, "100.0"), (31.54, "31.5"), (0.4567, "0.46")]
)
def test_a_number_has_the_digits_that_say_something(number: float, text: str) -> None:
    assert written(number) == text


def test_the_slowest_answer_of_a_hundred_is_the_99th_percentile() -> None:
    load = seen([place / 1000 for place in range(100, 0, -1)], lasted=2.0)

    assert (load.answers, load.per_second, load.median, load.p99) == (100, 50, 0.051, 0.1)


def test_a_turn_without_an_answer_is_unsound() -> None:
    with pytest.raises(Unsound):
        seen([], lasted=1.0)
