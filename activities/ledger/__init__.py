"""The ledger: requests, personal data sealed with a key per request, results, letters, evidence; writes idempotent."""

from activities.ledger.acts import Act
from activities.ledger.anchors import Anchor, Chain, Head
from activities.ledger.artifacts import Artifact, ClaimedLink, Link, LinkReason, LinkRow, new_token
from activities.ledger.challenges import Challenge, ChallengeRow, CodeResult, Proof, new_code
from activities.ledger.condition import REVISIONS, Backlog, LedgerBehind, RoleRights
from activities.ledger.copies import CopyRow
from activities.ledger.database import Ledger, Tx
from activities.ledger.deliveries import Claimed, Endpoint
from activities.ledger.expiries import AheadRow, DueRow, ExpiryRow
from activities.ledger.figures import Figures, GroundRow, PaceRow, Span, StandingRow
from activities.ledger.granting import grant_least
from activities.ledger.health import TroubledSystem, WaitRow
from activities.ledger.holders import HolderRow
from activities.ledger.holds import DeletionHoldRow, HoldRow, HoldWords, NewHold
from activities.ledger.letters import Letter, LetterContent, LetterRow, LetterState
from activities.ledger.measures import KeptRow, PressingRow, Waiting
from activities.ledger.migrate import current_revision, downgrade, migrate
from activities.ledger.notices import NEVER_TOLD, NoticeKind, NoticeRow, NoticeState
from activities.ledger.opening import NewRequest, Opened
from activities.ledger.outbox import Placed
from activities.ledger.past import PastRow
from activities.ledger.privileges import Privilege, least_privileges
from activities.ledger.queue import RequestFilter
from activities.ledger.replays import ErasedRow, NewReplay, UndoneRow
from activities.ledger.requests import Changes, PauseRow, RequestRow
from activities.ledger.restrictions import RestrictionRow
from activities.ledger.results import WAITING, ErrorRow, OutcomeRow, RetainedRow, SystemRow
from activities.ledger.searches import SearchRow
from activities.ledger.sessions import NewSession
from activities.ledger.suppressions import SuppressedRow
from activities.ledger.tasks import TaskFilter, TaskRow, TaskState
from activities.ledger.tokens import Bearer, NewToken, TokenRow
from activities.ledger.troubles import TroubleRow
from activities.ledger.visits import NewVisit, at_link
from activities.ledger.watching import ToldRow, WatchRow
from activities.ledger.webhooks import NewWebhook, WebhookRow

__all__ = [
    "NEVER_TOLD",
    "REVISIONS",
    "WAITING",
    "Act",
    "AheadRow",
    "Anchor",
    "Artifact",
    "Backlog",
    "Bearer",
    "Chain",
    "Challenge",
    "ChallengeRow",
    "Changes",
    "Claimed",
    "ClaimedLink",
    "CodeResult",
    "CopyRow",
    "DeletionHoldRow",
    "DueRow",
    "Endpoint",
    "ErasedRow",
    "ErrorRow",
    "ExpiryRow",
    "Figures",
    "GroundRow",
    "Head",
    "HoldRow",
    "HoldWords",
    "HolderRow",
    "KeptRow",
    "Ledger",
    "LedgerBehind",
    "Letter",
    "LetterContent",
    "LetterRow",
    "LetterState",
    "Link",
    "LinkReason",
    "LinkRow",
    "NewHold",
    "NewReplay",
    "NewRequest",
    "NewSession",
    "NewToken",
    "NewVisit",
    "NewWebhook",
    "NoticeKind",
    "NoticeRow",
    "NoticeState",
    "Opened",
    "OutcomeRow",
    "PaceRow",
    "PastRow",
    "PauseRow",
    "Placed",
    "PressingRow",
    "Privilege",
    "Proof",
    "RequestFilter",
    "RequestRow",
    "RestrictionRow",
    "RetainedRow",
    "RoleRights",
    "SearchRow",
    "Span",
    "StandingRow",
    "SuppressedRow",
    "SystemRow",
    "TaskFilter",
    "TaskRow",
    "TaskState",
    "TokenRow",
    "ToldRow",
    "TroubleRow",
    "TroubledSystem",
    "Tx",
    "UndoneRow",
    "WaitRow",
    "Waiting",
    "WatchRow",
    "WebhookRow",
    "at_link",
    "current_revision",
    "downgrade",
    "grant_least",
    "least_privileges",
    "migrate",
    "new_code",
    "new_token",
]
