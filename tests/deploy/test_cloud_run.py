"""The page on Cloud Run: what it tells an operator to set and to mount is what the service reads."""

import re
from pathlib import Path
from typing import Any

import yaml
from attrs import fields

from entrypoints.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cloud-run.md").read_text()
SETTINGS = {variable_of(setting): setting for setting in fields(Settings)}


def revision() -> dict[str, Any]:
    """The specification of an instance in the page's service.yaml."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return dict(yaml.safe_load(block)["spec"]["template"]["spec"])


def test_every_setting_that_is_named_exists() -> None:
    named = set(re.findall(r"\b(?:PLAY|DATABASE)_[A-Z_]+", PAGE))

    assert named <= SETTINGS.keys()
    assert {variable["name"] for variable in revision()["containers"][0]["env"]} <= named


def test_secrets_come_from_the_secret_manager() -> None:
    for variable in revision()["containers"][0]["env"]:
        assert ("valueFrom" in variable) == bool(SETTINGS[variable["name"]].metadata["secret"])


def test_the_defaults_that_it_tells_are_the_services_own() -> None:
    assert f"`PLAY_SHUTDOWN_TIMEOUT` ({Settings().shutdown_timeout:g} seconds)" in PAGE
    assert f"`PLAY_POOL_SIZE` ({Settings().pool_size})" in PAGE


def test_the_bucket_is_mounted_where_the_image_keeps_its_media() -> None:
    (container,) = revision()["containers"]
    (mount,) = container["volumeMounts"]

    assert f"PLAY_DATA={Path(mount['mountPath']).parent}" in (ROOT / "Dockerfile").read_text()
    assert Path(mount["mountPath"]).name == "media"
    assert [volume["name"] for volume in revision()["volumes"]] == [mount["name"]]


def test_probes_ask_the_port_that_requests_come_to_and_only_liveness_leaves_out_the_database() -> None:
    (container,) = revision()["containers"]
    (port,) = [port["containerPort"] for port in container["ports"]]

    assert container["startupProbe"]["httpGet"] == {"path": "/readyz", "port": port}
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": port}


def test_streams_have_ended_before_cloud_run_kills_the_instance() -> None:
    assert Settings().shutdown_timeout < 10
