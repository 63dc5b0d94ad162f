"""The desk: the queue and each request's story for staff, and the person's two pages."""

from workers.desk.app import create_app
from workers.desk.server import serve

__all__ = ["create_app", "serve"]
