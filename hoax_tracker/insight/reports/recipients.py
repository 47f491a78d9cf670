"""Who gets the monthly report: a list of addresses that an administrator proposes and a second person confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, Values, register_row_act
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import ReportRecipients, db
from hoax_tracker.notifications.mail import is_mail_enabled

MOST_RECIPIENTS = 20


def load_recipients() -> ReportRecipients:
    """Return the stored addresses, or none in a row that is not stored."""
    return db.session.get(ReportRecipients, 1) or ReportRecipients(id=1, addresses=[])


def count_reached() -> int:
    """Return how many addresses a report would reach by mail now."""
    return len(load_recipients().addresses) if is_mail_enabled() else 0


def _require_valid_addresses(_row: ReportRecipients | None, values: Values) -> None:
    """Raise InvalidInputError for too many addresses, or one that is none."""
    addresses = values["addresses"]
    wrong = next((address for address in addresses if not is_mail_address(address)), None)
    if wrong is not None:
        message = _("Ini bukan alamat email: «%(address)s».", address=wrong[:80])
        raise InvalidInputError("no e-mail address", user_message=message, field="addresses")
    if len(addresses) > MOST_RECIPIENTS:
        message = _("Paling banyak %(most)s baris.", most=MOST_RECIPIENTS)
        raise InvalidInputError("many addresses", user_message=message, field="addresses")


def _list_mail_hosts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many addresses there are and at which mail servers: the audit log holds no address."""
    addresses = values.get("addresses", [])
    return {"count": len(addresses), "servers": sorted({address.rpartition("@")[2] for address in addresses})}


RECIPIENTS = RowAct(
    "recipients",
    _l("Penerima laporan bulanan"),
    ActClass.PUBLIC,
    {"addresses": _l("Alamat email")},
    find=lambda key: load_recipients(),
    check=_require_valid_addresses,
    title=lambda proposal: str(_("Penerima laporan bulanan")),
    link=lambda proposal: ("monthly_reports.listing", {"_anchor": "penerima"}),
    audited=_list_mail_hosts,
)
"""One row: its key is 1."""
register_row_act(RECIPIENTS)
