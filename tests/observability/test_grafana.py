"""The dashboard that Grafana is given: it finds its data source, and every panel asks for something that exists."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.observability.promql import EXPORTED, faults, questions

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "observability" / "grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards" / "soundverse-play.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
UNITS = {"Bps", "bytes", "ops", "percentunit", "reqps", "s", "short"}


def data_source() -> dict[str, Any]:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    return dict(source)


def expressions(panel: dict[str, Any]) -> list[str]:
    """The panel's expressions as Prometheus gets them, with Grafana's variables filled in."""
    filled = {"$__rate_interval": "1m", "$__range": "1h", "$instance": ".*"}
    asked = [str(target["expr"]) for target in panel["targets"]]
    for variable, value in filled.items():
        asked = [expression.replace(variable, value) for expression in asked]
    return asked


def area(panel: dict[str, Any]) -> set[tuple[int, int]]:
    """The squares of the grid that a panel covers."""
    place = panel["gridPos"]
    columns = range(place["x"], place["x"] + place["w"])
    return {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_only_for_what_the_service_exports(panel: dict[str, Any]) -> None:
    assert [fault for expression in expressions(panel) for fault in faults(expression)] == []


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_can_be_narrowed_to_one_replica(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        assert all("instance" in question.labels for question in questions(expression))


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    shown = {question.metric for panel in PANELS for text in expressions(panel) for question in questions(text)}
    ours = {name for name in EXPORTED if name.startswith(("play_", "db_", "http_"))}

    # The sum would be an average, which the quantiles beside it tell better.
    assert ours - shown == {"http_server_request_duration_seconds_sum"}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_no_latency_takes_a_long_listening_for_a_slow_answer(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        assert "_duration_seconds_bucket" not in expression or 'http_route!~".*/stream|' in expression


def test_every_query_goes_to_the_data_source_that_is_chosen_at_the_top() -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    asked = [part["datasource"] for panel in PANELS for part in (panel, *panel["targets"])]
    variables = DASHBOARD["templating"]["list"]

    assert all(source == chosen for source in asked)
    assert [variable["datasource"] for variable in variables if variable["type"] == "query"] == [chosen]


def test_the_data_source_that_is_chosen_first_is_the_provisioned_one() -> None:
    (chosen,) = [variable for variable in DASHBOARD["templating"]["list"] if variable["type"] == "datasource"]

    assert chosen["current"]["value"] == data_source()["uid"]
    assert chosen["query"] == data_source()["type"]


def test_rates_are_taken_over_the_interval_at_which_prometheus_asks() -> None:
    prometheus = yaml.safe_load((ROOT / "observability" / "prometheus.yml").read_text())

    assert data_source()["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]

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
