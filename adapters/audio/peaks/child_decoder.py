"""Peaks by a child process: what its decoders do to it, they do to nobody else."""

import asyncio
import logging
import signal
import struct
import sys
from asyncio import StreamReader
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from attrs import frozen

from domain.errors import AudioUnavailable, DecoderUnavailable, PeaksFault, PeaksUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.peaks import KEPT_PAIRS, Peaks
from domain.ports import OpenedAudio

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("decoder.py")
NOT_DECODED = ("audio/mp4", "audio/aac", "audio/webm")
FAULTS = {
    10: PeaksFault.UNDECODABLE,
    11: PeaksFault.TOO_LONG,
    12: PeaksFault.DECODER_BROKE,
    -signal.SIGXCPU: PeaksFault.TOO_LONG,
}  # by the program's exit code
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
DURATION = struct.Struct("<d")
LONGEST_ANSWER = DURATION.size + 2 * KEPT_PAIRS
LONGEST_COMPLAINT = 2_000  # bytes, of what is logged
# Nothing of the service's own: settings and keys are none of a decoder's business. Its algebra needs no threads.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}


@frozen
class ChildDecoder:
    """Copies audio into a file without a name in ``folder``, and has a child process draw it.

    The child has limits of memory and of processor time, and none of the service's environment or files. ``largest`` is
    bytes of audio; ``patience`` is seconds, for reading it and again for drawing. Cancelled, it ends the child."""

    folder: Path
    largest: int
    patience: float = 180
    command: tuple[str, ...] = (sys.executable, "-I", str(PROGRAM))
    environment: Mapping[str, str] = ENVIRONMENT

    async def drawn(self, location: AudioLocation, audio: OpenedAudio) -> Peaks:
        media_type = audio.media_type or "application/octet-stream"
        if media_type in NOT_DECODED:
            raise PeaksUnavailable(PeaksFault.FORMAT)
        try:
            file = await asyncio.to_thread(self._file)
        except OSError as error:
            raise no_room(error) from error
        with file:
            await self._copied(location, audio, file)
            return await self._decoded(media_type, file)

    def _file(self) -> IO[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        return TemporaryFile(dir=self.folder)

    async def _copied(self, location: AudioLocation, audio: OpenedAudio, file: IO[bytes]) -> None:
        """Raises AudioUnavailable, PeaksUnavailable, DecoderUnavailable: there is no room for it."""
        left = self.largest
        if audio.size is not None and audio.size > left:
            raise PeaksUnavailable(PeaksFault.TOO_LONG)
        try:
            async with asyncio.timeout(self.patience):
                while chunk := await audio.read():
                    left -= len(chunk)
                    if left < 0:
                        raise PeaksUnavailable(PeaksFault.TOO_LONG)
                    await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(file.seek, 0)
        except TimeoutError as error:
            raise AudioUnavailable(location, SourceFailure.TOO_SLOW) from error
        except OSError as error:
            raise no_room(error) from error

    async def _decoded(self, media_type: str, file: IO[bytes]) -> Peaks:
        """Raises PeaksUnavailable, DecoderUnavailable."""
        try:
            child = await asyncio.create_subprocess_exec(
                *self.command, media_type, stdin=file, stdout=PIPE, stderr=PIPE, env=self.environment
            )
        except OSError as error:
            log.error("the decoder cannot be started: %s", error)
            raise DecoderUnavailable from error
        try:
            async with asyncio.timeout(self.patience):
                written, complaint = await asyncio.gather(
                    last_of(child.stdout, LONGEST_ANSWER), last_of(child.stderr, LONGEST_COMPLAINT)
                )
                await child.wait()
        except TimeoutError as error:
            log.warning("the decoder was ended: it took longer than %s s", self.patience)
            raise DecoderUnavailable from error
        finally:
            await ended(child)
        return peaks_of(child.returncode, written, complaint)


def no_room(error: OSError) -> DecoderUnavailable:
    log.warning("there is no room to decode a clip in: %s", error)
    return DecoderUnavailable()


async def last_of(pipe: StreamReader | None, most: int) -> bytes:
    """The last bytes that come through ``pipe``, of however many: codecs may complain of each frame."""
    last = b""
    while pipe is not None and (chunk := await pipe.read(most)):
        last = (last + chunk)[-most:]
    return last


async def ended(child: Process) -> None:
    """Wait for the end of ``child``, which is now if it has not come yet."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def peaks_of(code: int | None, written: bytes, complaint: bytes) -> Peaks:
    """What the program drew before it ended with ``code``. Raises PeaksUnavailable.

    Raises DecoderUnavailable: somebody else ended it, or it is a defect of ours, and no fault of the audio's."""
    if code == 0 and len(written) == LONGEST_ANSWER:
        return Peaks(DURATION.unpack_from(written)[0], written[DURATION.size :])
    fault = FAULTS.get(code or 0)
    if fault is None and (code is None or code >= 0 or code in FROM_OUTSIDE):
        log.error("the decoder ended with %s: %s", code, complaint.decode(errors="replace"))
        raise DecoderUnavailable
    if fault in (None, PeaksFault.DECODER_BROKE):
        log.warning("the decoder broke on a clip, with %s", code)
    raise PeaksUnavailable(fault or PeaksFault.DECODER_BROKE)
