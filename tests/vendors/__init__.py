"""Stateful servers that answer as HubSpot, Zendesk and Salesforce do, for tests of connectors.

Each keeps its state in memory, is spoken to over HTTP on the loopback interface, and refuses what the vendor refuses:
an unknown field, a wrong type, a missing permission, a page that is too large, too many calls. The docstring of each
route names the vendor's page. What that page does not say, or what could not be read, stands there as "not verified".

Time is a ``Clock`` that a test moves: search indexes lag, jobs run, recycle bins empty and rate limits refill by it.
"""
