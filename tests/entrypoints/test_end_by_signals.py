"""A process that is told to end ends, whatever it is doing at that moment."""

import subprocess
import sys

from tests.services import HOUSE

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


def test_an_import_that_is_interrupted_leaves_no_other_waiting() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", AMID_AN_IMPORT], cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "in order\n", "")
