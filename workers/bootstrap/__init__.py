"""Making an installation ready: ledger, rights, Temporal's namespace and search attributes, the daily sweep."""

from workers.bootstrap.engine import EngineState, EngineUnprepared, check_engine, look, missing_attributes
from workers.bootstrap.run import NEW_RETENTION, Step, StepState, Wanted, bootstrap, check_policies

__all__ = [
    "NEW_RETENTION",
    "EngineState",
    "EngineUnprepared",
    "Step",
    "StepState",
    "Wanted",
    "bootstrap",
    "check_engine",
    "check_policies",
    "look",
    "missing_attributes",
]
