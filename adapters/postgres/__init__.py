"""Catalogue and ledger in PostgreSQL, by raw SQL in sight: one port method, one statement, one transaction (ADR 3)."""
