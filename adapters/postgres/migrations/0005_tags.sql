-- Tags as they were given, and folded as they are compared. The defaults are constants: no row is rewritten.
ALTER TABLE clips ADD COLUMN tags     text[] NOT NULL DEFAULT '{}',
                  ADD COLUMN tag_keys text[] COLLATE "C" NOT NULL DEFAULT '{}';

-- Without a list of what is yet to be sorted in, which every search would have to read.
CREATE INDEX clips_by_tag ON clips USING gin (tag_keys) WITH (fastupdate = off) WHERE removed_at IS NULL;
