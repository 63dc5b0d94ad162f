"""Alembic's folder: the environment and the revisions of the ledger's schema."""
