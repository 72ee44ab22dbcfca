-- What was played before there were sums by the hour and day. Nobody waits for it. Plays that an older version writes
-- from now on are in the total alone: it must have ended before.
INSERT INTO counts (clip_id, interval, since, counter, count)
SELECT clip_id, 'hour', date_trunc('hour', started_at, 'UTC'), 'play_count', count(*) FROM plays GROUP BY 1, 3
UNION ALL
SELECT clip_id, 'day', date_trunc('day', started_at, 'UTC'), 'play_count', count(*) FROM plays GROUP BY 1, 3;

INSERT INTO counts (clip_id, interval, since, counter, count)
SELECT -1, interval, since, counter, sum(count) FROM counts GROUP BY interval, since, counter;
