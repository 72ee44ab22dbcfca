"""The commands of ``soundverse-play``, one file each."""
