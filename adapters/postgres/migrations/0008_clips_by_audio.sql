-- Whether a clip uses an audio. By hash, since a location may be longer than a row of a sorted index can be.
CREATE INDEX clips_by_audio ON clips USING hash (audio_url) WHERE removed_at IS NULL;
