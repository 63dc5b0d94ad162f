"""Request Tracker 5 (Best Practical): people, their tickets, and what of theirs is in other people's tickets.

It speaks REST2 (https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html), and for what that cannot do (wiping and
anonymising) RT's web interface. See docs/connectors/rt.md.
"""

from activities.connectors.rt.connector import RtConnector

__all__ = ["RtConnector"]
