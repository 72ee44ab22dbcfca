"""What Prometheus asks and when it alerts: only of metrics that exist, and as `promtool` says."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from observability.instruments import STARTS
from tests.observability.promql import RECORDED, RULES, faults, questions

OBSERVABILITY = Path(__file__).parents[2] / "observability"
ALERTS = OBSERVABILITY / "alerts.yml"
TESTS = [OBSERVABILITY / "alerts_test.yml", OBSERVABILITY / "promises_test.yml"]
RUNBOOK = (OBSERVABILITY.parent / "docs" / "runbook.md").read_text()
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs Debian's prometheus")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def recordings() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("rule", recordings(), ids=lambda rule: rule["record"])
def test_a_recording_asks_only_for_what_the_service_exports_and_over_the_window_of_its_name(
    rule: dict[str, Any],
) -> None:
    assert list(faults(rule["expr"])) == []
    assert set(re.findall(r"\[(\w+)\]", rule["expr"])) == {rule["record"].rpartition("ratio_rate")[2]}


def test_every_recording_is_asked_for_by_an_alert() -> None:
    asked = {question.metric for rule in rules() for question in questions(rule["expr"])}

    assert asked >= RECORDED.keys()


def test_what_is_promised_of_the_start_of_streams_can_be_read_off() -> None:
    bounds = {float(bound) for rule in recordings() for bound in re.findall(r'le="([^"]+)"', rule["expr"])}

    assert bounds == {0.3} <= set(STARTS)


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


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_leads_to_a_section_of_the_runbook(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert f"\n## {rule['alert']}\n" in RUNBOOK


def test_the_runbook_knows_panels_and_settings_by_their_names() -> None:
    boards = "".join(file.read_text() for file in (OBSERVABILITY / "grafana" / "dashboards").glob("*.json"))
    named = re.findall(r'\*(?:Listeners|Service|Database)\*,\s"([^"]+)"', RUNBOOK)

    assert len(named) > 10
    assert [name for name in named if f'"title": "{" ".join(name.split())}"' not in boards] == []


def test_every_alert_is_shown_to_fire_and_to_keep_quiet() -> None:
    cases = [case for file in TESTS for case in yaml.safe_load(file.read_text())["tests"]]
    checks = [check for case in cases for check in case["alert_rule_test"]]
    names = {rule["alert"] for rule in rules()}

    assert {check["alertname"] for check in checks if check["exp_alerts"]} == names
    assert {check["alertname"] for check in checks if not check["exp_alerts"]} == names


def test_the_rules_that_prometheus_loads_are_those_beside_its_configuration() -> None:
    configuration = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())

    assert configuration["rule_files"] == [RULES.name, ALERTS.name]


def test_the_service_is_scraped_as_the_job_that_alerts_and_dashboards_ask_for() -> None:
    configuration = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())
    compose = yaml.safe_load((OBSERVABILITY.parent / "docker-compose.yml").read_text())
    (job,) = [job for job in configuration["scrape_configs"] if job["job_name"] == "soundverse-play"]
    (found,) = job["dns_sd_configs"]

    assert set(found["names"]) <= compose["services"].keys()
    assert f"\nEXPOSE {found['port']}\n" in (OBSERVABILITY.parent / "Dockerfile").read_text()


@needs_promtool
def test_prometheus_accepts_its_configuration_and_rules() -> None:
    checked = promtool("check", "config", OBSERVABILITY / "prometheus.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_every_alert_fires_when_it_must_and_only_then(file: Path) -> None:
    tested = promtool("test", "rules", file)

    assert tested.returncode == 0, tested.stdout + tested.stderr
