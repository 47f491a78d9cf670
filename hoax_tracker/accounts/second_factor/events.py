"""What happened to an officer's second factor, in the audit log and in a letter to its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hoax_tracker.accounts.second_factor import letters
from hoax_tracker.core.audit import audit_log
from hoax_tracker.models import AuditEvent, Officer


def record_factor_event(
    action: str, person: Officer, detail: dict[str, Any], *, by: Officer | None, now: datetime
) -> AuditEvent:
    """Add the audit event of an act on an officer's second factor, and tell the officer by letter."""
    event = audit_log.record_event(action, f"officer:{person.id}", officer=by, now=now, detail=detail)
    letters.tell_owner(person, event, now)
    return event
