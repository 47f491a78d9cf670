"""What a picker offers: a claim, a clarification or a unit with all that tells it from another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.recusal import accuses_unit
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimStatus,
    Clarification,
    Officer,
    Unit,
    db,
)

Conditions = Sequence[sa.ColumnElement[bool]]


@dataclass(frozen=True)
class PickerOption:
    """One option. ``value`` is what the form sends, ``version`` the version of a claim as shown here.

    ``name`` says what it is ("Klaim 12"), ``facts`` are its unit, its state and the like, ``link`` leads to its page.
    """

    value: int
    name: str
    title: str
    text: str
    facts: tuple[str, ...]
    link: str = ""
    version: int | None = None


def claim_conditions(officer: Officer, *, closed: bool, other_than: int | None = None) -> Conditions:
    """Return the conditions on claims that the officer may choose.

    A merged claim stands for the one it went to, and nobody joins anything to a claim that accuses their own unit.
    ``closed``: also those closed without an answer.
    """
    left_out = (ClaimStatus.MERGED,) if closed else (ClaimStatus.MERGED, ClaimStatus.DISMISSED)
    conditions: list[sa.ColumnElement[bool]] = [Claim.status.not_in(left_out)]
    if other_than:
        conditions.append(Claim.id != other_than)
    return [*conditions, ~accuses_unit(officer.unit)]


def page_conditions() -> Conditions:
    """Return the conditions on clarifications that can answer a claim."""
    return [Clarification.status.in_(PUBLIC_STATUSES)]


def load_claim_options(ids: Sequence[int], conditions: Conditions, limit: int) -> list[PickerOption]:
    """Return the claims that meet the conditions, in the order of the ids."""
    query = sa.select(Claim).where(Claim.id.in_(ids), *conditions).options(joinedload(Claim.unit))
    claims = {claim.id: claim for claim in db.session.scalars(query)} if ids else {}
    return [_claim_option(claims[key]) for key in ids if key in claims][:limit]


def _claim_option(claim: Claim) -> PickerOption:
    unit = claim.unit.short_name if claim.unit else _("belum ada unit")
    seen = _("terakhir %(day)s", day=format_date(claim.last_seen_at, "d MMMM y"))
    return PickerOption(
        claim.id,
        _("Klaim %(number)s", number=claim.id),
        claim.title,
        text_beyond_title(claim.title, claim.text),
        (str(claim.status.label), unit, seen),
        url_for("review.claim", claim_id=claim.id),
        claim.version,
    )


def text_beyond_title(title: str, text: str) -> str:
    """Return what a text says beyond its title, which is often its beginning."""
    flat, head = " ".join(text.split()), title.rstrip("…").strip()
    rest = flat[len(head) :].strip() if flat.startswith(head) else flat
    return f"… {rest}" if rest and rest is not flat else rest


def load_page_options(ids: Sequence[int], limit: int) -> list[PickerOption]:
    """Return the published clarifications, in the order of the ids."""
    query = sa.select(Clarification).where(Clarification.id.in_(ids), *page_conditions())
    rows = db.session.scalars(query.options(joinedload(Clarification.unit)))
    pages = {page.id: page for page in rows}
    return [_page_option(pages[key]) for key in ids if key in pages][:limit]


def _page_option(page: Clarification) -> PickerOption:
    """Return a published clarification as an option. Its number is the public one."""
    verdict = [str(page.verdict.label)] if page.verdict else []
    day = [format_date(page.published_at, "d MMMM y")] if page.published_at else []
    return PickerOption(
        page.number or 0,
        _("Klarifikasi %(number)s", number=page.number),
        page.title,
        page.claim_quote,
        (*verdict, page.unit.short_name, *day),
        url_for("clarify.page", clarification_id=page.id),
    )


def unit_option(unit: Unit) -> PickerOption:
    """Return a unit as an option."""
    return PickerOption(unit.id, unit.short_name, unit.name, "", ())


def chosen_claim(
    claim_id: int | None, officer: Officer, *, closed: bool, other_than: int | None = None
) -> PickerOption | None:
    """Return the chosen claim as an option; None where there is none that the officer may choose."""
    conditions = claim_conditions(officer, closed=closed, other_than=other_than) if claim_id else []
    return next(iter(load_claim_options([claim_id], conditions, 1)), None) if claim_id else None


def chosen_page(number: int | None) -> PickerOption | None:
    """Return the chosen clarification as an option, by its public number; None where there is none."""
    query = sa.select(Clarification).where(Clarification.number == number, *page_conditions())
    page = db.session.scalar(query.options(joinedload(Clarification.unit))) if number else None
    return _page_option(page) if page else None
