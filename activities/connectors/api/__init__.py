"""What connectors of web APIs share: calls that are signed in, bounded and paced, and fail in the engine's words."""

from activities.connectors.api.client import Answer, ApiClient, ApiSettings
from activities.connectors.api.errors import Refused

__all__ = ["Answer", "ApiClient", "ApiSettings", "Refused"]
