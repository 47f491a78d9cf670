"""Sender blocks: who repeatedly sends junk cannot report for a week, and is told so in neutral words.

A report keeps a digest of its connection, made with the secret key and the week: enough to see that three reports share
a connection, never which. It is deleted after fourteen days. Many people share an address in a mobile network, so a
block needs three reports rejected as junk, and closes only the form: checking continues.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.rate_limiting import digest_use, network_of_address, window_number
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import Report, db

WEEK = timedelta(days=7)
JUNK_BEFORE_REFUSING = 3


class SenderBlockedError(RateLimitedError):
    """Reports from this connection are refused for now."""

    user_message = _l(
        "Aduan dari sambungan internet ini untuk sementara tidak diterima lewat formulir. Anda tetap dapat memeriksa "
        "pesan di halaman depan, atau datang ke kantor PPID."
    )


def digest_sender(address: str, now: datetime) -> str:
    """Return the digest of a connection for one week, from which no address can be derived."""
    return digest_use("sender", network_of_address(address), window_number(WEEK, now))


def list_sender_digests(address: str, now: datetime) -> list[str]:
    """Return the digests of a connection of this week and the last."""
    return [digest_sender(address, moment) for moment in (now, now - WEEK)]


def require_unblocked_sender(address: str, now: datetime) -> None:
    """Raise SenderBlockedError where three reports of the last week from this connection were rejected as junk."""
    digests = list_sender_digests(address, now)
    query = (
        sa.select(sa.func.count())
        .select_from(Report)
        .where(Report.sender_digest.in_(digests), Report.is_junk, Report.received_at > now - WEEK)
    )
    if (db.session.scalar(query) or 0) >= JUNK_BEFORE_REFUSING:
        raise SenderBlockedError("junk came from this connection", retry_after_s=86_400)
