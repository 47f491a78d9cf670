"""The tables, and nothing else: stages meet here, never in each other's code."""

from hoax_tracker.models.accounts import AuditEvent, Officer, Role, officer_role
from hoax_tracker.models.base import Base, UtcDateTime, db, table_of
from hoax_tracker.models.changes import IndexChange, note_statement
from hoax_tracker.models.claims import (
    HALF_LIFE,
    OPEN_STATUSES,
    UNDO_WITHIN,
    Claim,
    ClaimAppearance,
    ClaimMove,
    Decision,
    SavedSearch,
    fade,
    rank_of,
)
from hoax_tracker.models.clarifications import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationRevision,
    Evidence,
    EvidenceCopy,
    clarification_claim,
)
from hoax_tracker.models.demand import Demand
from hoax_tracker.models.drafting import PageMatch, TextTemplate, TypedText
from hoax_tracker.models.hubs import HubSubscription
from hoax_tracker.models.instance_keys import InstanceKey
from hoax_tracker.models.intake import (
    Assessment,
    CheckQuery,
    Engagement,
    ForgottenEntry,
    Item,
    ItemRevision,
    ModelVersion,
    PostsFile,
    RateLimit,
    Report,
    ReportPicture,
    Source,
)
from hoax_tracker.models.labels import (
    UNRATED,
    CheckDecision,
    ClaimStatus,
    ClarificationStatus,
    DecisionKind,
    EvidenceKind,
    NoticeKind,
    RoleName,
    SourceKind,
    Topic,
    Verdict,
)
from hoax_tracker.models.mail import OutgoingMail
from hoax_tracker.models.model_files import ModelFile
from hoax_tracker.models.near import ItemBand
from hoax_tracker.models.notes import Note, Tag, claim_tag
from hoax_tracker.models.office import Digest, Holiday, OfficeRules
from hoax_tracker.models.reference import District, Programme, Unit, UnitTopic
from hoax_tracker.models.routing import ClaimLock, Notice, Question
from hoax_tracker.models.running import ClockSeen, KeptFigures, WorkerHeartbeat
from hoax_tracker.models.unassessed import RecordedItem, UnassessedItem
from hoax_tracker.models.usefulness import Usefulness
from hoax_tracker.models.web_pages import HostVisit, LinkedPage, PageCopy

__all__ = [
    "HALF_LIFE",
    "OPEN_STATUSES",
    "PUBLIC_STATUSES",
    "UNDO_WITHIN",
    "UNRATED",
    "Assessment",
    "AuditEvent",
    "Base",
    "CheckDecision",
    "CheckQuery",
    "Claim",
    "ClaimAppearance",
    "ClaimLock",
    "ClaimMove",
    "ClaimStatus",
    "Clarification",
    "ClarificationRevision",
    "ClarificationStatus",
    "ClockSeen",
    "Decision",
    "DecisionKind",
    "Demand",
    "Digest",
    "District",
    "Engagement",
    "Evidence",
    "EvidenceCopy",
    "EvidenceKind",
    "ForgottenEntry",
    "Holiday",
    "HostVisit",
    "HubSubscription",
    "IndexChange",
    "InstanceKey",
    "Item",
    "ItemBand",
    "ItemRevision",
    "KeptFigures",
    "LinkedPage",
    "ModelFile",
    "ModelVersion",
    "Note",
    "Notice",
    "NoticeKind",
    "OfficeRules",
    "Officer",
    "OutgoingMail",
    "PageCopy",
    "PageMatch",
    "PostsFile",
    "Programme",
    "Question",
    "RateLimit",
    "RecordedItem",
    "Report",
    "ReportPicture",
    "Role",
    "RoleName",
    "SavedSearch",
    "Source",
    "SourceKind",
    "Tag",
    "TextTemplate",
    "Topic",
    "TypedText",
    "UnassessedItem",
    "Unit",
    "UnitTopic",
    "Usefulness",
    "UtcDateTime",
    "Verdict",
    "WorkerHeartbeat",
    "claim_tag",
    "clarification_claim",
    "db",
    "fade",
    "note_statement",
    "officer_role",
    "rank_of",
    "table_of",
]
