"""Files that lie under names which say whose they are: in a bucket of an S3 server, or in a folder."""

from activities.connectors.files.connector import FolderConnector, S3Connector

__all__ = ["FolderConnector", "S3Connector"]
