"""Audio that was sent to the service: the files below ``uploads`` in the media folder (ADR 10)."""
