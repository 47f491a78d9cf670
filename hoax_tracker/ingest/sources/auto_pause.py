"""Pause a source automatically after weeks of failures or when it is gone, and tell administrators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.ingest.sources.schedule import FAILURES_BEFORE_PAUSE
from hoax_tracker.models import NoticeKind, Source, db
from hoax_tracker.notifications import notices

if TYPE_CHECKING:
    from hoax_tracker.ingest.service import SourceReading

RECENT_SUCCESS = timedelta(days=2)
"""Every source that can be read is read within a day."""


def counts_towards_pause(source: Source, now: datetime) -> bool:
    """Tell whether one more failure counts towards the automatic pause of a source.

    It does not where no other source was read lately: the fault is then likely ours, for example a machine without
    network. When the network is back, each source has half of its tries left.
    """
    if source.failures < FAILURES_BEFORE_PAUSE // 2:
        return True
    others = sa.select(Source.id).where(Source.is_active, Source.url.is_not(None), Source.id != source.id).limit(1)
    is_alone = db.session.scalar(others) is None
    return is_alone or db.session.scalar(others.where(Source.last_success_at > now - RECENT_SUCCESS)) is not None


def pause_failing_source(source: Source, reading: SourceReading, now: datetime) -> None:
    """Stop reading a source and tell the administrators why, in the current transaction. Its items stay."""
    with force_locale("id"):
        reason = (
            _("Situsnya menyatakan sumber ini sudah tidak ada lagi.")
            if reading.is_gone
            else _("Gagal dibaca %(count)s kali berturut-turut.", count=source.failures)
        )
    source.is_active, source.paused_at, source.paused_because = False, now, reason
    administrators, words = notices.list_administrators(), f"{source.name}: {reason}"
    notices.notify_officers(administrators, NoticeKind.SOURCE_PAUSED, now, source_id=source.id, text=words)
    detail = {"name": source.name, "failures": source.failures, "gone": reading.is_gone}
    audit_log.record_event("source_paused", f"source:{source.id}", officer=None, now=now, detail=detail)
