"""Who sends junk again and again is not taken from for a week, and told so in neutral words.

A report keeps a digest of the connection it came from, made with the secret key and the week: enough to see that three
came from one place, never from which. It is forgotten after fourteen days. Many people share one address in a mobile
network, so it takes three reports that an officer called junk, and only the form is closed: asking goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.rate_limiting.limiter import counter_key, network_of_address, window_number
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import Report, db

WEEK = timedelta(days=7)
JUNK_BEFORE_REFUSING = 3


class SenderBlockedError(RateLimitedError):
    """Reports from this connection are not taken for the time being."""

    user_message = _l(
        "Aduan dari sambungan internet ini untuk sementara tidak diterima lewat formulir. Anda tetap dapat memeriksa "
        "pesan di halaman depan, atau datang ke kantor PPID."
    )


def digest_sender(address: str, settings: Settings, now: datetime) -> str:
    """Return what a report keeps of where it came from: the same for one connection and week, and no address."""
    return counter_key(settings.secret_key, "sender", network_of_address(address), window_number(WEEK, now))


def require_unblocked_sender(address: str, settings: Settings, now: datetime) -> None:
    """Raise SenderBlockedError where officers called three of the last week's reports from this connection junk."""
    known = [digest_sender(address, settings, moment) for moment in (now, now - WEEK)]
    query = (
        sa.select(sa.func.count())
        .select_from(Report)
        .where(Report.sender_digest.in_(known), Report.is_junk, Report.received_at > now - WEEK)
    )
    if (db.session.scalar(query) or 0) >= JUNK_BEFORE_REFUSING:
        raise SenderBlockedError("junk came from this connection", retry_after_s=86_400)
