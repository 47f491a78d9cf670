"""Who gets the monthly report: a list of addresses that an administrator keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import require_unchanged_values
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer, ReportRecipients, RoleName, db
from hoax_tracker.notifications.mail import is_mail_enabled

MOST_RECIPIENTS = 20


def load_recipients() -> ReportRecipients:
    """Return the stored addresses, or none in a row that is not stored."""
    return db.session.get(ReportRecipients, 1) or ReportRecipients(id=1, addresses=[])


def count_reached() -> int:
    """Return how many addresses a report would reach by mail now."""
    return len(load_recipients().addresses) if is_mail_enabled() else 0


def recipient_values() -> dict[str, Any]:
    """Return the addresses as they are edited."""
    return {"addresses": load_recipients().addresses}


def change_recipients(addresses: list[str], seen: str, *, by: Officer, now: datetime) -> bool:
    """Replace the list, and tell whether it differed. The audit log keeps at which mail servers, not the addresses.

    Raises EditConflictError, InvalidInputError or NotAllowedError.
    """
    if not by.is_a(RoleName.ADMINISTRATOR):
        raise NotAllowedError("recipients need the role administrator")
    require_valid_addresses(addresses)
    with write_transaction():
        row = load_recipients()
        db.session.add(row)
        before = list(row.addresses)
        require_unchanged_values("report_recipients:1", recipient_values(), seen)
        if before == addresses:
            return False
        row.addresses, row.edited_at = addresses, now
        added, removed = (list_mail_hosts(set(a) - set(b)) for a, b in ((addresses, before), (before, addresses)))
        detail = {"count": len(addresses), "added": added, "removed": removed}
        audit_log.record_event("report_recipients_changed", "report_recipients:1", officer=by, now=now, detail=detail)
        return True


def require_valid_addresses(addresses: list[str]) -> None:
    """Raise InvalidInputError for too many addresses, or one that is none."""
    wrong = next((address for address in addresses if not is_mail_address(address)), None)
    if wrong is not None:
        message = _("Ini bukan alamat email: «%(address)s».", address=wrong[:80])
        raise InvalidInputError("no e-mail address", user_message=message, field="addresses")
    if len(addresses) > MOST_RECIPIENTS:
        message = _("Paling banyak %(most)s baris.", most=MOST_RECIPIENTS)
        raise InvalidInputError("many addresses", user_message=message, field="addresses")


def list_mail_hosts(addresses: set[str]) -> list[str]:
    """Return the mail servers of addresses."""
    return sorted(address.rpartition("@")[2] for address in addresses)
