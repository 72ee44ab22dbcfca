"""What no waiting mends of a database. Here nothing uses psycopg, so that a start is refused before that is loaded."""

NO_URL = "DATABASE_URL is not the URL of a PostgreSQL database"


class DatabaseUnfitError(Exception):
    """No waiting makes this database usable; ``str(error)`` says why."""


class MigrationChangedError(Exception):
    """A file that was applied to this database reads differently now; a landed migration never changes."""
