"""What Prometheus asks and when it alerts: only of metrics that exist, and as `promtool` says."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.observability.promql import faults

OBSERVABILITY = Path(__file__).parents[2] / "observability"
ALERTS = OBSERVABILITY / "alerts.yml"
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs Debian's prometheus")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_only_for_what_the_service_exports(rule: dict[str, Any]) -> None:
    assert list(faults(rule["expr"])) == []


@pytest.mark.parametrize(
    "expression",
    [
        'up{job="soundverse-play", instnace="a"}',
        'play_plays_total{job="soundverse-play"}',
        "play_streams_active",
        'sum by (genre) (play_streams_active{job="soundverse-play"})',
        'rate(play_source_failures_total{job="soundverse-play", kind="absent"}[5m]) > 0',
    ],
)
def test_a_question_for_what_is_not_exported_is_found(expression: str) -> None:
    assert len(list(faults(expression))) == 1


def test_an_expression_that_is_not_promql_is_found() -> None:
    with pytest.raises(ValueError):
        list(faults("sum(rate(up[5m])"))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_happens_and_what_to_look_at(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert {"summary", "description"} <= rule["annotations"].keys()


def test_every_alert_is_shown_to_fire_and_to_keep_quiet() -> None:
    cases = yaml.safe_load((OBSERVABILITY / "alerts_test.yml").read_text())["tests"]
    checks = [check for case in cases for check in case["alert_rule_test"]]

    assert {check["alertname"] for check in checks if check["exp_alerts"]} == {rule["alert"] for rule in rules()}


def test_the_rules_that_prometheus_loads_are_those_beside_its_configuration() -> None:
    configuration = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())

    assert configuration["rule_files"] == [ALERTS.name]


def test_the_service_is_scraped_as_the_job_that_alerts_and_dashboards_ask_for() -> None:
    configuration = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())
    compose = yaml.safe_load((OBSERVABILITY.parent / "docker-compose.yml").read_text())
    (job,) = [job for job in configuration["scrape_configs"] if job["job_name"] == "soundverse-play"]
    (found,) = job["dns_sd_configs"]

    assert set(found["names"]) <= compose["services"].keys()
    assert compose["services"][found["names"][0]]["ports"][0].endswith(f":{found['port']}")


@needs_promtool
def test_prometheus_accepts_its_configuration_and_rules() -> None:
    checked = promtool("check", "config", OBSERVABILITY / "prometheus.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
def test_every_alert_fires_when_it_must_and_only_then() -> None:
    tested = promtool("test", "rules", OBSERVABILITY / "alerts_test.yml")

    assert tested.returncode == 0, tested.stdout + tested.stderr
