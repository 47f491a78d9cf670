"""Changes to an officer's second factor: recorded in the audit log and mailed to the owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hoax_tracker.accounts.second_factor import letters
from hoax_tracker.core.audit import audit_log
from hoax_tracker.models import AuditEvent, Officer


def record_factor_event(
    action: str, person: Officer, detail: dict[str, Any], *, by: Officer | None, now: datetime
) -> AuditEvent:
    """Record an act on an officer's second factor in the audit log, and queue a mail to the officer."""
    event = audit_log.record_event(action, f"officer:{person.id}", officer=by, now=now, detail=detail)
    letters.tell_owner(person, event, now)
    return event
