"""The whole store in memory."""

from attrs import define

from adapters.memory.browsing import MemoryBrowsing
from adapters.memory.catalogue import MemoryCatalogue
from adapters.memory.daily_keys import MemoryDailyKeys
from adapters.memory.deliveries import MemoryDeliveries
from adapters.memory.ledger import MemoryLedger
from adapters.memory.listens import MemoryListens
from adapters.memory.peaks import MemoryPeaks
from adapters.memory.play_counts import MemoryPlayCounts
from adapters.memory.retention import MemoryRetention
from adapters.memory.statistics import MemoryStatistics
from adapters.memory.transfer import MemoryTransfer


@define(slots=False)
class MemoryStore(
    MemoryBrowsing,
    MemoryStatistics,
    MemoryCatalogue,
    MemoryLedger,
    MemoryPlayCounts,
    MemoryDeliveries,
    MemoryListens,
    MemoryRetention,
    MemoryTransfer,
    MemoryDailyKeys,
    MemoryPeaks,
):
    """All ports of the store in one object, since its parts share their tables."""

    async def check(self) -> None:
        """Memory can always be asked."""
