"""Audio files below the media folder."""
