"""Starts the command line, unless another module stands in its place.

PyPI has a module called ``entrypoints``. Installed beside an editable checkout of ours it is found first.
"""

import signal
import sys
from importlib.util import find_spec


def main() -> None:
    """The console script ``soundverse-play``."""
    # Before anything is imported: process 1 of a container ignores a signal that it has no handler for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    found = find_spec("entrypoints")
    if found is None or not found.submodule_search_locations:
        sys.exit(
            "The package 'entrypoints' from PyPI hides the one of Soundverse Play. "
            "Take it out (pip uninstall entrypoints) or install Soundverse Play in a virtual environment of its own."
        )
    from entrypoints.loading import loading  # noqa: PLC0415  # not before it is known to be ours

    with loading():
        from entrypoints.cli import main as command_line  # noqa: PLC0415

    command_line()


if __name__ == "__main__":
    main()
