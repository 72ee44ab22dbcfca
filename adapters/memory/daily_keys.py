"""The secrets of the day, in memory."""

from datetime import date
from secrets import token_bytes

from attrs import define

from adapters.memory.tables import InMemory
from domain.listener import DailyKey


@define(slots=False)
class MemoryDailyKeys(InMemory):
    """A secret for each day, gone with the process."""

    async def daily_key(self, day: date) -> DailyKey:
        return self._tables.daily_keys.setdefault(day, DailyKey(token_bytes(32)))

    async def delete_keys(self, before: date) -> None:
        for day in [day for day in self._tables.daily_keys if day < before]:
            del self._tables.daily_keys[day]
