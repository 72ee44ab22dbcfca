"""A read-through cache on disk, around any source of audio (ADR 7)."""
