"""The SQL connector, and what drafts and checks its data maps."""

from activities.connectors.sql.check import check_map
from activities.connectors.sql.connector import SqlConnector, SqlSettings
from activities.connectors.sql.draft import draft_map

__all__ = ["SqlConnector", "SqlSettings", "check_map", "draft_map"]
