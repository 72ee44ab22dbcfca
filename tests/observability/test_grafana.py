"""The dashboards that Grafana is given: they find their data source, and every panel asks for something that exists."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.observability.promql import EXPORTED, faults, questions

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "observability" / "grafana"
DASHBOARDS = {file.stem: json.loads(file.read_text()) for file in sorted((GRAFANA / "dashboards").glob("*.json"))}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if "targets" in panel
]
UNITS = {"Bps", "bytes", "ops", "percentunit", "reqps", "s", "short"}

every_panel = pytest.mark.parametrize("panel", PANELS)
every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)


def every_expression() -> list[str]:
    """The expressions of all panels of all dashboards."""
    return [text for dashboard in DASHBOARDS.values() for panel in dashboard["panels"] for text in expressions(panel)]


def data_source() -> dict[str, Any]:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    return dict(source)


def expressions(panel: dict[str, Any]) -> list[str]:
    """The panel's expressions as Prometheus gets them, with Grafana's variables filled in."""
    filled = {"$__rate_interval": "1m", "$__range": "1h", "$instance": ".*"}
    asked = [str(target["expr"]) for target in panel.get("targets", [])]
    for variable, value in filled.items():
        asked = [expression.replace(variable, value) for expression in asked]
    return asked


def area(panel: dict[str, Any]) -> set[tuple[int, int]]:
    """The squares of the grid that a panel covers."""
    place = panel["gridPos"]
    columns = range(place["x"], place["x"] + place["w"])
    return {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}


@every_panel
def test_a_panel_asks_only_for_what_the_service_exports(panel: dict[str, Any]) -> None:
    assert [fault for expression in expressions(panel) for fault in faults(expression)] == []


@every_panel
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@every_panel
def test_a_panel_can_be_narrowed_to_one_replica(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        assert all("instance" in question.labels for question in questions(expression))


def test_there_is_a_dashboard_for_each_who_looks() -> None:
    assert sorted(DASHBOARDS) == ["database", "listeners", "service"]
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


def test_every_metric_of_ours_is_on_a_dashboard() -> None:
    shown = {question.metric for text in every_expression() for question in questions(text)}
    ours = {name for name in EXPORTED if name.startswith(("play_", "db_", "http_"))}

    # The sums would be averages, which the quantiles beside them tell better.
    assert {name for name in ours - shown if not name.endswith("_sum")} == {"play_event_loop_delay_seconds_count"}


@every_panel
def test_no_latency_takes_a_long_listening_for_a_slow_answer(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        assert (
            "http_server_request_duration_seconds_bucket" not in expression or 'http_route!~".*/stream|' in expression
        )


@every_dashboard
def test_every_query_goes_to_the_data_source_that_is_chosen_at_the_top(dashboard: dict[str, Any]) -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    panels = [panel for panel in dashboard["panels"] if "targets" in panel]
    variables = dashboard["templating"]["list"]

    assert all(part["datasource"] == chosen for panel in panels for part in (panel, *panel["targets"]))
    assert [variable["datasource"] for variable in variables if variable["type"] == "query"] == [chosen]


@every_dashboard
def test_the_data_source_that_is_chosen_first_is_the_provisioned_one(dashboard: dict[str, Any]) -> None:
    (chosen,) = [variable for variable in dashboard["templating"]["list"] if variable["type"] == "datasource"]

    assert chosen["current"]["value"] == data_source()["uid"]
    assert chosen["query"] == data_source()["type"]


@every_dashboard
def test_each_dashboard_leads_to_the_others(dashboard: dict[str, Any]) -> None:
    (link,) = dashboard["links"]

    assert link["type"] == "dashboards"
    assert all(set(link["tags"]) <= set(other["tags"]) for other in DASHBOARDS.values())


def test_rates_are_taken_over_the_interval_at_which_prometheus_asks() -> None:
    prometheus = yaml.safe_load((ROOT / "observability" / "prometheus.yml").read_text())

    assert data_source()["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]


@every_dashboard
def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    panels = dashboard["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert [(a["title"], b["title"]) for a, b in combinations(panels, 2) if area(a) & area(b)] == []
    assert all(0 <= x < 24 for panel in panels for x, _ in area(panel))


def test_grafana_reads_its_dashboards_where_compose_puts_them() -> None:
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/soundverse-play.yml").read_text())["providers"]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    mounted = {target: source for source, target, *_ in (volume.split(":") for volume in grafana["volumes"])}
    first = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])

    assert (ROOT / mounted[provider["options"]["path"]]).samefile(GRAFANA / "dashboards")
    assert (GRAFANA / "dashboards" / first.relative_to(provider["options"]["path"])).is_file()
