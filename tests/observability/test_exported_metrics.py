"""The list that rules and dashboards are checked against is what the service really exports."""

import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.decision import Reason
from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import CacheOutcome
from observability.metrics import Metrics
from tests.observability.promql import EXPORTED


def exported() -> dict[str, set[str]]:
    """Every name that is exported once everything has happened, and the labels seen with it."""
    metrics = Metrics(connections=lambda: {"pool_size": 2, "pool_available": 1, "pool_max": 10, "requests_waiting": 0})
    metrics.request_started("GET")
    metrics.request_ended("GET", "/play/{id}/stream", 206, 0.004)
    metrics.source_failed(AudioUnavailable("library:gone.mp3", SourceFailure.ABSENT))
    metrics.cache_asked(CacheOutcome.HIT)
    metrics.play_judged(Reason.COUNTED)
    metrics.download_judged(Reason.BOT)
    text, _ = metrics.exposition("text/plain")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text.decode()):
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
