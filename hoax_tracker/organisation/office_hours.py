"""Response targets, office hours and holidays. Each edit is one transaction with its audit event.

A change applies to claims that arrive afterwards. The deadline of a waiting claim does not move.

Residents read of hours and holidays only when officers read again and until when an answer is due, and a template
reaches them only in a draft that two people see. So one administrator edits them (a desk act).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.row_acts import Values
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import apply_edit
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Holiday, Officer, OfficeRules, TextTemplate, Topic, db
from hoax_tracker.models.organisation import WEEK
from hoax_tracker.organisation.units import field_error

WEEKDAY_NAMES = (_l("Senin"), _l("Selasa"), _l("Rabu"), _l("Kamis"), _l("Jumat"), _l("Sabtu"), _l("Minggu"))
OFFICE_FIELDS = ("urgent_hours", "high_hours", "other_days", "hours", "digest_from", "review_months")
HOLIDAY_HORIZON = timedelta(days=3 * 365)
"""Decrees name the holidays of the next year: a day far beyond that is a slip of the hand."""
TARGET_LIMITS = {"urgent_hours": 72, "high_hours": 240, "other_days": 30, "review_months": 60}
DEFAULT_OFFICE_RULES = {
    "urgent_hours": 3,
    "high_hours": 24,
    "other_days": 3,
    "digest_from": "07:00",
    "review_months": 6,
}

register_acts(
    AuditAct("template_changed", _l("mengubah contoh teks %(what)s")),
    AuditAct("office_changed", _l("mengubah %(what)s"), _l("mengubah jam kerja dan batas waktu")),
    AuditAct("holiday_added", _l("menambah hari libur %(what)s")),
    AuditAct("holiday_dropped", _l("menghapus hari libur %(what)s")),
    AuditAct("holiday_verified", _l("memeriksa hari libur %(what)s")),
    is_setup=True,
)


def load_office_rules() -> OfficeRules:
    """Return the stored rules, or the defaults in a row that is not stored."""
    return db.session.get(OfficeRules, 1) or default_office_rules()


def default_office_rules() -> OfficeRules:
    """Return the default rules in a row that is not stored."""
    return OfficeRules(id=1, hours=[*WEEK], **DEFAULT_OFFICE_RULES)


def office_values() -> Values:
    """Return the editable targets and hours."""
    rules = load_office_rules()
    return {name: getattr(rules, name) for name in OFFICE_FIELDS}


def change_office(values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change targets and hours, and tell whether anything differed.

    Raises EditConflictError, or InvalidInputError that names the field.
    """
    _require_valid_office(values)
    with write_transaction():
        row = load_office_rules()
        db.session.add(row)
        return apply_edit(row, values, seen, action="office_changed", subject="office:1", by=by, now=now)


def _require_valid_office(values: Values) -> None:
    """Raise InvalidInputError for a missing or too large target, invalid hours, or no working day."""
    for name, most in TARGET_LIMITS.items():
        if not 0 < (values[name] or 0) <= most:
            raise field_error(name, _("Tulis angka dari 1 sampai %(most)s.", most=most))
    if _read_time_of_day(values["digest_from"]) is None:
        raise field_error("digest_from", _("Tulis jam seperti 07:00."))
    for number, day in enumerate(values["hours"]):
        if day is not None:
            _require_valid_day(f"day{number}", day)
    if not any(values["hours"]):
        raise field_error("day0", _("Paling sedikit satu hari kerja dalam seminggu."))


def _require_valid_day(field: str, day: list[str]) -> None:
    """Raise InvalidInputError unless the day has a start and a later end."""
    begins, ends = _read_time_of_day(day[0]), _read_time_of_day(day[1])
    if begins is None or ends is None or begins >= ends:
        raise field_error(field, _("Tulis jam seperti 07:30-16:00, atau kosongkan bila libur."))


def _read_time_of_day(text: str) -> time | None:
    """Return the time of text like "07:30", None for any other text."""
    try:
        return time.fromisoformat(text) if len(text) == 5 else None
    except ValueError:
        return None


def list_holidays(since: date) -> Sequence[Holiday]:
    """Return the holidays from a day on, earliest first."""
    query = sa.select(Holiday).where(Holiday.is_kept, Holiday.day >= since).order_by(Holiday.day)
    return db.session.scalars(query).all()


def add_holiday(day: date | None, name: str, *, by: Officer, now: datetime) -> None:
    """Add a holiday, or rename a listed one. A holiday that a person enters counts as verified.

    Raises InvalidInputError for a missing day or name, and for a day that is past or further ahead than any decree.
    """
    if day is None:
        raise field_error("day", _("Pilih tanggalnya."))
    if day < day_in_kupang(now):
        raise field_error("day", _("Hari itu sudah lewat. Pilih hari ini atau sesudahnya."))
    if day > day_in_kupang(now) + HOLIDAY_HORIZON:
        raise field_error("day", _("Hari itu lebih dari tiga tahun lagi. Periksa tahunnya."))
    if not name.strip():
        raise field_error("name", _("Tulis nama hari liburnya."))
    values = {"name": name.strip()[:120], "is_kept": True, "is_verified": True, "edited_at": now}
    with write_transaction():
        db.session.merge(Holiday(day=day, **values))
        audit_log.record_event(
            "holiday_added", f"holiday:{day}", officer=by, now=now, detail={"name": name.strip()[:120]}
        )


def remove_holiday(day: date, *, by: Officer, now: datetime) -> None:
    """Remove a holiday. Loading the shipped list again does not restore it."""
    with write_transaction():
        row = db.session.get(Holiday, day)
        if row is not None and row.is_kept:
            row.is_kept, row.edited_at = False, now
            audit_log.record_event("holiday_dropped", f"holiday:{day}", officer=by, now=now, detail={"name": row.name})


def verify_holiday(day: date, *, by: Officer, now: datetime) -> None:
    """Mark a holiday as checked against the decree."""
    with write_transaction():
        row = db.session.get(Holiday, day)
        if row is not None and not row.is_verified:
            row.is_verified, row.edited_at = True, now
            audit_log.record_event("holiday_verified", f"holiday:{day}", officer=by, now=now, detail={"name": row.name})


def template_values(topic: Topic) -> Values:
    """Return the texts that drafts on the topic start with, "" where the topic has none."""
    row = db.session.get(TextTemplate, topic)
    return {"findings": row.findings if row else "", "conclusion": row.conclusion if row else ""}


def change_template(topic: Topic, values: Values, seen: str, *, by: Officer, now: datetime) -> bool:
    """Change the texts of a topic, and tell whether anything differed. Raises EditConflictError."""
    with write_transaction():
        row = db.session.get(TextTemplate, topic) or TextTemplate(topic=topic, findings="", conclusion="")
        db.session.add(row)
        subject = f"template:{topic.value}"
        return apply_edit(row, values, seen, action="template_changed", subject=subject, by=by, now=now)
