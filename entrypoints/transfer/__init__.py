"""Clips, out and in by the command line: as JSON Lines with all that was counted, and from folders of audio files."""
