"""The statement that lists all clips by their plays: from the counts, and only who is shown is looked up.

No index has this order: each play would have to move its clip in it, which costs the ledger a fifth of its time."""

# Clips that were never played come after all others, and are looked for only when those do not fill the page: one by
# one from the newest on, since as a join the planner reads all clips.
MOST_PLAYED = """
    WITH played AS MATERIALIZED (
        SELECT present.*, plays
        FROM (
            SELECT clip_id, plays FROM play_counts
            WHERE plays > 0 AND (plays, clip_id) < (%(key)s::bigint, %(after)s::bigint)
            ORDER BY plays DESC, clip_id DESC
        ) AS counted, LATERAL (
            SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size, created_at, tags
            FROM clips WHERE id = counted.clip_id AND removed_at IS NULL LIMIT 1
        ) AS present
        ORDER BY plays DESC, clip_id DESC LIMIT %(limit)s
    ), never_played AS (
        SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size, created_at, tags,
               0 AS plays
        FROM clips
        WHERE (SELECT count(*) FROM played) < %(limit)s AND removed_at IS NULL
          AND id < CASE WHEN %(key)s::bigint > 0 THEN 9223372036854775807 ELSE %(after)s::bigint END
          AND coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) = 0
        ORDER BY id DESC LIMIT %(limit)s
    )
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size, plays AS play_count,
           created_at, tags, plays AS key
    FROM (SELECT * FROM played UNION ALL SELECT * FROM never_played) AS shown
    ORDER BY plays DESC, id DESC LIMIT %(limit)s"""
