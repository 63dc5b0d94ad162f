"""``habeas bench``: the same work done by us and by the floor beneath us, measured in one run on one machine.

Each kind of work is a module with lines of its own. Nothing here is used by the engine.
"""
