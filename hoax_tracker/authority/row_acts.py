"""Acts that set values of one row: somebody proposes them in its form, another person lets them count.

Each kind of row (units, contacts, sources …) is one ``RowAct``: which values it has, what they are called, how a row is
found and made. The subject of its proposals is "unit:5", or "unit:new:<digest>" for a row that does not exist yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, in_words, register_act
from hoax_tracker.core.audit.tracked_edits import require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import Officer, Proposal, db

Values = dict[str, Any]
NEW = "new:"
Applied = Callable[[Any, Values, Proposal, Officer | None, datetime], None]
"""Called with the row, the values before, the proposal, the confirmer and the time, once the values count."""


def _no_effect(_proposal: Proposal) -> str:
    """Say nothing of what a change does beside its values."""
    return ""


def _plain_value(_name: str, value: Any) -> Any:
    """Return a value as it is shown: itself."""
    return value


def _refuse_to_make(proposal: Proposal) -> Any:
    """Raise EditConflictError: the row that a proposal changes is gone, and such rows are not added."""
    raise EditConflictError(f"{proposal.subject} is gone", user_message=_("Yang hendak diubah sudah tidak ada."))


@dataclass(frozen=True)
class RowAct:
    """A kind of row whose values a second person confirms.

    ``labels``: the values and what they are called. ``find`` returns the row of a key, or None; ``make`` makes the row
    of a proposal that has none. ``check`` raises InvalidInputError for values that cannot be; it is asked when they are
    proposed and again when they are confirmed. ``effect`` says what the confirmer should know beside the values,
    ``word`` puts a value in words, ``link`` leads to the form, ``audited`` is what the audit log keeps of the values.
    """

    name: str
    label: Any
    act_class: ActClass
    labels: Mapping[str, Any]
    find: Callable[[str], Any]
    title: Callable[[Proposal], str]
    make: Callable[[Proposal], Any] = _refuse_to_make
    check: Callable[[Any, Values], None] = lambda row, values: None
    effect: Callable[[Proposal], str] = _no_effect
    word: Callable[[str, Any], Any] = _plain_value
    link: Callable[[Proposal], tuple[str, Mapping[str, Any]] | None] = lambda proposal: None
    is_impartial: Callable[[Proposal, Officer], bool] = lambda proposal, person: True
    audited: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict

    def subject(self, key: Any) -> str:
        """Return the subject of the proposals and audit events about a row."""
        return f"{self.name}:{key}"

    def read_values(self, row: Any) -> Values:
        """Return the values that count."""
        return {name: getattr(row, name) for name in self.labels}

    def find_waiting(self, key: Any) -> Proposal | None:
        """Return the proposal about a row that waits, or None."""
        return proposals.find_open(self.name, self.subject(key))

    def values_to_edit(self, row: Any, key: Any) -> Values:
        """Return the values that an editor goes on with: those that wait, else those that count."""
        waiting = self.find_waiting(key)
        return dict(waiting.values) if waiting else self.read_values(row)

    def stored_values(self, key: Any) -> Values:
        """Return the values that an editor who met another one reads: those that wait or count by now."""
        row = self.find(str(key)) if key is not None else None
        return self.values_to_edit(row, key) if row is not None else {}

    def propose(
        self, key: Any, values: Values, seen: str, *, by: Officer | None, now: datetime, note: str = ""
    ) -> Proposal | None:
        """Propose values of a row; None where they count already. Nothing changes yet.

        Raises EditConflictError where somebody else proposed or changed something since the editor saw it, or
        InvalidInputError.
        """
        with write_transaction():
            row = self.find(str(key))
            if row is None:
                raise NotFoundError(self.subject(key))
            before = self.read_values(row)
            waiting = self.find_waiting(key)
            require_unchanged_values(self.subject(key), dict(waiting.values) if waiting else before, seen)
            self.check(row, values)
            if before == values:
                if waiting is None:
                    return None
                message = _("Itu sama dengan yang berlaku sekarang. Tarik saja usulannya di Menunggu orang kedua.")
                raise InvalidInputError("nothing would change", user_message=message)
            about: dict[str, Any] = {"before": before, "note": note, "waiting": waiting}
            return proposals.propose(self.name, self.subject(key), values, by=by, now=now, **about)

    def propose_new(self, mark: str, values: Values, *, by: Officer | None, now: datetime) -> Proposal:
        """Propose a row that does not exist yet; ``mark`` is what makes it one of its own. Raises InvalidInputError."""
        with write_transaction():
            self.check(None, values)
            digest = hashlib.sha256(mark.casefold().encode()).hexdigest()[:24]
            return proposals.propose(self.name, self.subject(NEW + digest), values, by=by, now=now)

    def find_row(self, proposal: Proposal) -> Any:
        """Return the row that a proposal changes, or None for one that does not exist yet."""
        key = proposal.subject.partition(":")[2]
        return None if key.startswith(NEW) else self.find(key)

    def apply(self, proposal: Proposal, now: datetime) -> tuple[Any, Values]:
        """Let the confirmed values count, in the current transaction; return the row and the values before."""
        row, values, before = self.find_row(proposal), dict(proposal.values), dict(proposal.before)
        self.check(row, values)
        row = row if row is not None else self.make(proposal)
        for name, value in values.items():
            setattr(row, name, value)
        row.edited_at, row.confirmation_id = now, proposal.id
        db.session.add(row)
        db.session.flush()
        db.session.refresh(row)  # what it belongs to, too
        return row, before

    def read_current(self, proposal: Proposal) -> Values:
        """Return the values that count now of the row that a proposal is about."""
        row = self.find_row(proposal)
        return self.read_values(row) if row is not None else {}

    def show(self, proposal: Proposal) -> Shown:
        """Put a proposal in words."""
        lines = tuple(
            (
                str(label),
                *(in_words(self.word(name, values.get(name))) for values in (proposal.before, proposal.values)),
            )
            for name, label in self.labels.items()
            if proposal.before.get(name) != proposal.values.get(name)
        )
        return Shown(self.title(proposal), self.effect(proposal), lines, self.link(proposal))  # type: ignore[arg-type]


def register_row_act(rows: RowAct, then: Applied | None = None) -> Act:
    """Register the act of a kind of row. ``then`` does what follows from a confirmed change, in its transaction."""

    def apply(proposal: Proposal, by: Officer | None, now: datetime) -> Mapping[str, Any]:
        row, before = rows.apply(proposal, now)
        if then is not None:
            then(row, before, proposal, by, now)
        return {"before": rows.audited(before)}

    return register_act(
        Act(
            rows.name,
            rows.label,
            rows.act_class,
            apply=apply,
            show=rows.show,
            read_current=rows.read_current,
            is_impartial=rows.is_impartial,
            audited=rows.audited,
        )
    )


def redirect_proposed(act: str, *, is_proposed: bool) -> Response:
    """Lead to what waits for a second person, where the proposal just made stands."""
    if is_proposed:
        flash(_("Diusulkan. Orang kedua yang menyetujuinya; sampai itu tidak ada yang berubah."), "done")
    else:
        flash(_("Tidak ada yang diubah."), "done")
    return redirect(url_for("proposals.listing", jenis=act), 303)
