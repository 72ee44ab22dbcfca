"""deploy/kubernetes: valid, locked up, and of one mind with the image and the settings."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml
from attrs import fields

from entrypoints.settings import Settings, load_settings, variable_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
FILES = {path.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}
KINDS: dict[str, Any] = {manifest["kind"]: manifest for manifest in FILES.values()}
POD: dict[str, Any] = KINDS["Deployment"]["spec"]["template"]["spec"]
LABELS = KINDS["Deployment"]["spec"]["template"]["metadata"]["labels"]
(MIGRATE,) = POD["initContainers"]
(PLAY,) = POD["containers"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = {variable_of(setting): setting for setting in fields(Settings)}
VERSIONS = ("1.30", "1.37")


def variables(container: dict[str, Any]) -> dict[str, Any]:
    """What a container's environment sets, by name: its text, or where the secret is."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_every_manifest_is_one_of_kubernetes_and_has_no_field_that_it_does_not_know(name: str, version: str) -> None:
    kubernetes_validate.validate(FILES[name], version, strict=True)


def test_no_namespace_is_chosen_for_the_operator() -> None:
    assert not any("namespace" in manifest["metadata"] for manifest in FILES.values())


def test_everything_that_selects_the_replicas_selects_them() -> None:
    assert KINDS["Deployment"]["spec"]["selector"]["matchLabels"].items() <= LABELS.items()
    assert KINDS["Service"]["spec"]["selector"].items() <= LABELS.items()
    assert KINDS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"].items() <= LABELS.items()
    assert KINDS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= LABELS.items()
    assert all(
        spread["labelSelector"]["matchLabels"].items() <= LABELS.items() for spread in POD["topologySpreadConstraints"]
    )


def test_replicas_go_one_at_a_time_and_the_next_comes_before() -> None:
    deployment = KINDS["Deployment"]["spec"]

    assert deployment["replicas"] == 3
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert KINDS["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_the_pod_runs_as_the_images_own_user_and_never_as_root() -> None:
    context = POD["securityContext"]

    assert context["runAsNonRoot"] is True
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}\n" in DOCKERFILE
    assert context["fsGroup"] == context["runAsGroup"]  # so that it may write its volumes
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert POD["automountServiceAccountToken"] is False


@pytest.mark.parametrize("container", [MIGRATE, PLAY], ids=["migrate", "play"])
def test_no_container_can_gain_rights_or_write_to_its_root(container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


def test_the_data_folder_and_the_media_can_be_written_and_all_replicas_share_the_media() -> None:
    (data,) = re.findall(r"PLAY_DATA=(\S+)", DOCKERFILE)
    mounts = {mount["mountPath"]: mount for mount in PLAY["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in POD["volumes"]}

    assert "emptyDir" in volumes[mounts[data]["name"]]
    assert "readOnly" not in mounts[f"{data}/media"]
    claim = volumes[mounts[f"{data}/media"]["name"]]["persistentVolumeClaim"]
    assert "readOnly" not in claim
    assert POD["securityContext"]["fsGroup"] == POD["securityContext"]["runAsGroup"]
    assert claim["claimName"] == KINDS["PersistentVolumeClaim"]["metadata"]["name"]
    assert KINDS["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert variables(PLAY)["PLAY_SAMPLES"] == "false"


def test_the_cache_fits_into_its_volume() -> None:
    (data,) = [volume for volume in POD["volumes"] if volume["name"] == "data"]

    assert int(variables(PLAY)["PLAY_CACHE_SIZE"]) <= int(data["emptyDir"]["sizeLimit"].removesuffix("Gi")) * 2**30


def test_every_variable_is_a_setting_that_can_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {name: value for name, value in variables(PLAY).items() if isinstance(value, str)}
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in plain.items():
        monkeypatch.setenv(name, value)

    load_settings({})

    assert variables(PLAY).keys() | variables(MIGRATE).keys() <= SETTINGS.keys()
    assert POD["enableServiceLinks"] is False  # a Service named play would set PLAY_SERVICE_HOST, which is none


def test_secrets_come_from_the_secret_whose_example_has_them() -> None:
    secret = KINDS["Secret"]
    for name, value in (variables(PLAY) | variables(MIGRATE)).items():
        assert isinstance(value, dict) == bool(SETTINGS[name].metadata["secret"])
        if isinstance(value, dict):
            assert value["secretKeyRef"]["name"] == secret["metadata"]["name"]
            assert value["secretKeyRef"]["key"] in secret["stringData"]


def test_migrations_run_before_a_replica_by_the_same_image_on_the_same_database() -> None:
    assert (MIGRATE["args"], MIGRATE["image"]) == (["migrate"], PLAY["image"])
    assert variables(MIGRATE)["DATABASE_URL"] == variables(PLAY)["DATABASE_URL"]


def test_only_readiness_asks_the_database() -> None:
    (port,) = PLAY["ports"]

    assert PLAY["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}
    assert (
        PLAY["livenessProbe"]["httpGet"] == PLAY["startupProbe"]["httpGet"] == {"path": "/livez", "port": port["name"]}
    )


def test_the_port_is_the_same_wherever_it_is_named() -> None:
    (port,) = PLAY["ports"]
    annotations = KINDS["Deployment"]["spec"]["template"]["metadata"]["annotations"]

    assert variables(PLAY)["PORT"] == str(port["containerPort"]) == annotations["prometheus.io/port"]
    assert [each["targetPort"] for each in KINDS["Service"]["spec"]["ports"]] == [port["name"]]
    assert KINDS["NetworkPolicy"]["spec"]["ingress"] == [{"ports": [{"port": port["name"]}]}]


def test_a_replica_that_is_let_go_has_ended_before_it_is_killed() -> None:
    told = int(PLAY["lifecycle"]["preStop"]["exec"]["command"][1])

    assert told + 2 * float(variables(PLAY)["PLAY_SHUTDOWN_TIMEOUT"]) <= POD["terminationGracePeriodSeconds"]
