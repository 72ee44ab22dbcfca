"""The real child: it draws every format it says, and whatever becomes of it, the service has an answer."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no types
from attrs import define, evolve, field

from adapters.audio.in_memory import OpenedMemory
from adapters.audio.peaks import decoder as program
from adapters.audio.peaks.child_decoder import FAULTS, PROGRAM, ChildDecoder, peaks_of
from domain.byte_range import ByteRange, RequestedRange
from domain.errors import AudioUnavailable, DecoderUnavailable, PeaksFault, PeaksUnavailable, PlayError, SourceFailure
from domain.location import AudioLocation
from domain.peaks import KEPT_PAIRS
from domain.ports import LARGEST_CHUNK, Chunk, OpenedAudio
from domain.validators import UNKNOWN, Validators
from tests.examples import a_wav
from tests.services import HOUSE
from tests.sounds import m4a, mp3, with_id3

PLACE = AudioLocation("library:sound")
SAMPLES = Path(str(files("entrypoints"))) / "sample_clips"
WRITES = "import sys; sys.stdin.read(); sys.stdout.buffer.write(bytes(8)); "


@define
class Bytes:
    """Some bytes as audio of a type, that may come slowly or break off."""

    content: bytes
    media_type: str | None = "audio/wav"
    size: int | None = None
    pause: float = 0
    broken: AudioUnavailable | None = None
    range: ByteRange | None = None
    validators: Validators = UNKNOWN
    can_reopen: bool = False
    was_read: int = 0
    _file: BytesIO = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._file = BytesIO(self.content)

    async def reopen(self, requested: RequestedRange | None) -> OpenedAudio:
        raise NotImplementedError

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        await asyncio.sleep(self.pause)
        if self.broken is not None:
            raise self.broken
        chunk = self._file.read(at_most)
        self.was_read += len(chunk)
        return chunk

    def close(self) -> None: ...


@pytest.fixture
def child(tmp_path: Path) -> ChildDecoder:
    return ChildDecoder(tmp_path / "data", 100_000_000)


def told(child: ChildDecoder, code: str, patience: float = 60) -> ChildDecoder:
    """The same with another program."""
    return evolve(child, command=(sys.executable, "-I", "-c", code), patience=patience)


def in_format(kind: str, subtype: str, seconds: float = 2, rate: int = 48_000) -> bytes:
    """Two channels: a tone at half of full scale in the left one, for the first half; silence in the other."""
    at = np.arange(int(seconds * rate)) / rate
    left = np.where(at < seconds / 2, 0.5 * np.sin(2 * np.pi * 440 * at), 0)
    file = BytesIO()
    soundfile.write(file, np.stack((left, 0 * left), axis=1), rate, subtype, format=kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"),
        ("WAV", "PCM_16"), ("WAV", "ULAW"), ("RF64", "PCM_24"), ("AIFF", "PCM_16"), ("AIFF", "FLOAT"),
    ],
)  # fmt: skip
async def test_each_format_is_drawn(child: ChildDecoder, kind: str, subtype: str) -> None:
    audio = OpenedMemory.of(PLACE, in_format(kind, subtype), None)
    peaks = await child.drawn(PLACE, audio)

    assert peaks.duration == pytest.approx(2, abs=0.1)
    loud, faint = peaks.reduced(20)[1:9], peaks.reduced(20)[12:]
    assert all(-72 <= low <= -58 and 58 <= high <= 72 for low, high in loud)
    assert all(-2 <= low <= 0 <= high <= 2 for low, high in faint)


@pytest.mark.parametrize("name", ["night-bus.mp3", "rain-on-the-roof.ogg"])
async def test_the_samples_are_drawn(child: ChildDecoder, name: str) -> None:
    peaks = await child.drawn(PLACE, OpenedMemory.of(PLACE, (SAMPLES / name).read_bytes(), None))

    assert 10 < peaks.duration < 20
    assert len(peaks.pairs) == KEPT_PAIRS
    assert max(high for _, high in peaks.pairs) > 50


@pytest.mark.parametrize(("kind", "subtype"), [("MP3", "MPEG_LAYER_III"), ("FLAC", "PCM_16")])
async def test_what_stands_behind_a_tag_is_drawn_as_without(child: ChildDecoder, kind: str, subtype: str) -> None:
    content = in_format(kind, subtype)
    audio, tagged = (OpenedMemory.of(PLACE, each, None) for each in (content, with_id3(content, 5_000)))

    assert await child.drawn(PLACE, tagged) == await child.drawn(PLACE, audio)


async def test_audio_that_is_cut_short_is_drawn_as_far_as_it_goes(child: ChildDecoder) -> None:
    content = (SAMPLES / "night-bus.mp3").read_bytes()
    peaks = await child.drawn(PLACE, Bytes(content[: len(content) // 2], "audio/mpeg"))

    assert 5 < peaks.duration < 10


@pytest.mark.parametrize(
    ("content", "media_type", "why"),
    [
        (b"", "audio/wav", PeaksFault.UNDECODABLE),
        (a_wav()[:40], "audio/wav", PeaksFault.UNDECODABLE),
        (Random(1).randbytes(100_000), None, PeaksFault.UNDECODABLE),
        (b"fLaC" + bytes(10_000), "audio/flac", PeaksFault.UNDECODABLE),
        (b"OggS" + bytes(10_000), "audio/ogg", PeaksFault.UNDECODABLE),
        (m4a(3, index_first=True), "audio/mp4", PeaksFault.FORMAT),
        (a_wav(), "audio/webm", PeaksFault.FORMAT),
        (mp3(), "audio/aac", PeaksFault.FORMAT),
        (a_wav() + bytes(1_000_000), "audio/wav", PeaksFault.TOO_LONG),
    ],
)
@pytest.mark.parametrize("is_size_told", [True, False])
async def test_of_what_cannot_be_drawn_it_is_said_why(
    child: ChildDecoder, content: bytes, media_type: str | None, why: PeaksFault, is_size_told: bool
) -> None:
    audio = Bytes(content, media_type, len(content) if is_size_told else None)
    with pytest.raises(PeaksUnavailable) as refused:
        await evolve(child, largest=1_000_000).drawn(PLACE, audio)

    assert refused.value.why is why


@pytest.mark.parametrize(("size", "was_read"), [(LARGEST_CHUNK * 9, 0), (None, LARGEST_CHUNK * 5)])
async def test_of_what_is_too_large_no_more_is_read_than_it_takes_to_know(
    child: ChildDecoder, size: int | None, was_read: int
) -> None:
    audio = Bytes(bytes(LARGEST_CHUNK * 9), size=size)
    with pytest.raises(PeaksUnavailable):
        await evolve(child, largest=LARGEST_CHUNK * 4).drawn(PLACE, audio)

    assert audio.was_read == was_read


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", PeaksFault.DECODER_BROKE),
        ("import os; os.abort()", PeaksFault.DECODER_BROKE),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", PeaksFault.TOO_LONG),
        (WRITES + "sys.exit(11)", PeaksFault.TOO_LONG),
        (WRITES + "sys.exit(12)", PeaksFault.DECODER_BROKE),
    ],
)
async def test_a_child_that_breaks_on_its_audio_is_the_audios_fault(
    child: ChildDecoder, code: str, why: PeaksFault
) -> None:
    with pytest.raises(PeaksUnavailable) as refused:
        await told(child, code).drawn(PLACE, Bytes(a_wav()))

    assert refused.value.why is why


@pytest.mark.parametrize(
    "code",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import a_module_that_is_not_installed",
        WRITES,
    ],
)
async def test_a_child_that_somebody_ended_or_that_is_a_defect_is_nobodys_fault_and_is_logged(
    child: ChildDecoder, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DecoderUnavailable):
        await told(child, code).drawn(PLACE, Bytes(a_wav()))

    assert "the decoder ended with" in caplog.text


async def test_a_child_that_complains_without_end_fills_no_memory_and_is_quoted_at_its_end(
    child: ChildDecoder, caplog: pytest.LogCaptureFixture
) -> None:
    complains = "import sys\nfor _ in range(50): sys.stderr.write('x' * 1_000_000)\nsys.exit('the end')"
    with pytest.raises(DecoderUnavailable):
        await told(child, complains).drawn(PLACE, Bytes(a_wav()))

    assert len(caplog.text) < 3_000
    assert "the end" in caplog.text


async def test_a_decoder_that_is_not_there_is_told_in_the_log(
    child: ChildDecoder, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DecoderUnavailable):
        await evolve(child, command=("/nowhere/python",)).drawn(PLACE, Bytes(a_wav()))

    assert "cannot be started" in caplog.text


def noting(file: Path) -> str:
    """A program that notes its process id and never ends by itself."""
    return f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"


async def noted(file: Path) -> int:
    while not (file.exists() and file.read_text()):
        await asyncio.sleep(0.01)
    return int(file.read_text())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_that_takes_too_long_is_ended(child: ChildDecoder, tmp_path: Path) -> None:
    for patience in (1.5, 10, 30):  # in which a slow machine has begun the program
        async with asyncio.timeout(300):
            with pytest.raises(DecoderUnavailable):
                await told(child, noting(tmp_path / "pid"), patience=patience).drawn(PLACE, Bytes(a_wav()))
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            break

    assert not is_running(int((tmp_path / "pid").read_text()))


async def test_who_gives_up_ends_the_child_first(child: ChildDecoder, tmp_path: Path) -> None:
    drawing = asyncio.create_task(told(child, noting(tmp_path / "pid")).drawn(PLACE, Bytes(a_wav())))
    pid = await noted(tmp_path / "pid")
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)

    assert drawing.cancelled()
    assert not is_running(pid)


async def test_a_child_that_is_killed_amid_its_work_is_no_fault_of_the_audio(
    child: ChildDecoder, tmp_path: Path
) -> None:
    drawing = asyncio.create_task(told(child, noting(tmp_path / "pid")).drawn(PLACE, Bytes(a_wav())))
    os.kill(await noted(tmp_path / "pid"), signal.SIGKILL)

    with pytest.raises(DecoderUnavailable):
        await drawing


@pytest.mark.parametrize(
    ("audio", "patience", "failure"),
    [
        (Bytes(a_wav(), pause=30), 0.2, SourceFailure.TOO_SLOW),
        (Bytes(a_wav(), broken=AudioUnavailable(PLACE, SourceFailure.INTERRUPTED)), 60, SourceFailure.INTERRUPTED),
    ],
)
async def test_a_source_that_fails_is_told_as_such(
    child: ChildDecoder, audio: Bytes, patience: float, failure: SourceFailure
) -> None:
    with pytest.raises(AudioUnavailable) as failed:
        await evolve(child, patience=patience).drawn(PLACE, audio)

    assert failed.value.failure is failure


async def test_a_disk_without_room_is_no_fault_of_the_audio(
    child: ChildDecoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DecoderUnavailable):
        await evolve(child, folder=tmp_path / "file").drawn(PLACE, Bytes(a_wav()))

    assert "no room" in caplog.text


@pytest.mark.parametrize("content", [a_wav(), b"no audio"])
async def test_nothing_is_left_in_the_folder(child: ChildDecoder, content: bytes) -> None:
    try:
        await child.drawn(PLACE, Bytes(content))
    except PlayError:
        assert content == b"no audio"

    assert list(child.folder.iterdir()) == []


async def test_the_child_sees_nothing_of_the_services_environment_nor_of_its_files(
    child: ChildDecoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret@db/play")
    seen = tmp_path / "seen"
    looks = f"import os; has = [*os.environ, *os.listdir('/dev/fd')]; open({str(seen)!r}, 'w').write(' '.join(has))"
    with (tmp_path / "open").open("w") as opened:
        os.set_inheritable(opened.fileno(), True)
        with pytest.raises(DecoderUnavailable):
            await told(child, looks).drawn(PLACE, Bytes(a_wav()))
    found = seen.read_text().split()

    assert "DATABASE_URL" not in found
    assert [name for name in found if name.isdigit()] == ["0", "1", "2", "3"]  # 3: the folder that it looks into


CONFINED = f"""
import resource, sys
sys.path.insert(0, {str(HOUSE)!r})
from adapters.audio.peaks import decoder
decoder.SECONDS_OF_PROCESSOR = 1
decoder.confine()
"""


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("while True: pass", -signal.SIGXCPU),
        ("decoder.drawn = lambda _: bytearray(2**30)\nsys.exit(decoder.main('audio/wav'))", program.OUT_OF_MEMORY),
        ("import os, errno\ntry: os.write(os.open('x', os.O_CREAT | os.O_WRONLY), b'x')\n"
         "except OSError as error: sys.exit(error.errno)", errno.EFBIG),
    ],
)  # fmt: skip
def test_the_program_has_limits_of_time_memory_and_files(tmp_path: Path, does: str, code: int) -> None:
    command = [sys.executable, "-c", CONFINED + does]

    assert subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=180, check=False).returncode == code


RUN = f"""
import os, resource, runpy, sys
sys.argv = ["decoder.py", "audio/wav"]
try:
    runpy.run_path({str(PROGRAM)!r}, run_name="__main__")
