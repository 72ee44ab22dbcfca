"""The secrets of the day, in PostgreSQL: every process has the same, and what is deleted is gone for all."""

from datetime import date
from secrets import token_bytes

from attrs import frozen
from psycopg.rows import scalar_row

from adapters.postgres.pool import Database
from domain.listener import DailyKey

KEY_LENGTH = 32  # bytes

# Whoever comes second updates nothing and so sees the first one's key, even one that was committed just now.
KEEP_OR_FIND = """
    INSERT INTO daily_keys (day, key) VALUES (%(day)s, %(key)s)
    ON CONFLICT (day) DO UPDATE SET day = excluded.day
    RETURNING key"""

DELETE = """
    DELETE FROM daily_keys WHERE day < %(before)s RETURNING day"""

# What was deleted would stay in the table's file, and so small a table is hardly ever cleaned up by itself.
OVERWRITE = "VACUUM (FULL) daily_keys"


@frozen
class PostgresDailyKeys:
    """A row of ``daily_keys`` for each day on which somebody listened."""

    database: Database

    async def daily_key(self, day: date) -> DailyKey:
        offered = {"day": day, "key": token_bytes(KEY_LENGTH)}
        [key] = await self.database.ask(KEEP_OR_FIND, offered, scalar_row)
        return DailyKey(bytes(key))

    async def delete_keys(self, before: date) -> None:
        if await self.database.ask(DELETE, {"before": before}, scalar_row):
            await self.database.ask_patiently(OVERWRITE, {}, scalar_row)
