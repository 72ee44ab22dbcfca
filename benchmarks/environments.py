"""Virtual environments of those who are compared: each has what it needs and nothing else, as when it is deployed.

What merely lies beside a service may be imported by its libraries, which costs it time and memory at a start."""

import subprocess
import sys
from pathlib import Path
from shutil import rmtree

from attrs import frozen

from benchmarks.service import HERE

REQUIREMENTS = HERE / "benchmarks/first_version/requirements.txt"
CONSTRAINTS, PROJECT = HERE / "constraints.txt", HERE / "pyproject.toml"


@frozen
class Environment:
    """An environment in ``folder``, made by pip with ``arguments``, anew whenever what ``files`` say has changed."""

    name: str
    folder: Path
    files: tuple[Path, ...]
    arguments: tuple[str, ...]

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def install(self) -> None:
        """Have it; that takes a while, the first time and after each change."""
        wanted, installed = b"".join(file.read_bytes() for file in self.files), self.folder / "installed"
        if installed.exists() and installed.read_bytes() == wanted:
            return
        print(f"installing {self.name}", file=sys.stderr, flush=True)
        rmtree(self.folder, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", self.folder), check=True)
        pip = (self.python, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check")
        subprocess.run((*pip, "install", *self.arguments), check=True, cwd=HERE)
        installed.write_bytes(wanted)


FIRST_VERSION = Environment(
    "the first version's stack",
    HERE / "benchmarks/first_version/.venv",
    (REQUIREMENTS,),
    ("--no-deps", "--requirement", str(REQUIREMENTS)),
)
OURS = Environment(
    "the service by itself",
    HERE / "benchmarks/.venv",
    (CONSTRAINTS, PROJECT),
    ("--constraint", str(CONSTRAINTS), "--editable", ".[embedded]"),
)