except SystemExit as ended:
    os.write(2, str((ended.code, resource.getrlimit(resource.RLIMIT_FSIZE), os.nice(0))).encode())
"""


def test_the_program_runs_within_its_limits_and_behind_all_others() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", RUN], stdin=subprocess.DEVNULL, capture_output=True, timeout=180, check=True
    )

    assert ended.stderr.decode() == str((program.UNDECODABLE, (0, 0), min(19, os.nice(0) + 10)))


def test_program_and_parent_speak_of_the_same() -> None:
    assert program.PAIRS == KEPT_PAIRS
    assert [FAULTS[code] for code in (program.UNDECODABLE, program.TOO_LONG, program.OUT_OF_MEMORY)] == [
        PeaksFault.UNDECODABLE,
        PeaksFault.TOO_LONG,
        PeaksFault.DECODER_BROKE,
    ]
    with pytest.raises(DecoderUnavailable):
        peaks_of(0, b"", b"")


def test_the_service_itself_loads_no_codec() -> None:
    codecs = "{'numpy', 'miniaudio', 'soundfile', '_soundfile', '_miniaudio'}"
    code = f"import sys, entrypoints.container, entrypoints.cli; print({codecs} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True)

    assert loaded.stdout == "set()\n"


async def test_drawing_leaves_the_event_loop_to_others(child: ChildDecoder) -> None:
    shares = [await longest_share_of_the_loop(child)]
    while shares[-1] >= 1 / 3 and len(shares) < 3:  # of a machine that stood still it says nothing
        shares.append(await longest_share_of_the_loop(child))

    assert shares[-1] < 1 / 3


async def longest_share_of_the_loop(child: ChildDecoder) -> float:
    """Of the time that drawing takes, the longest part in which nobody else had a turn."""
    longest, over, audio = 0.0, asyncio.Event(), Bytes(in_format("OGG", "OPUS", seconds=60), "audio/ogg")

    async def watch() -> None:
        nonlocal longest
        while not over.is_set():
            began = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - began)

    watching = asyncio.create_task(watch())
    began = time.monotonic()
    await child.drawn(PLACE, audio)
    took = time.monotonic() - began
    over.set()
    await watching
    return longest / took
