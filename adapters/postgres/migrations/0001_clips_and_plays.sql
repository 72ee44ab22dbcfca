-- Clips are never deleted, only removed: their plays stay in the ledger, and their ids are not given again.
-- The *_key columns hold Unicode's full case folding, made in Python, so that every store sorts and finds alike.
CREATE TABLE clips (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed_key        text UNIQUE,
    title           text NOT NULL,
    title_key       text NOT NULL COLLATE "C",
    genre           text NOT NULL,
    genre_key       text NOT NULL COLLATE "C",
    description     text,
    description_key text NOT NULL COLLATE "C",
    duration        double precision NOT NULL CHECK (duration > 0),
    audio_url       text NOT NULL,
    media_type      text NOT NULL,
    size            bigint CHECK (size >= 0),
    created_at      timestamptz NOT NULL,
    removed_at      timestamptz
);

CREATE INDEX clips_newest ON clips (id DESC) WHERE removed_at IS NULL;
CREATE INDEX clips_by_title ON clips (title_key, id) WHERE removed_at IS NULL;
CREATE INDEX clips_by_genre ON clips (genre_key, id DESC) WHERE removed_at IS NULL;

-- One row a play. No foreign key: each insert would lock its clip's row, and a hot clip has many at once; the statement
-- that writes a play looks for the clip itself.
CREATE TABLE plays (
    clip_id    bigint NOT NULL,
    id         uuid NOT NULL,
    started_at timestamptz NOT NULL,
    PRIMARY KEY (clip_id, id)
);

-- The sum of plays, kept by the same statement. Room is left in each page so that counting stays in it (HOT updates).
CREATE TABLE play_counts (
    clip_id        bigint PRIMARY KEY,
    plays          bigint NOT NULL,
    last_played_at timestamptz NOT NULL
) WITH (fillfactor = 50);
