"""The list that rules and dashboards are checked against is what the service really exports."""

import sys

import pytest

from tests.observability.promql import EXPORTED, exposed


def exported() -> dict[str, set[str]]:
    """Every name that is exported once everything has happened, and the labels seen with it."""
    found: dict[str, set[str]] = {}
    for family in exposed():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_that_rules_and_dashboards_may_ask_for_is_exported_with_its_labels() -> None:
    found = exported()
    expected = {name: set(labels) for name, labels in EXPORTED.items() if not name.startswith("process_")}

    assert {name: labels for name, labels in found.items() if name in expected} == expected


def test_every_metric_that_is_exported_is_known_to_the_checks() -> None:
    assert exported().keys() <= EXPORTED.keys()


@pytest.mark.skipif(sys.platform != "linux", reason="the process's metrics are read from Linux's /proc")
def test_the_processs_metrics_are_exported_on_linux() -> None:
    assert {name for name in EXPORTED if name.startswith("process_")} <= exported().keys()
