"""The ledger of deliveries in PostgreSQL: what was delivered, and what is counted by it, in one statement."""

from collections.abc import Iterable, Sequence

from attrs import frozen
from psycopg.rows import tuple_row

from adapters.postgres.delivery_columns import columns
from adapters.postgres.pool import Database
from adapters.postgres.rounds import Offer, first_round
from domain.decision import Reason
from domain.delivery import DeliveryEntry, DeliveryId
from domain.heard import MOST_STRETCHES, Window

# `Heard.with_` in SQL: what becomes of ``state`` by ``touch``. A state that is not there, or whose window is over, is
# as good as none; the hours are those of the day, and outlast windows. An hour or a day in UTC is one of equal length
# from the epoch on: date_bin cuts it by arithmetic, where date_trunc looks the time zone up each time.
WITH_TOUCH = f"""
    LATERAL (
        SELECT state.began IS NOT NULL AND (touch.purpose = 'playback' OR CASE %(window)s
            WHEN 'calendar-day' THEN date_bin('1 day', touch.minute, to_timestamp(0))
                                   = date_bin('1 day', state.began, to_timestamp(0))
            WHEN 'first-touch' THEN touch.minute < state.began + interval '24 hours'
            WHEN 'last-touch' THEN touch.minute < state.last + interval '24 hours'
        END) AS is_open
    ) AS place_in_time,
    LATERAL (
        SELECT CASE WHEN is_open THEN state.began ELSE touch.minute END AS began,
               CASE WHEN is_open THEN greatest(state.last, touch.minute) ELSE touch.minute END AS last,
               (SELECT coalesce(range_agg(part), '{{}}') FROM (
                    SELECT part FROM unnest(CASE WHEN is_open THEN state.parts + touch.sent ELSE touch.sent END) AS part
                    LIMIT {MOST_STRETCHES}
                ) AS first_stretches) AS parts,
               touch.begins OR (is_open AND state.is_begun) AS is_begun,
               is_open AND state.is_enough AS was_enough
    ) AS after,
    LATERAL (
        SELECT was_enough OR (after.is_begun AND coalesce(touch.enough <= bytes, false)) AS is_enough
        FROM (SELECT coalesce(sum(upper(part) - lower(part)), 0) FROM unnest(after.parts) AS part) AS heard (bytes)
    ) AS outcome"""  # noqa: S608  # the number is ours

