"""Screenshots of reports: re-encoded, encrypted, for officers only.

The stored file is a JPEG of ours (core/content/images.py). Between two steps of the form only a token identifies it;
the sent report then owns it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.images import SafePicture, reencode_picture
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_bytes
from hoax_tracker.models import ReportPicture, db

LONGEST_SIDE = 1_600
QUALITY = 75


def store_screenshot(data: bytes, now: datetime, settings: Settings) -> str:
    """Store a screenshot without a report; return the token by which a report takes it.

    Raises InvalidInputError for a file that is no picture or too large, ServiceBusyError where others are being
    processed.
    """
    made, token = reencode_screenshot(data), secrets.token_urlsafe(16)
    sealed = encrypt_bytes(made.data, settings.contact_key)
    row = ReportPicture(
        token_digest=_hash_token(token), sealed=sealed, width=made.width, height=made.height, added_at=now
    )
    with write_transaction(None):
        db.session.add(row)
    return token


def attach_screenshot(token: str, report_id: int) -> None:
    """Attach a screenshot to its report, in the current transaction; an unknown or used token does nothing."""
    free = sa.and_(ReportPicture.token_digest == _hash_token(token), ReportPicture.report_id.is_(None))
    statement = sa.update(ReportPicture).where(free).values(report_id=report_id, token_digest=None)
    db.session.execute(statement, execution_options={"synchronize_session": False})


def is_screenshot_waiting(token: str) -> bool:
    """Tell whether a token stands for a screenshot that no report has."""
    free = sa.select(ReportPicture.id).where(ReportPicture.token_digest == _hash_token(token))
    return db.session.scalar(free) is not None


def _hash_token(token: str) -> str:
    """Return the stored digest of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def reencode_screenshot(data: bytes) -> SafePicture:
    """Return the re-encoded picture."""
    return reencode_picture(data, longest_side=LONGEST_SIDE, quality=QUALITY)
