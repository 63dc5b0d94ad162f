"""The export: a package that a person can open and a machine can read, and the check that it is whole."""

from activities.letters import Authority, Controller, MissingSystem
from activities.package.errors import PackageDamaged, SourceChanged
from activities.package.facts import (
    CategoryFacts,
    CollectionFacts,
    OpenRecords,
    PackageFacts,
    Sources,
    SystemFacts,
    WithheldField,
    WithheldItem,
)
from activities.package.verifier import PackageCheck, verify_package
from activities.package.writer import write_package

__all__ = [
    "Authority",
    "CategoryFacts",
    "CollectionFacts",
    "Controller",
    "MissingSystem",
    "OpenRecords",
    "PackageCheck",
    "PackageDamaged",
    "PackageFacts",
    "SourceChanged",
    "Sources",
    "SystemFacts",
    "WithheldField",
    "WithheldItem",
    "verify_package",
    "write_package",
]
