"""What residents read at a page that one person published in an emergency and nobody has confirmed yet."""

from __future__ import annotations

from flask_babel import format_datetime
from flask_babel import gettext as _

from hoax_tracker.models import Clarification


def emergency_note(page: Clarification) -> str:
    """Return the sentence, in the present language; "" for a page that a second person confirmed."""
    if page.emergency_until is None:
        return ""
    until = format_datetime(page.emergency_until, _("d MMMM y, HH.mm 'WITA'"))
    return str(_("Diterbitkan dalam keadaan darurat, menunggu konfirmasi orang kedua sampai %(until)s.", until=until))
