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
# libpq's own: it takes from here what DATABASE_URL leaves out.
LIBPQ = {"PGPASSWORD"}


def volumes() -> Iterator[tuple[str, str, str, list[str]]]:
    """Service, source, target and options of everything that is mounted."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, target, *options = volume.split(":")
            yield name, source, target, options


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

    assert len(mounted) == 4
    assert all((ROOT / source).exists() and options == ["ro"] for source, options in mounted)


def test_everything_kept_has_a_volume_of_its_own() -> None:
    kept = [source for _, source, _, _ in volumes() if not source.startswith(".")]

    assert sorted(kept) == sorted(COMPOSE["volumes"]) == ["data", "database", "grafana", "prometheus"]


def test_postgres_keeps_its_data_where_version_18_looks_for_them() -> None:
    assert SERVICES["database"]["image"].startswith("postgres:18")
    assert [target for name, _, target, _ in volumes() if name == "database"] == ["/var/lib/postgresql"]


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_open_to_this_machine_only(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"play"}))
def test_an_image_that_is_fetched_is_a_certain_version(service: str) -> None:
    assert re.search(r":v?\d+", SERVICES[service]["image"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_tells_whether_it_is_well(service: str) -> None:
    told_by_image = "\nHEALTHCHECK " in (ROOT / "Dockerfile").read_text() and SERVICES[service].get("build") == "."

    assert told_by_image or SERVICES[service]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_until_those_it_needs_are_well(service: str) -> None:
    needed = SERVICES[service].get("depends_on", {})

    assert needed.keys() <= SERVICES.keys()
    assert all(wait == {"condition": "service_healthy"} for wait in needed.values())


def test_the_service_is_given_nothing_but_settings() -> None:
    assert SERVICES["play"]["environment"].keys() <= SETTINGS | LIBPQ


def test_the_service_may_write_its_data_and_nothing_else() -> None:
    play = SERVICES["play"]

    assert play["read_only"] is True
    assert play["cap_drop"] == ["ALL"]
    assert [target for name, _, target, _ in volumes() if name == "play"] == ["/var/lib/soundverse-play"]


def test_no_secret_is_written_into_the_file_or_has_a_default() -> None:
    secrets = {
        name: value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if re.search(r"PASSWORD|KEYS", name)
    }

    assert len(secrets) == 4
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
