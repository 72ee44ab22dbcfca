"""A PostgreSQL of our own, for those who have no server."""

from adapters.postgres.embedded.account import EmbeddedPostgresError
from adapters.postgres.embedded.folders import DataInUseError
from adapters.postgres.embedded.service import embedded_postgres

__all__ = ["DataInUseError", "EmbeddedPostgresError", "embedded_postgres"]
