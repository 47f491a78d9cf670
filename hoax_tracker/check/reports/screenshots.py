"""A screenshot that comes with a report: made anew from its pixels, encrypted, for officers only.

What is kept is a JPEG of ours (core/content/images.py). Between two steps of the form it is known by a token alone;
sent with the report, it belongs to that.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from threading import BoundedSemaphore

import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask_babel import gettext as _

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.images import LIMIT_BYTES, SafePicture, made_anew, require_picture, too_large
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.errors import TooManyInTotal
from hoax_tracker.models import ReportPicture, db

LONGEST_SIDE = 1_600
QUALITY = 75
WAIT_FOR_OTHERS_S = 10.0

_one_at_a_time = BoundedSemaphore(1)


def keep_screenshot(data: bytes, now: datetime, settings: Settings) -> str:
    """Store a screenshot that belongs to no report yet; return the token that a report takes it by.

    Raises Invalid or TooLarge, in words, for what is no picture or too large, TooManyInTotal where others are at it.
    """
    made, token = safe_copy(data), secrets.token_urlsafe(16)
    sealed = Fernet(settings.contact_key.encode()).encrypt(made.data)
    row = ReportPicture(token_digest=digest(token), sealed=sealed, width=made.width, height=made.height, added_at=now)
    with writing(None):
        db.session.add(row)
    return token


def take_along(token: str, report_id: int) -> None:
    """Give a screenshot to its report, in the current transaction; a token that nobody has, or used, gives nothing."""
    free = sa.and_(ReportPicture.token_digest == digest(token), ReportPicture.report_id.is_(None))
    taken = sa.update(ReportPicture).where(free).values(report_id=report_id, token_digest=None)
    db.session.execute(taken, execution_options={"synchronize_session": False})


def is_kept(token: str) -> bool:
    """Tell whether a token still stands for a screenshot that no report has."""
    free = sa.select(ReportPicture.id).where(ReportPicture.token_digest == digest(token))
    return db.session.scalar(free) is not None


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def safe_copy(data: bytes) -> SafePicture:
    """Return the picture made anew, one at a time."""
    if len(data) > LIMIT_BYTES:
        raise too_large()
    require_picture(data)
    if not _one_at_a_time.acquire(timeout=WAIT_FOR_OTHERS_S):
        message = _("Server sedang menerima gambar lain. Tunggu sebentar, lalu kirim lagi. Isian Anda masih ada.")
        raise TooManyInTotal("screenshots are being taken in", retry_after_s=10, user_message=message)
    try:
        return made_anew(data, longest_side=LONGEST_SIDE, quality=QUALITY)
    finally:
        _one_at_a_time.release()
