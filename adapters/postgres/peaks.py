"""The peaks that were drawn, in PostgreSQL: drawn by one replica, known to all."""

from datetime import datetime

from attrs import frozen
from psycopg.rows import class_row, scalar_row

from adapters.postgres.pool import Database
from domain.errors import PeaksFault
from domain.peaks import KeptPeaks, Peaks, PeaksKey

FIND = """
    SELECT made_at, coalesce(duration, 0) AS duration, coalesce(outline, '') AS outline, fault
    FROM peaks WHERE key = %(key)s"""

KEEP = """
    INSERT INTO peaks (key, made_at, duration, outline, fault)
    VALUES (%(key)s, %(made_at)s, %(duration)s, %(outline)s, %(fault)s)
    ON CONFLICT (key) DO UPDATE
    SET made_at = excluded.made_at, duration = excluded.duration, outline = excluded.outline, fault = excluded.fault
    RETURNING key"""


@frozen
class PeaksRow:
    """A row: peaks, unless there is a ``fault``."""

    made_at: datetime
    duration: float
    outline: bytes
    fault: str | None

    def kept(self) -> KeptPeaks:
        drawn = Peaks(self.duration, self.outline) if self.fault is None else PeaksFault(self.fault)
        return KeptPeaks(drawn, self.made_at)


@frozen
class PostgresPeaks:
    """A row of ``peaks`` for each version of a clip that was drawn."""

    database: Database

    async def kept_peaks(self, key: PeaksKey) -> KeptPeaks | None:
        rows = await self.database.ask(FIND, {"key": key}, class_row(PeaksRow))
        return rows[0].kept() if rows else None

    async def keep_peaks(self, key: PeaksKey, kept: KeptPeaks) -> None:
        row = {"key": key, "made_at": kept.made_at, "duration": None, "outline": None, "fault": None}
        match kept.outcome:
            case PeaksFault() as fault:
                row["fault"] = fault.value
            case Peaks(duration, outline):
                row |= {"duration": duration, "outline": outline}
        await self.database.ask(KEEP, row, scalar_row)
