"""Explainers: short lessons for residents. One officer proposes a text; it is public once another confirmed it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act, tracked_lines
from hoax_tracker.clarify.publication import unused_slug
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import EXPLAINER_FIELDS, Explainer, Officer, Proposal, db

EXPLAINER_LABELS = {
    "title": _l("Judul"),
    "summary": _l("Ringkasan"),
    "body": _l("Isi"),
    "cues": _l("Kata dalam pesan warga"),
    "is_shown": _l("Tampil untuk warga"),
}


def list_explainers() -> Sequence[Explainer]:
    """Return all explainers by title."""
    return db.session.scalars(sa.select(Explainer).order_by(Explainer.title, Explainer.id)).all()


def _explainer_values(row: Explainer | None) -> dict[str, Any]:
    """Return the values that residents see, or those of an empty form."""
    if row is None:
        return {"title": "", "summary": "", "body": "", "cues": [], "is_shown": True}
    return {name: getattr(row, name) for name in EXPLAINER_FIELDS}


def pending_values(row: Explainer | None) -> dict[str, Any]:
    """Return the values that an editor goes on with: a proposal where one waits, else what residents see."""
    waiting = proposals.find_open("explainer", f"explainer:{row.id}") if row else None
    return dict(waiting.values) if waiting else _explainer_values(row)


def propose_explainer(
    explainer_id: int | None, values: Mapping[str, Any], seen: str, *, officer: Officer, now: datetime
) -> None:
    """Propose a lesson or a change of one. Residents see no change.

    Raises EditConflictError where somebody else changed it meanwhile.
    """
    with write_transaction():
        row = lock_row(Explainer, explainer_id) if explainer_id is not None else None
        subject = f"explainer:{row.id}" if row else _new_subject(values["title"])
        require_unchanged_values(subject, pending_values(row), seen)
        after = {name: values[name] for name in EXPLAINER_FIELDS}
        before = _explainer_values(row) if row else {}
        proposals.propose("explainer", subject, after, by=officer, now=now, before=before)


def _new_subject(title: str) -> str:
    """Return the name of a lesson that is no row yet, in proposals and the audit log."""
    return f"explainer:new:{hashlib.sha256(title.casefold().encode()).hexdigest()[:24]}"


def _find_proposed(proposal: Proposal) -> Explainer | None:
    """Return the lesson that a proposal changes, or None for a new one."""
    return db.session.get(Explainer, proposals.subject_id(proposal)) if proposal.before else None


def _apply_explainer(proposal: Proposal, _by: Officer | None, now: datetime) -> dict[str, Any]:
    """Make the confirmed values public, in the current transaction."""
    row = _find_proposed(proposal)
    if row is None:
        row = Explainer(slug=unused_slug(proposal.values["title"], Explainer.slug, "panduan"), changed_at=now)
    for name in EXPLAINER_FIELDS:
        setattr(row, name, proposal.values[name])
    row.changed_at = row.edited_at = now
    row.confirmation_id = proposal.id
    db.session.add(row)
    db.session.flush()
    return {"explainer": row.id}


def _show_explainer(proposal: Proposal) -> Shown:
    """Put a proposed lesson in words."""
    row = _find_proposed(proposal)
    link = ("explainers.page", {"explainer_id": row.id}) if row else None
    return Shown(proposal.values["title"], "", tracked_lines(proposal, EXPLAINER_LABELS), link)


def _read_explainer_now(proposal: Proposal) -> dict[str, Any]:
    """Return what residents read now of the lesson that a proposal is about."""
    row = _find_proposed(proposal)
    return _explainer_values(row) if row else {}


register_act(
    Act(
        "explainer",
        _l("Panduan"),
        ActClass.PUBLIC,
        apply=_apply_explainer,
        show=_show_explainer,
        read_current=_read_explainer_now,
    )
)
