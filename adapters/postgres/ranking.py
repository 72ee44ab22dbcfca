"""The statements that list all clips by a number that no index has: how often they were played, and how they trend.

With an index each play would have to move its clip in it, which costs the ledger a fifth of its time."""

from typing import LiteralString


def ranking(ranked: LiteralString, rank_of_one: LiteralString) -> LiteralString:
    """The clips by their rank, which ``ranked`` tells of all that have one, and ``rank_of_one`` of the clip ``id``.

    Only who is shown is looked up. Clips without a rank come after all others, and are looked for only when those do
    not fill the page: one by one from the newest on, since as a join the planner reads all clips."""
    return f"""
    WITH high AS MATERIALIZED (
        SELECT present.*, rank
        FROM (
            SELECT clip_id, rank FROM ({ranked}) AS told (clip_id, rank)
            WHERE rank > 0 AND (rank, clip_id) < (%(key)s::bigint, %(after)s::bigint)
            ORDER BY rank DESC, clip_id DESC
        ) AS ranked, LATERAL (
            SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size, created_at, tags
            FROM clips WHERE id = ranked.clip_id AND removed_at IS NULL LIMIT 1
        ) AS present
        ORDER BY rank DESC, clip_id DESC LIMIT %(limit)s
    ), low AS (
        SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size, created_at, tags,
               0 AS rank
        FROM clips
        WHERE (SELECT count(*) FROM high) < %(limit)s AND removed_at IS NULL
          AND id < CASE WHEN %(key)s::bigint > 0 THEN 9223372036854775807 ELSE %(after)s::bigint END
          AND coalesce(({rank_of_one}), 0) = 0
        ORDER BY id DESC LIMIT %(limit)s
    )
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) AS play_count, created_at, tags, rank AS key
    FROM (SELECT * FROM high UNION ALL SELECT * FROM low) AS shown
    ORDER BY rank DESC, id DESC LIMIT %(limit)s"""  # noqa: S608  # all of it is text of ours


MOST_PLAYED = ranking(
    "SELECT clip_id, plays FROM play_counts",
    "SELECT plays FROM play_counts WHERE clip_id = id",
)

HEAT = "sum(count * (%(weights)s::bigint[])[array_position(%(days)s::timestamptz[], since)])::bigint"
OF_THE_DAYS = "interval = 'day' AND since = ANY(%(days)s::timestamptz[]) AND counter = 'play_count'"
MOST_TRENDING = ranking(
    f"SELECT clip_id, {HEAT} FROM counts WHERE {OF_THE_DAYS} AND clip_id > 0 GROUP BY clip_id",  # noqa: S608  # all of it is text of ours
    f"SELECT {HEAT} FROM counts WHERE clip_id = id AND {OF_THE_DAYS}",  # noqa: S608  # as above
)
