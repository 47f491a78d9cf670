"""Decisions that change what residents are told: an answer given to a claim, or taken from it.

Linking a claim to a published page, merging it into an answered one, and taking it away again are proposals; confirmed,
the same service carries the decision out in the proposer's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.claims.public_words.judged_claims import has_answering_page, list_answering_pages
from hoax_tracker.claims.recusal import WITH_ACCUSATIONS, is_accused_by_any
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Claim, ClaimStatus, Clarification, DecisionKind, Officer, Proposal, db


@contextmanager
def decision_transaction(confirmed: Proposal | None) -> Iterator[None]:
    """Run a block as one write, or within that of the confirmation that carries the decision out."""
    if confirmed is None:
        with write_transaction(), db.session.no_autoflush:
            yield
    else:
        with db.session.no_autoflush:
            yield


def is_answered(*claims: Claim) -> bool:
    """Tell whether residents are told a verdict about one of the claims."""
    if any(claim.status is ClaimStatus.CLARIFIED for claim in claims):
        return True
    return has_answering_page([claim.id for claim in claims])


def propose_decision(
    kind: DecisionKind,
    claim: Claim,
    values: Mapping[str, Any],
    *,
    reason: str,
    officer: Officer,
    now: datetime,
    other: Claim | None = None,
) -> Proposal:
    """Let the decision wait for a second person, in the current transaction."""
    about = {"kind": kind.value, "claim": claim.id, "reason": reason.strip()}
    before = {"version": claim.version, "other": other.id if other else None, "other_version": _version_of(other)}
    return proposals.propose(
        "decision", f"claim:{claim.id}", about | dict(values), by=officer, now=now, before=before, note=reason.strip()
    )


def _version_of(claim: Claim | None) -> int | None:
    """Return a claim's version, None for none."""
    return claim.version if claim else None


def _apply_decision(row: Proposal, _by: Officer | None, now: datetime) -> dict[str, Any]:
    """Carry the confirmed decision out in the name of who proposed it, in the current transaction."""
    from hoax_tracker.review.decisions import merge, service, split  # they propose, and so import this module

    values, kind = row.values, DecisionKind(row.values["kind"])
    officer = row.proposed_by
    if officer is None:
        raise NotFoundError("a decision without a person")
    told: dict[str, Any] = {"officer": officer, "now": now, "confirmed": row}
    place = (values["claim"], row.before["version"])
    if kind is DecisionKind.MERGE:
        outcome = merge.merge_claims(*place, values["into"], reason=values["reason"], **told)
    elif kind is DecisionKind.SPLIT and values.get("appearances"):
        outcome = split.split_claim(*place, values["appearances"], reason=values["reason"], **told)
    elif kind is DecisionKind.SPLIT:
        outcome = split.unmerge_claim(*place, reason=values["reason"], **told)
    else:
        choice = service.DecisionChoice(kind, values["reason"], clarification_id=values.get("clarification"))
        outcome = service.decide_claim(*place, choice, **told)
    return {"decision": outcome.decision_id}


def _read_versions(row: Proposal) -> dict[str, Any]:
    """Return the versions of the claims that a proposal is about, as it remembers them."""
    other_id = row.before.get("other")
    claim, other = _claim_of(row), db.session.get(Claim, other_id) if other_id else None
    return {"version": claim.version, "other": other_id, "other_version": _version_of(other)}


def _claim_of(row: Proposal) -> Claim:
    """Return the claim that a proposal is about, with what it accuses."""
    claim = db.session.get(Claim, row.values["claim"], options=WITH_ACCUSATIONS)
    if claim is None:
        raise NotFoundError(f"claim {row.values['claim']}")
    return claim


def _show_decision(row: Proposal) -> Shown:
    """Put a proposed decision in words."""
    claim, kind = _claim_of(row), DecisionKind(row.values["kind"])
    page = _find_page(row)
    told = _("%(verdict)s: %(title)s", verdict=page.verdict.label, title=page.title) if page and page.verdict else "–"
    asked = _("Sedang diperiksa")
    gives = kind in (DecisionKind.LINK, DecisionKind.MERGE)
    lines = ((_("Kabar"), claim.text, claim.text), (_("Warga membaca"), *((asked, told) if gives else (told, asked))))
    effect = _("Siapa pun yang menempel kata-kata ini akan dijawab begitu, dan aduannya dianggap terjawab.")
    link = ("review.claim", {"claim_id": claim.id})
    return Shown(f"{kind.label}: {claim.title}", effect if gives else "", lines, link)


def _find_page(row: Proposal) -> Clarification | None:
    """Return the page whose answer the decision gives or takes."""
    if key := row.values.get("clarification"):
        return db.session.get(Clarification, key)
    other_id = row.before.get("other")
    claim = (db.session.get(Claim, other_id) if other_id else None) or _claim_of(row)
    pages = list_answering_pages(claim)
    return db.session.get(Clarification, pages[-1]) if pages else None


def _is_impartial(row: Proposal, person: Officer) -> bool:
    """Tell whether the person is impartial towards what the claims and the page accuse."""
    other_id = row.before.get("other")
    claims = [_claim_of(row), *([db.session.get_one(Claim, other_id)] if other_id else [])]
    page = _find_page(row)
    claims += list(page.claims) if page and len(page.claims) < 50 else []
    return not is_accused_by_any(claims, person)


register_act(
    Act(
        "decision",
        _l("Kabar dianggap sama"),
        ActClass.PUBLIC,
        apply=_apply_decision,
        show=_show_decision,
        read_current=_read_versions,
        is_impartial=_is_impartial,
    )
)
