"""The conformance suite: what the engine relies on in every connector, as tests that a connector author subclasses.

    class TestShop(ConnectorSuite):
        @pytest.fixture
        async def world(self) -> AsyncIterator[World]: ...

It wants pytest, with pytest-asyncio in auto mode. Every test gets a world of its own.
"""

from habeas.testing.suite.answering import Answering
from habeas.testing.suite.changing import ChangingData
from habeas.testing.suite.disclosing import Disclosing
from habeas.testing.suite.erasing import Erasing
from habeas.testing.suite.faults import Faults
from habeas.testing.suite.finding import Finding
from habeas.testing.suite.partly import Partly
from habeas.testing.suite.quietly import Quietly
from habeas.testing.suite.saying import Saying
from habeas.testing.suite.together import Together

__all__ = ["ConnectorSuite", "HttpConnectorSuite"]


class ConnectorSuite(Saying, Finding, Disclosing, Erasing, Partly, ChangingData, Together, Quietly):
    """Subclass it and give it a ``world`` fixture."""


class HttpConnectorSuite(ConnectorSuite, Faults, Answering):
    """The same for connectors that speak HTTP: with a network that fails, and credentials that are refused."""
