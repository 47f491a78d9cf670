"""/petugas/menunggu: everything that waits for a second person, who confirms it or refuses it with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import confirmers, proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, find_act, list_acts
from hoax_tracker.authority.confirmers import Ties, read_ties
from hoax_tracker.claims.awaiting_approval import proposals_to_confirm
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import Officer, Proposal, db

bp = APIBlueprint("proposals", __name__, url_prefix="/petugas/menunggu", enable_openapi=False)
NAMES_SHOWN = 4
ROWS_SHOWN = 10
SETTLED_SHOWN = 10


@dataclass(frozen=True)
class WaitingRow:
    """A proposal as its reader sees it. ``why_not``: why they may not confirm it, and ``allowed`` who may instead."""

    row: Proposal
    act: Act
    shown: Shown
    seen: str
    why_not: str
    allowed: tuple[str, ...]
    is_own: bool


@bp.get("")
@sign_in_required()
def listing() -> str:
    """List what waits for a second person; what the reader may decide comes first."""
    return _render_listing()


def _render_listing(fault: str = "", proposal_id: int = 0, reason: str = "") -> str:
    """Return the list, with a fault and what was typed at one of its rows."""
    person, now = current_officer(), utc_now()
    kind = request.args.get("jenis", "")
    mine = set(db.session.scalars(proposals_to_confirm(person, now)))
    keys = proposals.list_open_keys()
    waiting = sorted(keys, key=lambda row: (row.id not in mine, row.proposed_by_id != person.id))
    counts = Counter(row.act for row in waiting)
    chosen = [row.id for row in waiting if kind in ("", row.act)]
    page = min(read_whole_number(request.args.get("page")) or 1, max(1, -(-len(chosen) // ROWS_SHOWN)))
    rows = proposals.load_proposals(chosen[(page - 1) * ROWS_SHOWN : page * ROWS_SHOWN])
    shown = {row: words for row in rows if (words := _read_shown(row, person))}
    people = confirmers.list_deciders()
    hands = frozenset[int | None]().union(*(row.hand_ids for row in shown))
    ties = read_ties({person.id, *(one.id for one in people)}, hands, now)
    return render_template(
        "accounts/proposals.html",
        rows=[_describe_waiting(row, words, person, people, ties, now) for row, words in shown.items()],
        total=len(waiting),
        mine=len(mine),
        page=page,
        further=max(0, len(chosen) - page * ROWS_SHOWN),
        kinds=[(act, counts[act.name]) for act in list_acts() if counts[act.name]],
        kind=kind,
        settled=[
            (row, find_act(row.act), words)
            for row in proposals.list_settled(SETTLED_SHOWN)
            if (words := _read_shown(row, person))
        ]
        if confirmers.may_confirm_anything(person)
        else [],
        missing=confirmers.list_missing() if person.is_administrator or person.is_named_second else [],
        fault=fault,
        fault_at=proposal_id,
        reason=reason,
    )


def _read_shown(row: Proposal, person: Officer) -> Shown | None:
    """Return a proposal in words; None where the person does not read it, and where what it is about is gone."""
    try:
        return find_act(row.act).show(row) if _is_shown_to(row, person) else None
    except NotFoundError:
        return None


def _is_shown_to(row: Proposal, person: Officer) -> bool:
    """Tell whether somebody reads the proposal: its authors, and those whose role decides such things.

    Who may not judge it because it accuses their unit does not read it either.
    """
    if person.id in row.hand_ids:
        return True
    act = find_act(row.act)
    if not act.is_impartial(row, person):
        return False
    return confirmers.may_confirm_anything(person) or person.is_auditor or act.act_class is ActClass.PUBLIC


def _describe_waiting(
    row: Proposal, words: Shown, person: Officer, people: Sequence[Officer], ties: Ties, now: datetime
) -> WaitingRow:
    """Return a proposal as the person sees it; ``people``: all who decide anything, with the ties of its hands."""
    act = find_act(row.act)
    refusal = confirmers.find_refusal(row, person, now, ties)
    allowed = (one.name for one in people if confirmers.find_refusal(row, one, now, ties) is None)
    return WaitingRow(
        row,
        act,
        words,
        proposals.proposal_digest(row),
        confirmers.describe_refusal(refusal) if refusal else "",
        tuple(islice(allowed, NAMES_SHOWN)) if refusal else (),
        act.may_withdraw(row, person),
    )


@bp.post("/<int:proposal_id>/<any(setujui,tolak,tarik):act>")
@sign_in_required()
def settle(proposal_id: int, act: str) -> Response | tuple[str, int]:
    """Confirm a proposal, refuse it with a reason, or withdraw one's own."""
    officer, now = current_officer(), utc_now()
    if act != "tarik":
        require_fresh_second_factor()
    reason = request.form.get("reason", "")
    try:
        if act == "setujui":
            seen = request.form.get("seen", "")
            row = proposals.confirm(proposal_id, seen, by=officer, now=now, in_list=True)
        elif act == "tolak":
            row = proposals.refuse(proposal_id, reason, by=officer, now=now)
        else:
            row = proposals.withdraw(proposal_id, by=officer, now=now)
    except (EditConflictError, InvalidInputError, NotAllowedError) as error:
        return _render_listing(str(error.user_message), proposal_id, reason), error.status
    flash(_done_message(act, find_act(row.act).show(row)), "done")
    return redirect(url_for("proposals.listing"), 303)


def _done_message(act: str, shown: Shown) -> str:
    """Return what happened, to the officer who did it."""
    messages: dict[str, Any] = {
        "setujui": _("Disetujui dan berlaku: %(what)s", what=shown.title),
        "tolak": _("Ditolak, dan pengusulnya diberi tahu: %(what)s", what=shown.title),
        "tarik": _("Usulan ditarik: %(what)s", what=shown.title),
    }
    return str(messages[act])
