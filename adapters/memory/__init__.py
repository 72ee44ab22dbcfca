"""The service's store in memory: the same promises as PostgreSQL's, kept until the process ends."""
