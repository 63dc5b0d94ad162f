"""Three sample stores that look like real ones, with no knowledge of Habeas: a CRM, a billing store, a help desk."""

from workers.samples.people import (
    ACCESS,
    ERASURE,
    SAMPLES,
    SHARED_MAILBOX,
    TWO_ADDRESSES,
    UNKNOWN_TO_CRM,
    Role,
    SamplePerson,
)
from workers.samples.seeder import AS_OF, MAPS, SCHEMAS, SEED, Seeded, checksum, seed

__all__ = [
    "ACCESS",
    "AS_OF",
    "ERASURE",
    "MAPS",
    "SAMPLES",
    "SCHEMAS",
    "SEED",
    "SHARED_MAILBOX",
    "TWO_ADDRESSES",
    "UNKNOWN_TO_CRM",
    "Role",
    "SamplePerson",
    "Seeded",
    "checksum",
    "seed",
]
