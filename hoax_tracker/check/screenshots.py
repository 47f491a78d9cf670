"""A screenshot that comes with a report: made anew from its pixels, encrypted, for officers only.

What arrives is looked at before it is decoded, as in pictures.py. What is kept is a JPEG of ours without any byte of
the file that was sent: neither what else it carried (place, device, comment), nor what a damaged one does to a viewer.
Between two steps of the form it is known by a token alone; sent with the report, it belongs to that.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask_babel import gettext as _

from hoax_tracker.check import pictures
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.errors import TooManyInTotal
from hoax_tracker.models import ReportPicture, db

LONGEST_SIDE = 1_600
QUALITY = 75
WAIT_FOR_OTHERS_S = 10.0

# Sixteen million pixels in colour are 48 MB while they are decoded.
_one_at_a_time = BoundedSemaphore(1)


@dataclass(frozen=True)
class SafePicture:
    """A JPEG that we wrote, with its size in pixels."""

    data: bytes
    width: int
    height: int


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
    """Return the picture made anew: its first frame, upright, on white, its longest side bounded, nothing beside it."""
    from PIL import Image

    if len(data) > pictures.LIMIT_BYTES:
        raise pictures.too_large()
    pictures.require_picture(data)
    if not _one_at_a_time.acquire(timeout=WAIT_FOR_OTHERS_S):
        message = _("Server sedang menerima gambar lain. Tunggu sebentar, lalu kirim lagi. Isian Anda masih ada.")
        raise TooManyInTotal("screenshots are being taken in", retry_after_s=10, user_message=message)
    try:
        with pictures.decoded(data) as picture:
            colour = picture.convert("RGBA")
            paper = Image.new("RGB", colour.size, "white")
            paper.paste(colour, mask=colour.getchannel("A"))
        paper.thumbnail((LONGEST_SIDE, 4 * LONGEST_SIDE))
        out = io.BytesIO()
        paper.save(out, "JPEG", quality=QUALITY, optimize=True)
    finally:
        _one_at_a_time.release()
    return SafePicture(out.getvalue(), paper.width, paper.height)
