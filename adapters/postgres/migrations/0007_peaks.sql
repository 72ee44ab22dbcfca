-- What became of drawing the peaks of some audio: the peaks, or why there are none. Nothing refers to a row, and whatever
-- is missing is drawn again.
CREATE TABLE peaks (
    key text PRIMARY KEY,
    made_at timestamptz NOT NULL,
    duration double precision CHECK (duration > 0), -- seconds
    outline bytea CHECK (length(outline) BETWEEN 2 AND 65536 AND length(outline) % 2 = 0), -- least and greatest in turn
    fault text,
    CHECK ((duration IS NULL) = (outline IS NULL)),
    CHECK ((outline IS NULL) <> (fault IS NULL))
);
CREATE INDEX peaks_by_age ON peaks (made_at);
