"""A controller's policy: what it promises, how it proves identity, who decides, what its data is for.

One TOML file per controller. `load_policy` refuses an incomplete one and names every line at fault, so that a process
never starts on half a policy.
"""

from habeas.fields import Origin
from habeas.policy.check import check_systems
from habeas.policy.load import load_policies, load_policy, policy_files, problems_of
from habeas.policy.model import Policy
from habeas.policy.raw import Problem
from habeas.policy.sections import (
    Access,
    Applicable,
    AtDeadline,
    Authority,
    Category,
    Channel,
    ClockPolicy,
    ControlledBy,
    Controller,
    IdentityMethod,
    IdentityPolicy,
    LegalBasis,
    LettersPolicy,
    Promise,
    PromiseLine,
    Proof,
    Purpose,
    PurposeKind,
    Recipient,
    RecipientRole,
    RecordPolicy,
    RegimeEntry,
    ReleasePolicy,
    ReviewPolicy,
    StaffPolicy,
    Strength,
    Term,
)
from habeas.policy.told import STOPS

__all__ = [
    "STOPS",
    "Access",
    "Applicable",
    "AtDeadline",
    "Authority",
    "Category",
    "Channel",
    "ClockPolicy",
    "ControlledBy",
    "Controller",
    "IdentityMethod",
    "IdentityPolicy",
    "LegalBasis",
    "LettersPolicy",
    "Origin",
    "Policy",
    "Problem",
    "Promise",
    "PromiseLine",
    "Proof",
    "Purpose",
    "PurposeKind",
    "Recipient",
    "RecipientRole",
    "RecordPolicy",
    "RegimeEntry",
    "ReleasePolicy",
    "ReviewPolicy",
    "StaffPolicy",
    "Strength",
    "Term",
    "check_systems",
    "load_policies",
    "load_policy",
    "policy_files",
    "problems_of",
]
