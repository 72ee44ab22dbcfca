"""A start loads what its first answer needs, and leaves the rest to whoever asks for it first."""

import subprocess
import sys

from benchmarks.processes import free_port
from tests.end_to_end.conftest import FreshFolder
from tests.services import HOUSE, clean_environment

# Whoever listens in the same process tells what is loaded, once a first page of clips was answered.
ASK = """
import asyncio, os, signal, socket, sys, threading, time

is_settling, is_looked_at = threading.Event(), threading.Event()

def not_yet_whole(module):  # one stands in sys.modules while it is still being loaded
    return not hasattr(sys.modules.get(module), "structure")

def told(port):
    while True:
        with socket.create_connection(("127.0.0.1", port)) as asking:
            asking.sendall(b"GET /play HTTP/1.1\\r\\nHost: here\\r\\nConnection: close\\r\\n\\r\\n")
            if asking.recv(65_536).startswith(b"HTTP/1.1 200 "):
                return sorted(sys.modules)
        time.sleep(0.02)

def tell(port):
    is_settling.wait(20)
    while True:
        try:
            loaded = told(port)
        except ConnectionError:
            time.sleep(0.02)
        else:
            is_looked_at.set()
            print("LOADED", *loaded)
            end = time.monotonic() + 20
            while not_yet_whole("entrypoints.web.request_bodies") and time.monotonic() < end:
                time.sleep(0.02)
            print("LATER", *sorted(sys.modules))
            return os.kill(os.getpid(), signal.SIGTERM)

async def settle(_seconds):  # however busy the machine is, the first answer is looked at before it
    is_settling.set()
    while not is_looked_at.is_set():
        await asyncio.sleep(0.02)

threading.Thread(target=tell, args=(int(sys.argv[2]),), daemon=True).start()
import soundverse_play, entrypoints.lifecycle
entrypoints.lifecycle.sleep = settle
soundverse_play.main()
"""
LEFT_OUT = {
    "adapters.audio.remote.http",
    "adapters.memory.store",
    "aiohttp",
    "cattrs",
    "entrypoints.commands.export",
    "entrypoints.commands.import_clips",
    "miniaudio",
    "numpy",
    "observability.exposition",
    "observability.otlp",
    "opentelemetry",
    "platformdirs",
    "prometheus_client",
    "psutil",
    "soundfile",
    "tinytag",
    "werkzeug",
    "yaml",
    "yarl",
}
"""What a start once waited for, and what it must never."""


def loaded_by_a_start(folder: FreshFolder) -> tuple[set[str], set[str]]:
    """The modules of a service that has answered its first request, and those that it has a while later."""
    ended = subprocess.run(
        [sys.executable, "-c", ASK, "--port", str(free_port()), "--data", str(folder())],
        cwd=HOUSE,
        env=clean_environment() | {"PLAY_DRAIN_GRACE": "0", "PLAY_SAMPLES": "false"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = dict(line.split(" ", 1) for line in ended.stdout.splitlines() if line.startswith(("LOADED ", "LATER ")))
    return set(told["LOADED"].split()), set(told["LATER"].split())


def test_a_first_answer_waits_for_no_library_that_it_does_not_need(fresh_folder: FreshFolder) -> None:
    loaded, later = loaded_by_a_start(fresh_folder)

    assert {"entrypoints.container", "psycopg", "uvicorn"} <= loaded
    assert loaded & LEFT_OUT == set()
    assert later - loaded >= {"cattrs", "entrypoints.web.request_bodies"}  # nor does the first who writes
