"""Worker Deployments: which build of the program a worker is, so that Temporal can hand work to one and not another.

Every workflow goes on with the build that is current when its next step comes: each one's stored histories are replayed
by the tests, so a newer build can carry on what an older one began. Nothing is pinned.
"""

from __future__ import annotations

from importlib.metadata import version

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

from workers.settings import TemporalSettings

__all__ = ["build_of"]


def build_of(settings: TemporalSettings) -> WorkerDeploymentConfig | None:
    """What workers of these settings tell Temporal of themselves; None where they have no builds."""
    if settings.deployment is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment, settings.build or version("habeas")),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
