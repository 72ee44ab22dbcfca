-- What eighty days of listening leave behind, for benchmarks/filled.py: plays, deliveries, and the counts that they would
-- have made. A tenth of all plays is of one clip. Ids grow with time, as those that the service makes. Nothing is old
-- enough to be forgotten. What is emptied where it is filled, in one transaction, needs no log.
TRUNCATE plays, play_counts, counts, deliveries;

INSERT INTO plays (clip_id, id, started_at, is_named)
SELECT CASE WHEN mod(n, 10) = 0 THEN 1 ELSE 1 + mod(hashint8(n)::bigint + 2147483648, %(clips)s) END,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
        || '8' || substr(md5(n::text), 4, 15))::uuid,
       at, mod(n, 2) = 0
FROM generate_series(1, %(plays)s::bigint) AS n,
     LATERAL (SELECT %(now)s - interval '80 days' * (1 - n / %(plays)s::double precision)) AS moment (at);

INSERT INTO play_counts (clip_id, plays, last_played_at)
SELECT clip_id, count(*), max(started_at) FROM plays GROUP BY clip_id;

INSERT INTO counts (clip_id, interval, since, counter, count)
SELECT clip_id, 'hour', since, counter, count
FROM (SELECT clip_id, date_trunc('hour', started_at, 'UTC') AS since, count(*) FROM plays GROUP BY 1, 2) AS hours,
     unnest('{play_count,downloads,listeners,completed}'::text[]) AS counter
ORDER BY since;

INSERT INTO counts (clip_id, interval, since, counter, count)
SELECT clip_id, 'day', date_trunc('day', since, 'UTC'), counter, sum(count) FROM counts GROUP BY 1, 3, 4;

INSERT INTO counts (clip_id, interval, since, counter, count)
SELECT clip_id, 'total', to_timestamp(0), counter, sum(count) FROM counts
WHERE interval = 'day' AND counter <> 'play_count' GROUP BY 1, 4;

INSERT INTO counts (clip_id, interval, since, counter, count)
SELECT CASE counter WHEN 'listeners' THEN 0 ELSE -1 END, interval, since, counter, sum(count) FROM counts
GROUP BY interval, since, counter;

INSERT INTO deliveries (id, clip_id, ended_at, listener, playback, play, download, completes, ending, sent)
SELECT id, clip_id, started_at, substr(uuid_send(id), 1, 16), id, 'counted', 'counted', true, 'sent', '{[0,100000)}'
FROM plays ORDER BY started_at DESC LIMIT %(plays)s / 10;
