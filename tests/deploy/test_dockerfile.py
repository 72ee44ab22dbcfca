"""The image: small, run by nobody in particular, started and asked after without a shell."""

import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import fields

from entrypoints.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """The Dockerfile's instructions in order, each with its arguments on one line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    parts = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(name.upper(), " ".join(arguments.split())) for name, arguments in parts]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, its FROM first."""
    found: list[list[Instruction]] = []
    for instruction in instructions((ROOT / "Dockerfile").read_text()):
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


BUILD, RUNTIME = stages()


def only(stage: list[Instruction], name: str) -> str:
    (arguments,) = [arguments for instruction, arguments in stage if instruction == name]
    return arguments


def environment() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", only(RUNTIME, "ENV")))


HADOLINT = shutil.which(
    "hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
)


@contextmanager
def a_service_that_answers(status: int) -> Iterator[int]:
    """A server on loopback that answers /livez with ``status`` and all else with 404; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/livez" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked_after(port: int, **more: str) -> int:
    """The exit code of the image's health check, run here as the engine runs it there."""
    command = json.loads(only(RUNTIME, "HEALTHCHECK").partition("CMD ")[2])
    return subprocess.run(
        [sys.executable, *command[1:]],
        env={**os.environ, "PORT": str(port), **more},
        stderr=subprocess.DEVNULL,
        timeout=30,
        check=False,
    ).returncode


def test_what_runs_has_only_what_was_installed_in_the_stage_before() -> None:
    assert only(BUILD, "FROM").endswith(" AS build")
    assert only(RUNTIME, "COPY") == "--from=build /opt/soundverse-play /opt/soundverse-play"
    assert "apt-get" not in only(RUNTIME, "RUN")


def test_hadolint_finds_nothing_to_say() -> None:
    said = subprocess.run([str(HADOLINT), ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_versions_installed_are_the_constrained_ones_without_extras() -> None:
    assert "pip install --no-cache-dir --constraint constraints.txt /wheels/*.whl" in only(BUILD, "RUN")


def test_the_service_is_never_root() -> None:
    user, _, group = only(RUNTIME, "USER").partition(":")

    assert int(user) >= 10_000
    assert int(group) >= 10_000
    assert f"--owner={user} --group={group}" in only(RUNTIME, "RUN")


def test_data_and_media_belong_to_the_service_wherever_a_volume_takes_their_place() -> None:
    data = environment()["PLAY_DATA"]

    assert only(RUNTIME, "RUN").endswith(f" --mode=0750 {data} {data}/media")


def test_neither_a_database_nor_tests_are_installed() -> None:
    assert "[" not in only(BUILD, "RUN")  # no extra


def test_the_service_is_started_without_a_shell_between_it_and_its_signals() -> None:
    (command,) = json.loads(only(RUNTIME, "ENTRYPOINT"))

    assert command in PROJECT["project"]["scripts"]
    assert json.loads(only(RUNTIME, "CMD")) == ["serve"]


def test_the_image_sets_only_settings_that_exist() -> None:
    ours = {name for name in environment() if name.startswith("PLAY_")}

    assert ours == {"PLAY_HOST", "PLAY_DATA"}
    assert ours <= {variable_of(setting) for setting in fields(Settings)}


def test_the_data_folder_is_a_volume_and_the_ports_are_the_services_own() -> None:
    assert environment()["PLAY_DATA"] == only(RUNTIME, "VOLUME")
    assert int(only(RUNTIME, "EXPOSE")) == Settings().port


def test_a_service_that_answers_is_healthy() -> None:
    with a_service_that_answers(200) as port:
        assert asked_after(port) == 0


def test_a_service_is_asked_directly_whatever_the_proxy() -> None:
    with a_service_that_answers(200) as port:
        assert asked_after(port, http_proxy="http://127.0.0.1:9", no_proxy="") == 0


def test_a_service_that_fails_is_not_healthy() -> None:
    with a_service_that_answers(500) as port:
        assert asked_after(port) != 0


def test_a_service_that_is_gone_is_not_healthy() -> None:
    with socket.socket() as silent:  # whose port is nobody else's meanwhile
        silent.bind(("127.0.0.1", 0))

        assert asked_after(silent.getsockname()[1]) != 0


@pytest.mark.parametrize("part", ["constraints.txt", "pyproject.toml", PROJECT["project"]["readme"]])
def test_the_build_is_given_what_installing_needs(part: str) -> None:
    assert f"!{part}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_build_is_given_every_part_of_the_wheel_and_nothing_that_was_not_named() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    assert lines[0] == "*"
    assert {f"!{part}" for part in [*wheel["packages"], *wheel.get("include", [])]} <= set(lines)
    assert not any(line.startswith("!.") for line in lines)


def test_what_is_hidden_or_compiled_stays_out_of_the_build_wherever_it_lies() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    # The last pattern that fits a path decides, so these must follow every "!".
    behind_what_is_let_in = lines[max(i for i, line in enumerate(lines) if line.startswith("!")) + 1 :]

    assert {"**/.*", "**/__pycache__"} <= set(behind_what_is_let_in)
