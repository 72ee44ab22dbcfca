"""docker-compose.yml: what it mounts is there, what it sets is a setting, and nothing is open or told to strangers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import fields

from entrypoints.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS = {variable_of(setting) for setting in fields(Settings)}
DATA = "/var/lib/soundverse-play"
MEDIA = f"{DATA}/media"
GATEWAY = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text()
# libpq's own: it takes from here what DATABASE_URL leaves out.
LIBPQ = {"PGPASSWORD"}


def volumes() -> Iterator[tuple[str, str, str, list[str]]]:
    """Service, source, target and options of everything that is mounted."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, target, *options = volume.split(":")
            yield name, source, target, options


def waited_for(service: str, condition: str) -> set[str]:
    """Whom a service waits for to come into this condition."""
    needed = SERVICES[service].get("depends_on", {})
    return {name for name, wait in needed.items() if wait == {"condition": condition}}


def example(*, with_comments: bool) -> dict[str, str]:
    """What .env.example sets, and what it would set if its comments were taken out."""
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$" if with_comments else r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


def variables() -> dict[str, str]:
    """What compose takes from .env: the name, and what follows it, such as ``:?is missing``."""
    named = dict(re.findall(r"\$\{([A-Z_]+)([^}]*)\}", TEXT))
    handed_on = {name: "" for name, value in SERVICES["play"]["environment"].items() if value is None}
    return named | handed_on


def test_everything_mounted_from_the_repository_is_there_and_cannot_be_changed() -> None:
    mounted = [(source, options) for _, source, _, options in volumes() if source.startswith(".")]

    assert len(mounted) == 5
    assert all((ROOT / source).exists() and options == ["ro"] for source, options in mounted)


def test_everything_kept_has_a_volume_of_its_own() -> None:
    kept = [source for _, source, _, _ in volumes() if not source.startswith(".")]

    assert (
        set(kept) == set(COMPOSE["volumes"]) == {"alertmanager", "data", "database", "grafana", "media", "prometheus"}
    )
    assert all(volume is None for volume in COMPOSE["volumes"].values())


def test_postgres_keeps_its_data_where_version_18_looks_for_them() -> None:
    assert SERVICES["database"]["image"].startswith("postgres:18")
    assert [target for name, _, target, _ in volumes() if name == "database"] == ["/var/lib/postgresql"]


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_open_to_this_machine_only_unless_the_gateway_is_told_otherwise(service: str) -> None:
    own = "${GATEWAY_ADDRESS:-127.0.0.1}:" if service == "gateway" else "127.0.0.1:"

    assert all(port.startswith(own) for port in SERVICES[service].get("ports", []))


def test_there_may_be_any_number_of_replicas() -> None:
    assert not SERVICES["play"].keys() & {"ports", "container_name", "hostname"}


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"play", "migrate"}))
def test_an_image_that_is_fetched_is_a_certain_version(service: str) -> None:
    assert re.search(r":v?\d+", SERVICES[service]["image"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_that_stays_tells_whether_it_is_well(service: str) -> None:
    told_by_image = "\nHEALTHCHECK " in (ROOT / "Dockerfile").read_text() and SERVICES[service].get("build") == "."
    ends = any(service in waited_for(other, "service_completed_successfully") for other in SERVICES)

    assert ends or told_by_image or SERVICES[service]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_until_those_it_needs_are_well(service: str) -> None:
    needed = SERVICES[service].get("depends_on", {})

    assert needed.keys() <= SERVICES.keys()
    assert (
        waited_for(service, "service_healthy") | waited_for(service, "service_completed_successfully") == needed.keys()
    )


def test_the_schema_is_brought_up_to_date_once_before_any_replica_starts() -> None:
    migrate = SERVICES["migrate"]

    assert (migrate["command"], migrate["image"], migrate["restart"]) == (["migrate"], SERVICES["play"]["image"], "no")
    assert waited_for("migrate", "service_healthy") == {"database"}
    assert waited_for("play", "service_completed_successfully") == {"migrate"}


@pytest.mark.parametrize("service", ["play", "migrate"])
def test_the_service_is_given_nothing_but_settings(service: str) -> None:
    assert SERVICES[service]["environment"].keys() <= SETTINGS | LIBPQ


def test_the_service_may_write_its_data_and_nothing_else() -> None:
    assert SERVICES["play"]["read_only"] is True
    assert [target for name, _, target, options in volumes() if name == "play" and options != ["ro"]] == [DATA, MEDIA]


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"database"}))
def test_who_can_do_without_has_no_capability_and_gains_none(service: str) -> None:
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]


def test_the_database_is_seen_by_the_service_alone_and_sees_nobody_outside() -> None:
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert SERVICES["database"]["networks"] == ["back"]
    assert {name for name in SERVICES if "back" in SERVICES[name]["networks"]} == {"database", "migrate", "play"}


