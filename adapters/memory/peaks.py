"""The peaks that were drawn, in memory."""

from attrs import define

from adapters.memory.tables import InMemory
from domain.peaks import KeptPeaks, PeaksKey


@define(slots=False)
class MemoryPeaks(InMemory):
    """Peaks by what they are of, gone with the process."""

    async def kept_peaks(self, key: PeaksKey) -> KeptPeaks | None:
        return self._tables.peaks.get(key)

    async def keep_peaks(self, key: PeaksKey, kept: KeptPeaks) -> None:
        self._tables.peaks[key] = kept
