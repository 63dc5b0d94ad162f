"""What a data-subject request is, and what the law says of it.

Pure: no database, no network, no clock of its own. The only package that a connector author imports.
"""
