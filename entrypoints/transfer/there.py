"""Takes audio files into a service elsewhere, over its API. No file is sent again that may have become a clip."""

from asyncio import get_running_loop, sleep, to_thread
from threading import Event

from attrs import define, field, frozen

from domain.clip import ClipOffer
from domain.location import content_hash
from entrypoints.remote_seed import RemoteCatalogue, RemoteSeedError
from entrypoints.transfer.folder_import import AudioFile, FileRefused, ImportStopped
from entrypoints.transfer.upload import Answer, AnswerLost, NotSent, Upload

MOST_WAITING = 600.0  # seconds, for one file: a service that lets nobody write for so long is not waited for
PAUSE = 2.0  # seconds, where the service does not say how long to wait
SIDE_BY_SIDE = 200  # clips
TICK = 0.2  # seconds
COME_AGAIN = frozenset({429, 503})
OF_THE_FILE = frozenset({400, 413, 415, 422})  # refusals; any other would meet each file
UNCERTAIN = frozenset({500, 502, 504})  # of a gateway that does not know what became of it


@frozen
class Later:
    """When to try again, in seconds, and why not now."""

    wait: float
    why: str


@define
class There:
    """The service at `RemoteCatalogue.url`. ``ended`` ends the waiting."""

    catalogue: RemoteCatalogue
    ended: Event
    _known: set[str] = field(factory=set, init=False)  # content hashes
    _newest: int = field(default=0, init=False)  # id of the newest clip that was looked at

    async def look(self) -> None:
        """Learn what the service has, once. Raises ImportStopped."""
        await to_thread(self._look)

    def _look(self) -> None:
        """Learn what has come since. A clip may appear after one of a higher id, for they are added side by side."""
        newest = self._newest
        try:
            for clip in self.catalogue.clips():
                if clip["id"] <= self._newest - SIDE_BY_SIDE:
                    break
                newest = max(newest, clip["id"])
                self._known.add(content_hash(clip["audio_url"]) or "")
        except RemoteSeedError as error:
            raise ImportStopped(str(error)) from error
        except (KeyError, TypeError) as error:
            raise ImportStopped(f"{self.catalogue.url} answers with something else than clips.") from error
        self._newest = newest

    async def has(self, file: AudioFile) -> bool:
        return file.content_hash in self._known

    async def add(self, file: AudioFile, offer: ClipOffer) -> None:
        deadline = get_running_loop().time() + MOST_WAITING
        while True:
            later = await self._tried(file, offer)
            if later is None:
                return
            if get_running_loop().time() + later.wait > deadline:
                raise ImportStopped(f"{self.catalogue.url} cannot be written to: {later.why.rstrip('.')}.")
            await self._pause(later.wait)
            if await self._is_there_by_now(file):
                return

    async def _tried(self, file: AudioFile, offer: ClipOffer) -> Later | None:
        """None once it is there; else when to try again. Raises FileRefused, ImportStopped."""
        try:
            answer = await to_thread(self._sent, file, offer)
        except NotSent as error:
            return Later(PAUSE, str(error))
        except AnswerLost as error:
            await self._found_or_lost(file, str(error))
            return None
        if answer.status in UNCERTAIN:
            await self._found_or_lost(file, answer.detail)
            return None
        return self._judged(answer)

    def _sent(self, file: AudioFile, offer: ClipOffer) -> Answer:
        with file.path.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(0)
            return Upload(opened, size, offer).send(self.catalogue.url, self.catalogue.key)

    def _judged(self, answer: Answer) -> Later | None:
        if answer.status == 201:
            return None
        if answer.status in COME_AGAIN:
            return Later(answer.wait or PAUSE, answer.detail)
        if answer.status in OF_THE_FILE:
            raise FileRefused(answer.detail)
        raise ImportStopped(f"{self.catalogue.url} answers {answer.status}: {answer.detail.rstrip('.')}.")

    async def _found_or_lost(self, file: AudioFile, why: str) -> None:
        """Raises FileRefused: it is not there, and may still come. So it is not sent once more."""
        await self._pause(PAUSE)
        if not await self._is_there_by_now(file):
            raise FileRefused(f"it was sent, and its answer was lost ({why}): whether it is in, the next run will see")

    async def _is_there_by_now(self, file: AudioFile) -> bool:
        """Whether it is; what cannot be asked now is asked the next time."""
        try:
            await to_thread(self._look)
        except ImportStopped:
            return False
        return await self.has(file)

    async def _pause(self, seconds: float) -> None:
        """Wait for so long. Raises ImportStopped: it was ended meanwhile."""
        until = get_running_loop().time() + seconds
        while (left := until - get_running_loop().time()) > 0:
            if self.ended.is_set():
                raise ImportStopped("Ended while the service could not be written to; run it again for the rest.")
            await sleep(min(TICK, left))
