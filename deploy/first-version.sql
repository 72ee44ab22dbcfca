-- The first version's clips as `soundverse-play import` reads them: JSON Lines, with their ids and counts.
--
--   psql "$FIRST" --quiet --no-psqlrc --no-align --tuples-only --file=deploy/first-version.sql >first.jsonl
--
-- Columns that its table lacks are made up for, as docs/how-to/from-the-first-version.md says. What lies below the folder
-- `prefix` (psql's --set=prefix=/srv/audio/) is a file of the media folder; so is what is no address at all.
\set ON_ERROR_STOP on
\if :{?prefix} \else \set prefix '' \endif

BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL TIME ZONE 'UTC';  -- moments without an offset were written in it

SELECT jsonb_build_object('format', 'soundverse-play', 'version', 1, 'exported_at', now());

WITH told AS (SELECT id, play_count, to_jsonb(clips) AS clip FROM clips),  -- as JSON, a column that is not there is null
     placed AS (SELECT *, coalesce(clip ->> 'audio_url', clip ->> 'file') AS place FROM told)
SELECT jsonb_build_object(
    'id', id,
    'title', clip ->> 'title',
    'description', clip ->> 'description',
    'genre', coalesce(nullif(btrim(clip ->> 'genre'), ''), 'Unsorted'),
    'duration', coalesce(nullif((clip ->> 'duration')::float, 0), 1),
    'audio_url', CASE
        WHEN place ~ '^https?://' THEN place
        WHEN starts_with(place, :'prefix') THEN 'library:' || ltrim(substr(place, length(:'prefix') + 1), '/')
        ELSE 'library:' || ltrim(place, '/') END,
    'media_type', coalesce(clip ->> 'media_type', 'audio/mpeg'),
    'size', NULL,
    'created_at', coalesce((clip ->> 'created_at')::timestamptz, '2000-01-01T00:00:00Z'),
    'last_played_at', CASE WHEN play_count > 0 THEN now() END,
    'counts', jsonb_build_object('play_count', play_count))
FROM placed ORDER BY id;

SELECT jsonb_build_object('clips', count(*)) FROM clips;

COMMIT;