def test_the_gateway_is_believed_in_whose_request_it_hands_on() -> None:
    [network] = COMPOSE["networks"]["front"]["ipam"]["config"]

    assert SERVICES["play"]["environment"]["PLAY_TRUSTED_PROXIES"] == network["subnet"]
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in GATEWAY
    assert SERVICES["gateway"]["networks"] == ["front"]


def test_the_gateway_finds_every_replica_by_dockers_dns() -> None:
    (port,) = re.findall(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert f"server play:{port} resolve" in GATEWAY
    assert "resolver 127.0.0.11 valid=1s" in GATEWAY
    assert SERVICES["gateway"]["image"] >= "nginx:1.28"  # names in an upstream are resolved again since 1.27.3


def test_the_gateway_listens_where_its_port_leads_and_its_health_is_asked() -> None:
    (port,) = re.findall(r"listen (\d+);", GATEWAY)

    assert [published.rsplit(":", 1)[1] for published in SERVICES["gateway"]["ports"]] == [port]
    assert f"http://127.0.0.1:{port}/livez" in SERVICES["gateway"]["healthcheck"]["test"]


def test_the_gateway_may_read_the_media_and_change_nothing() -> None:
    gateway = SERVICES["gateway"]

    assert (gateway["read_only"], f"USER {gateway['user']}\n" in (ROOT / "Dockerfile").read_text()) == (True, True)
    assert [
        (source, target) for name, source, target, options in volumes() if name == "gateway" and options == ["ro"]
    ] == [
        ("./deploy/gateway/nginx.conf", "/etc/nginx/nginx.conf"),
        ("media", MEDIA),
    ]
    assert ("play", "media", MEDIA, []) in list(volumes())
    assert f"alias {MEDIA}/;" in GATEWAY
    assert f"location {SERVICES['play']['environment']['PLAY_ACCEL_REDIRECT']} {{" in GATEWAY


def test_as_many_files_may_be_open_as_listeners_need() -> None:
    (connections,) = re.findall(r"worker_connections (\d+);", GATEWAY)
    (files,) = re.findall(r"worker_rlimit_nofile (\d+);", GATEWAY)

    assert SERVICES["gateway"]["ulimits"]["nofile"] == int(files) >= 2 * int(connections)
    assert SERVICES["play"]["ulimits"]["nofile"] >= 10_000


def test_the_gateway_is_pid_1_and_stays_in_the_foreground() -> None:
    assert SERVICES["gateway"]["entrypoint"] == ["nginx"]
    assert GATEWAY.count("\ndaemon off;\n") == 1


def test_prometheus_finds_every_replica_and_whom_to_send_alerts() -> None:
    config = yaml.safe_load((ROOT / "observability" / "prometheus.yml").read_text())
    replicas = config["scrape_configs"][0]["dns_sd_configs"]
    (senders,) = config["alerting"]["alertmanagers"]

    assert [(names["names"], names["type"]) for names in replicas] == [(["play"], "A")]
    assert senders["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert {"prometheus", "alertmanager", "play"} <= {
        name for name in SERVICES if "front" in SERVICES[name]["networks"]
    }


def test_every_rule_that_prometheus_reads_is_mounted_beside_its_configuration() -> None:
    rules = yaml.safe_load((ROOT / "observability" / "prometheus.yml").read_text())["rule_files"]

    assert ("prometheus", "./observability", "/etc/prometheus", ["ro"]) in list(volumes())
    assert all((ROOT / "observability" / name).is_file() for name in rules)


def test_alerts_go_to_somebody_who_is_named() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "alertmanager.yml").read_text())
    route = config["route"]

    assert {route["receiver"], *(child.get("receiver", route["receiver"]) for child in route["routes"])} <= {
        receiver["name"] for receiver in config["receivers"]
    }


def test_no_secret_is_written_into_the_file_or_has_a_default() -> None:
    secrets = {
        name: value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if re.search(r"PASSWORD|KEYS", name) and value is not None
    }

    assert len(secrets) == 4  # one of them told to two services
    assert all(re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value) for value in secrets.values())


def test_no_address_of_a_database_carries_its_password() -> None:
    assert not re.search(r"postgresql://[^/@\s]*:", TEXT)


def test_a_copy_of_the_example_is_enough_to_start() -> None:
    required = {name for name, rest in variables().items() if rest.startswith(":?")}

    assert {name for name, value in example(with_comments=False).items() if value} == required


def test_the_example_names_every_variable_that_compose_reads() -> None:
    assert example(with_comments=True).keys() == variables().keys()


def test_grafana_lets_nobody_in_without_a_password() -> None:
    assert SERVICES["grafana"]["environment"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert SERVICES["grafana"]["environment"]["GF_USERS_ALLOW_SIGN_UP"] == "false"
