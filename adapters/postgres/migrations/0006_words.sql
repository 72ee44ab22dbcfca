-- The words that each clip is found by, cut in Python (domain/words.py), place by place so that a change of one needs
-- to know no other. None yet of clips that are there: those are found as soon as `migrate` has cut theirs, in batches.
ALTER TABLE clips ADD COLUMN title_words       tsvector,
                  ADD COLUMN genre_words       tsvector,
                  ADD COLUMN tag_words         tsvector,
                  ADD COLUMN description_words tsvector;

CREATE INDEX clips_by_word ON clips USING gin ((title_words || genre_words || tag_words || description_words))
    WITH (fastupdate = off) WHERE removed_at IS NULL;

CREATE INDEX clips_without_words ON clips (id)
    WHERE (title_words || genre_words || tag_words || description_words) IS NULL;
