"""The office: what staff and the person can do with requests. One place, used by every face of the program."""

from workers.office.engine import SWEEP, Engine
from workers.office.grounds import asked_outside
from workers.office.handover import Downloaded, Handed
from workers.office.intake import CHANNELS, NewRequestInput, split_identifier
from workers.office.office import Office, open_office
from workers.office.opening import OpenedAnswer, start_unstarted
from workers.office.reading import Candidates, ShownPlan, Verdict
from workers.office.redacting import RedactionAsked
from workers.office.references import new_reference, read_reference
from workers.office.review import CollectedPage, ShownRedaction
from workers.office.standing import Standing
from workers.office.story import Entry, Story, Told
from workers.office.tasks import Said, ShownTask, TaskEntry

__all__ = [
    "CHANNELS",
    "SWEEP",
    "Candidates",
    "CollectedPage",
    "Downloaded",
    "Engine",
    "Entry",
    "Handed",
    "NewRequestInput",
    "Office",
    "OpenedAnswer",
    "RedactionAsked",
    "Said",
    "ShownPlan",
    "ShownRedaction",
    "ShownTask",
    "Standing",
    "Story",
    "TaskEntry",
    "Told",
    "Verdict",
    "asked_outside",
    "new_reference",
    "open_office",
    "read_reference",
    "split_identifier",
    "start_unstarted",
]
