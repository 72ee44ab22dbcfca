"""A process that is told to end ends, whatever it is doing at that moment."""

import subprocess
import sys
from pathlib import Path

from benchmarks.processes import free_port
from tests.services import HOUSE, clean_environment

# The lock of all imports is held until this thread waits for it and has been told to end. Whoever takes it at that
# moment and is torn away from there keeps it, and the other thread would import, and be waited for, for ever.
AMID_AN_IMPORT = """
import _imp, os, signal, sys, threading, time
from entrypoints.prepare import end_by_signals

def hold():
    _imp.acquire_lock()
    is_held.set()
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.1)
    _imp.release_lock()
    time.sleep(0.3)
    import tabnanny

is_held, holding = threading.Event(), threading.Thread(target=hold)
assert not {"tabnanny", "wave"} & set(sys.modules)
end_by_signals()
holding.start()
try:
    is_held.wait()
    import wave
    time.sleep(30)
finally:
    holding.join()
    print("in order")
"""

# Who looks for an attribute, or for a key, may take whatever is raised meanwhile for "there is none".
LOST = """
import signal
import entrypoints.whole
wired = entrypoints.whole.wired

def lose(*given):
    try:
        signal.raise_signal(signal.SIGTERM)
    except SystemExit:
        print("lost", flush=True)
    return wired(*given)

entrypoints.whole.wired = lose
import soundverse_play
soundverse_play.main()
"""


def ended(*arguments: str) -> tuple[int, str, str]:
    """How Python ended that was told to run this, and what it said."""
    run = subprocess.run(
        [sys.executable, "-c", *arguments],
        cwd=HOUSE,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stdout, run.stderr


def test_an_import_that_is_interrupted_leaves_no_other_waiting() -> None:
    assert ended(AMID_AN_IMPORT) == (0, "in order\n", "")


def test_a_service_that_was_told_to_end_before_it_serves_ends_even_if_that_got_lost(tmp_path: Path) -> None:
    code, said, errors = ended(LOST, "--memory", "--port", str(free_port()), "--data", str(tmp_path))

    assert (code, said.splitlines()[0], errors) == (0, "lost", "")
