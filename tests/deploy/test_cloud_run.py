"""Cloud Run: what its file sets and mounts, and what its page tells an operator, is what the service reads."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from attrs import fields

from entrypoints.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cloud-run.md").read_text()
SETTINGS = {variable_of(setting): setting for setting in fields(Settings)}


TEMPLATE = yaml.safe_load((ROOT / "deploy" / "cloudrun" / "service.yaml").read_text())["spec"]["template"]
INSTANCE: dict[str, Any] = TEMPLATE["spec"]
PLAY, COLLECTOR = INSTANCE["containers"]


def test_every_setting_that_is_named_exists() -> None:
    named = set(re.findall(r"\b(?:PLAY|DATABASE)_[A-Z_]+", PAGE))

    assert named <= SETTINGS.keys()
    assert {variable["name"] for variable in PLAY["env"]} <= named


def test_secrets_come_from_the_secret_manager() -> None:
    for variable in PLAY["env"]:
        assert ("valueFrom" in variable) == bool(SETTINGS[variable["name"]].metadata["secret"])


def test_the_defaults_that_it_tells_are_the_services_own() -> None:
    assert f"`PLAY_SHUTDOWN_TIMEOUT` ({Settings().shutdown_timeout:g} seconds)" in PAGE
    assert f"`PLAY_POOL_SIZE` ({Settings().pool_size})" in PAGE


def test_the_bucket_is_mounted_where_the_image_keeps_its_media() -> None:
    (mount,) = PLAY["volumeMounts"]
    (volume,) = [volume for volume in INSTANCE["volumes"] if volume["name"] == mount["name"]]

    assert f"PLAY_DATA={Path(mount['mountPath']).parent}" in (ROOT / "Dockerfile").read_text()
    assert Path(mount["mountPath"]).name == "media"
    assert volume["csi"]["readOnly"] is True
    assert {"name": "PLAY_SAMPLES", "value": "false"} in PLAY["env"]  # which would be written there


def test_probes_ask_the_port_that_requests_come_to_and_only_liveness_leaves_out_the_database() -> None:
    (port,) = [port["containerPort"] for port in PLAY["ports"]]

    assert PLAY["startupProbe"]["httpGet"] == {"path": "/readyz", "port": port}
    assert PLAY["livenessProbe"]["httpGet"] == {"path": "/livez", "port": port}


def test_each_instance_is_asked_for_its_metrics_by_a_collector_of_its_own_once_it_answers() -> None:
    monitoring = yaml.safe_load((ROOT / "deploy" / "cloudrun" / "monitoring.yaml").read_text())
    (endpoint,) = monitoring["spec"]["endpoints"]
    (mount,) = COLLECTOR["volumeMounts"]
    annotations = TEMPLATE["metadata"]["annotations"]

    assert (endpoint["path"], endpoint["port"]) == ("/metrics", PLAY["ports"][0]["containerPort"])
    assert json.loads(annotations["run.googleapis.com/container-dependencies"]) == {COLLECTOR["name"]: [PLAY["name"]]}
    assert annotations["run.googleapis.com/cpu-throttling"] == "false"
    assert mount["name"] in {volume["name"] for volume in INSTANCE["volumes"] if "secret" in volume}
    assert "ports" not in COLLECTOR


def test_every_secret_that_is_read_is_made_and_may_be_read() -> None:
    read = {variable["valueFrom"]["secretKeyRef"]["name"] for variable in PLAY["env"] if "valueFrom" in variable}
    mounted = {volume["secret"]["secretName"] for volume in INSTANCE["volumes"] if "secret" in volume}
    (allowed,) = re.findall(r"for SECRET in (.+); do", PAGE)

    assert read | mounted == set(re.findall(r"gcloud secrets create (\S+)", PAGE)) == set(allowed.split())


def test_the_pages_command_replaces_every_capital_of_the_file(tmp_path: Path) -> None:
    (command,) = re.findall(r"^sed .*\n.*service\.yaml$", PAGE, re.MULTILINE)
    names = {"BUCKET": "a-bucket", "IMAGE": "europe/image:1", "INSTANCE": "db", "PROJECT": "mine", "REGION": "europe"}
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")

    subprocess.run(["bash", "-c", command], cwd=tmp_path, env={**os.environ, **names}, check=True)

    filled = (tmp_path / "service.yaml").read_text()
    assert not re.search("|".join(names), filled)
    assert "run.googleapis.com/cloudsql-instances: mine:europe:db\n" in filled
    assert "image: europe/image:1\n" in filled


def test_streams_have_ended_before_cloud_run_kills_the_instance() -> None:
    assert Settings().shutdown_timeout < 10
