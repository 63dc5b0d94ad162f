"""The SQL connector's engine for databases other than PostgreSQL."""
