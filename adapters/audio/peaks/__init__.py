"""Peaks of audio: decoded in a process of its own, so that what strangers call audio can hurt nobody."""
