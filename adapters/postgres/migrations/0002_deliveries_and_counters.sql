-- Bytes before the first byte of sound; not known of clips that were taken in before it was asked.
ALTER TABLE clips ADD COLUMN header_size bigint NOT NULL DEFAULT 0 CHECK (header_size >= 0);

-- Whether the player gave the id, and may come back with it. The others are removed when they are old: nobody knows
-- their ids. Plays of before this migration stay.
ALTER TABLE plays ADD COLUMN is_named boolean NOT NULL DEFAULT true;

-- Every number there is, but the total of plays: one row for each clip, counter and stretch of time. Each counter has
-- one statement that adds to it, so that no two kinds of statement wait for each other's rows. Below the clips, all of
-- them together: 0 for listeners, of whom many hear several clips, and -1 to -16 for all else, in as many parts so that
-- those who count at once seldom wait for each other. Room is left so that counting stays in its page.
CREATE TABLE counts (
    clip_id  bigint NOT NULL,
    interval text NOT NULL,              -- hour, day, total
    since    timestamptz NOT NULL,       -- when the stretch begins, in UTC; of a total, the epoch
    counter  text NOT NULL,              -- play_count, downloads, listeners, completed, listens, skips
    count    bigint NOT NULL,
    PRIMARY KEY (clip_id, interval, since, counter)
) WITH (fillfactor = 70);
CREATE INDEX counts_of_all ON counts (interval, since, counter);

-- Requests to stream that are over, until they are old: why each is counted or not.
CREATE TABLE deliveries (
    id         uuid PRIMARY KEY,
    clip_id    bigint NOT NULL,
    ended_at   timestamptz NOT NULL,
    listener   bytea NOT NULL,           -- a hash with the key of the day, which is deleted
    playback   uuid,                     -- the player's own name for the listening
    play       text NOT NULL,            -- why it is a play or not
    download   text NOT NULL,            -- why it is a download or not
    completes  boolean NOT NULL,         -- whether with it a play was delivered whole
    ending     text NOT NULL,
    sent       int8multirange NOT NULL   -- bytes of the clip that the transport took
);
CREATE INDEX deliveries_of_clip ON deliveries (clip_id, ended_at, id);
CREATE INDEX deliveries_by_age ON deliveries (ended_at);

-- What was heard, over many deliveries, within a window that may still be open (domain/heard.py).
CREATE TABLE heard (
    clip_id   bigint NOT NULL,
    whose     bytea NOT NULL,            -- a listener's key, or a playback's id
    purpose   text NOT NULL,             -- download, playback, pieces, catalogue
    began     timestamptz NOT NULL,
    last      timestamptz NOT NULL,
    parts     int8multirange NOT NULL,   -- empty once it is enough
    is_begun  boolean NOT NULL,
    is_enough boolean NOT NULL,
    hours     integer NOT NULL,          -- of the key's day, a bit each
    news      integer NOT NULL,          -- what the last statement changed: 1 enough now, 2 a new hour, 4 a new row;
                                         -- and times 8, at which of its places it says so
    PRIMARY KEY (clip_id, whose, purpose)
) WITH (fillfactor = 70);
CREATE INDEX heard_by_age ON heard (last) WHERE purpose <> 'playback';
CREATE INDEX heard_playbacks_by_age ON heard (last) WHERE purpose = 'playback';

-- Secrets that listeners' keys are made with. Without its key nobody gets from a listener back to an address.
CREATE TABLE daily_keys (
    day date PRIMARY KEY,
    key bytea NOT NULL
);

-- What players say of plays that they named.
CREATE TABLE listens (
    clip_id        bigint NOT NULL,
    id             uuid NOT NULL,
    began_at       timestamptz NOT NULL,
    played_seconds double precision NOT NULL,
    is_finished    boolean NOT NULL,
    is_listen      boolean NOT NULL,     -- for good, whatever becomes of the clip's duration; so is a skip
    is_skip        boolean NOT NULL,
    news           integer NOT NULL,     -- what the last statement changed: 1 a listen now, 2 a skip now, 4 a new row
    PRIMARY KEY (clip_id, id)
) WITH (fillfactor = 70);
CREATE INDEX listens_by_age ON listens (began_at);