# One transaction. Each row of ``heard`` is touched once, all in one order, then deliveries, then counts, each in one
# order too: statements of several processes wait for each other in turn and never in a circle.
#
# PostgreSQL before 18 does not tell what a row was before it was updated, so each row says itself what is new of it.
# Where it meets a conflict, the row that was offered may begin with the day before's; the touch itself is looked up by
# its place.
#
# Whoever repeats the statement finds its entries there, is told so, and changes nothing. If the first attempt is not
# over yet, the second waits for it at a row of ``heard``, adds the same bytes again, and counts nothing: counts come
# from deliveries that it really wrote.
DELIVER = f"""
    WITH entry AS (
        SELECT *
        FROM unnest(%(ids)s::uuid[], %(clips)s::bigint[], %(ended)s::timestamptz[], %(listeners)s::bytea[],
                    %(playbacks)s::uuid[], %(plays)s::text[], %(endings)s::text[], %(sent)s::int8multirange[],
                    %(settled)s::text[], %(is_completed)s::boolean[], %(downloads)s::int[], %(is_leading)s::boolean[],
                    %(completed)s::int[])
             WITH ORDINALITY AS entry (id, clip_id, ended_at, listener, playback, play, ending, sent,
                                       settled, is_completed, download_of, is_leading, completed_by, nth)
    ), known AS (
        SELECT id FROM deliveries WHERE id = ANY(%(ids)s::uuid[])
    ), united AS (
        INSERT INTO heard AS state (clip_id, whose, purpose, began, last, parts, is_begun, is_enough, hours, news)
        SELECT touch.clip_id, touch.whose, touch.purpose, after.began, after.last,
               CASE WHEN outcome.is_enough THEN '{{}}' ELSE after.parts END, after.is_begun,
               outcome.is_enough, touch.hour, 8 * touch.place + 6 + (outcome.is_enough AND NOT was_enough)::int
        FROM unnest(%(touch_clips)s::bigint[], %(touch_whose)s::bytea[], %(touch_purposes)s::text[],
                    %(touch_known)s::bytea[], %(touch_minutes)s::timestamptz[], %(touch_sent)s::int8multirange[],
                    %(touch_enough)s::bigint[], %(touch_begins)s::boolean[], %(touch_hours)s::int[])
             WITH ORDINALITY AS touch (clip_id, whose, purpose, known_as, minute, sent, enough, begins, hour, place)
             LEFT JOIN LATERAL (
                 SELECT began, last, parts, is_begun, is_enough FROM heard
                 WHERE clip_id = touch.clip_id AND whose = touch.known_as AND purpose = touch.purpose
                 LIMIT 1  -- looked up one by one, by the key
             ) AS state ON true,
             {WITH_TOUCH}
        WHERE NOT EXISTS (SELECT FROM known)
        ORDER BY touch.clip_id, touch.whose, touch.purpose
        ON CONFLICT (clip_id, whose, purpose) DO UPDATE
        SET (began, last, parts, is_begun, is_enough, hours, news) = (
            SELECT after.began, after.last,
                   CASE WHEN outcome.is_enough THEN '{{}}' ELSE after.parts END, after.is_begun,
                   outcome.is_enough, state.hours | excluded.hours,
                   8 * place + 2 * (state.hours & excluded.hours = 0)::int + (outcome.is_enough AND NOT was_enough)::int
            FROM (SELECT excluded.news / 8) AS this (place),
                 LATERAL (SELECT excluded.purpose, (%(touch_minutes)s::timestamptz[])[place],
                                 (%(touch_sent)s::int8multirange[])[place], (%(touch_enough)s::bigint[])[place],
                                 (%(touch_begins)s::boolean[])[place]
                 ) AS touch (purpose, minute, sent, enough, begins),
                 {WITH_TOUCH}
        )
        RETURNING clip_id, purpose, is_enough, news / 8 AS place, news & 1 = 1 AS is_enough_now,
                  news & 2 = 2 AS is_new_hour, news & 4 = 4 AS is_new
    ), judged AS (
        SELECT entry.*,
               coalesce(settled, CASE WHEN is_leading AND download.is_enough_now THEN 'counted'
                                      WHEN download.is_enough THEN 'duplicate' ELSE 'too_few_bytes' END) AS download,
               is_completed OR coalesce(completing.is_enough_now, false) AS completes
        FROM entry LEFT JOIN united AS download ON download.place = download_of
                   LEFT JOIN united AS completing ON completing.place = completed_by
        WHERE NOT EXISTS (SELECT FROM known)
    ), written AS (
        INSERT INTO deliveries (id, clip_id, ended_at, listener, playback, play, download, completes, ending, sent)
        SELECT id, clip_id, ended_at, listener, playback, play, download, completes, ending, sent
        FROM judged ORDER BY id
        ON CONFLICT (id) DO NOTHING
        RETURNING id, clip_id, ended_at, download, completes
    ), met AS (
        SELECT united.clip_id, ended_at, is_new, is_new_hour
        FROM united JOIN unnest(%(touch_leaders)s::uuid[]) WITH ORDINALITY AS led (id, place) USING (place)
                    JOIN written USING (id)
        WHERE purpose IN ('download', 'catalogue')
    ), added (clip_id, counter, at, in_hour, in_day) AS (
        SELECT place, counter, ended_at, true, true
        FROM written,
             LATERAL (VALUES ('downloads', download = 'counted'), ('completed', completes)) AS won (counter, is_so),
             LATERAL (VALUES (clip_id), (-1 - (pg_backend_pid() & 15))) AS counted (place)
        WHERE is_so
        UNION ALL
        SELECT clip_id, 'listeners', ended_at, is_new_hour, is_new FROM met WHERE is_new OR is_new_hour
    ), counted AS (
        INSERT INTO counts AS sum (clip_id, interval, since, counter, count)
        SELECT clip_id, stretch.interval, since, counter, count(*)
        FROM added, LATERAL (VALUES ('hour', date_bin('1 hour', at, to_timestamp(0)), in_hour),
                                    ('day', date_bin('1 day', at, to_timestamp(0)), in_day),
                                    ('total', to_timestamp(0), in_day)) AS stretch (interval, since, is_meant)
        WHERE is_meant
        GROUP BY clip_id, stretch.interval, since, counter ORDER BY clip_id, stretch.interval, since, counter
        ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = sum.count + excluded.count
    )
    SELECT nth, download FROM entry JOIN written USING (id)
    UNION ALL SELECT nth, NULL FROM entry JOIN known USING (id)"""  # noqa: S608  # all of it is text of ours


REASONS = {reason.value: reason for reason in Reason}


@frozen
class PostgresDeliveries:
    """What was delivered, in ``deliveries``; what was heard by it, in ``heard``; and what is counted, in ``counts``.

    Each statement is a transaction. Mostly a call is one; deliveries to one listener that build on each other take
    one each, and a store that goes away between them has kept the first: they may all be delivered again."""

    database: Database

    async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
        waiting = offers = [Offer.of(entry) for entry in first_of_each(entries)]
        reasons = dict[Offer, Reason]()
        while waiting:
            this, rest = first_round(waiting)
            rows = await self.database.ask_patiently(DELIVER, columns(this) | {"window": window.value}, tuple_row)
            known = {this.offers[nth - 1] for nth, reason in rows if reason is None}
            if known:  # then nothing was written: a union may have lost its leader
                waiting = [offer for offer in waiting if offer not in known]
            else:
                waiting = rest
                reasons |= {this.offers[nth - 1]: REASONS[reason] for nth, reason in rows}
        return [reasons[offer] for offer in offers if offer in reasons]


def first_of_each(entries: Sequence[DeliveryEntry]) -> Iterable[DeliveryEntry]:
    """The entries in their order, of those with one id the first."""
    offered: dict[DeliveryId, DeliveryEntry] = {}
    for entry in entries:
        offered.setdefault(entry.id, entry)
    return offered.values()
