"""Pickers: fields in which an officer searches for a claim, a clarification or a unit.

A number finds the one, else words, else what is likely for the claim or question that the field stands beside. Each is
offered with all that tells it from another, and what was chosen is shown again in the form that waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import url_for
from flask_babel import format_date, gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.recusal import accuses_unit, is_unit_accused
from hoax_tracker.core.web.query_args import QueryFilters, parse_row_id, query_arg, read_whole_number, text_parser
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import PUBLIC_STATUSES, Claim, ClaimStatus, Clarification, Demand, Officer, Unit, UnitTopic, db
from hoax_tracker.review.forms import DecisionForm

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


def _claim_conditions(officer: Officer, *, closed: bool, other_than: int | None = None) -> Conditions:
    """Return the conditions on claims that the officer may choose.

    A merged claim stands for the one it went to, and nobody joins anything to a claim that accuses their own unit.
    ``closed``: also those closed without an answer.
    """
    left_out = (ClaimStatus.MERGED,) if closed else (ClaimStatus.MERGED, ClaimStatus.DISMISSED)
    conditions: list[sa.ColumnElement[bool]] = [Claim.status.not_in(left_out)]
    if other_than:
        conditions.append(Claim.id != other_than)
    return [*conditions, ~accuses_unit(officer.unit)]


def _page_conditions() -> Conditions:
    """Return the conditions on clarifications that can answer a claim."""
    return [Clarification.status.in_(PUBLIC_STATUSES)]


def _load_claim_options(ids: Sequence[int], conditions: Conditions, limit: int) -> list[PickerOption]:
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


def _load_page_options(ids: Sequence[int], limit: int) -> list[PickerOption]:
    """Return the published clarifications, in the order of the ids."""
    query = sa.select(Clarification).where(Clarification.id.in_(ids), *_page_conditions())
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


def _unit_option(unit: Unit, *, is_accused: bool = False) -> PickerOption:
    facts = (_("disebut klaim ini: boleh ditanya, tidak diteruskan"),) if is_accused else ()
    return PickerOption(unit.id, unit.short_name, unit.name, "", facts)


def chosen_claim(
    claim_id: int | None, officer: Officer, *, closed: bool, other_than: int | None = None
) -> PickerOption | None:
    """Return the chosen claim as an option; None where there is none that the officer may choose."""
    conditions = _claim_conditions(officer, closed=closed, other_than=other_than) if claim_id else []
    return next(iter(_load_claim_options([claim_id], conditions, 1)), None) if claim_id else None


def _chosen_page(number: int | None) -> PickerOption | None:
    """Return the chosen clarification as an option, by its public number; None where there is none."""
    query = sa.select(Clarification).where(Clarification.number == number, *_page_conditions())
    page = db.session.scalar(query.options(joinedload(Clarification.unit))) if number else None
    return _page_option(page) if page else None


SUGGESTED, SHOWN_AT_ONCE, SHOWN_ON_PAGE = 5, 8, 30
NEAREST_CLAIMS, MIN_LIKENESS = 60, 0.1
QUERY_LONGEST, REASON_LONGEST = 200, 2_000
NUMBER_PATTERN = re.compile(r"(?:klaim|klarifikasi|claim|clarification|nomor|no\.?|#)?\s*(\d{1,9})", re.IGNORECASE)


def _parse_reason(text: str) -> str:
    """Return a typed reason with its line breaks, cut to a maximum length."""
    return text.replace("\x00", " ")[:REASON_LONGEST]


@dataclass(frozen=True)
class PickerQuery(QueryFilters):
    """What the address of a picker holds: the words, what it stands beside, and what was typed there already.

    ``back`` is the query of the list that the officer came from.
    """

    q: str = query_arg(text_parser(QUERY_LONGEST), "", arg="cari")
    claim: int | None = query_arg(parse_row_id)
    demand: int | None = query_arg(parse_row_id)
    reason: str = query_arg(_parse_reason, "")
    back: str = query_arg(text_parser(500), "")

    @property
    def number(self) -> int | None:
        """The number, where the words are one: "45", "klaim 45", "#45"."""
        match = NUMBER_PATTERN.fullmatch(self.q)
        return parse_row_id(match[1]) if match else None


def find_options(act: str, wanted: PickerQuery, officer: Officer, limit: int) -> list[PickerOption]:
    """Return what a picker offers the officer, the likeliest first; without words, only what is likely."""
    if act == "unit":
        return _find_units(wanted, officer, limit)
    if act == "tautkan":
        ids = _list_ids(ResultKind.CLARIFICATION, wanted, officer, _page_conditions(), limit)
        return _load_page_options(ids, limit)
    conditions = _claim_conditions(officer, closed=act == "gabung", other_than=wanted.claim)
    return _load_claim_options(_list_ids(ResultKind.CLAIM, wanted, officer, conditions, limit), conditions, limit)


def _list_ids(
    kind: ResultKind, wanted: PickerQuery, officer: Officer, conditions: Sequence[sa.ColumnElement[bool]], limit: int
) -> list[int]:
    """Return the row ids that the words may mean, the likeliest first."""
    if not wanted.q:
        return _list_likely_ids(kind, wanted)[: NEAREST_CLAIMS if kind is ResultKind.CLAIM else SUGGESTED]
    ids = _list_numbered_ids(kind, wanted.number)
    for words in (wanted.q, f"{wanted.q}*"):  # every form of whole words first, then words that begin so
        if len(ids) < limit:
            asked = SearchQuery(q=words, kind=kind)
            sections = list_search_sections(asked, officer, only=conditions)
            ids += [hit.id for section in sections for hit in section.hits]
    return list(dict.fromkeys(ids))


def _list_numbered_ids(kind: ResultKind, number: int | None) -> list[int]:
    """Return the id of the row with that number; a clarification has its public one."""
    if number is None or kind is ResultKind.CLAIM:
        return [number] if number else []
    return list(db.session.scalars(sa.select(Clarification.id).where(Clarification.number == number)))


def _list_likely_ids(kind: ResultKind, wanted: PickerQuery) -> list[int]:
    """Return the rows most similar to the claim or question that the picker stands beside."""
    text = _read_near_text(wanted)
    if not text:
        return []
    index = current_match_index()
    if kind is ResultKind.CLARIFICATION:
        return index.find_pages(text, SUGGESTED)
    return [int(key) for key in index.known_claims().nearest(text, NEAREST_CLAIMS, MIN_LIKENESS)]


def _read_near_text(wanted: PickerQuery) -> str:
    """Return the text that the picker stands beside, "" for none."""
    if wanted.claim:
        return db.session.scalar(sa.select(Claim.text).where(Claim.id == wanted.claim)) or ""
    if wanted.demand:
        return db.session.scalar(sa.select(Demand.text).where(Demand.id == wanted.demand)) or ""
    return ""


def _find_units(wanted: PickerQuery, officer: Officer, limit: int) -> list[PickerOption]:
    """Return the active units whose name holds all words; without words, likely ones first and then the others.

    Units that the claim accuses come last and say so: they may be asked, the claim is never passed on to them.
    """
    claim = db.session.get(Claim, wanted.claim) if wanted.claim else None
    units = list(db.session.scalars(sa.select(Unit).where(Unit.is_active).order_by(~Unit.is_root, Unit.name)))
    accusing = claim if claim is not None and claim.accusations else None
    accused = {unit.id for unit in units if accusing is not None and is_unit_accused(accusing, unit)}
    likely = _list_likely_units(claim, officer)
    units.sort(key=lambda unit: (unit.id in accused, likely.index(unit.id) if unit.id in likely else len(likely)))
    words = wanted.q.casefold().split()
    found = [unit for unit in units if _holds_all_words(unit, words)][:limit]
    return [_unit_option(unit, is_accused=unit.id in accused) for unit in found]


def _list_likely_units(claim: Claim | None, officer: Officer) -> list[int]:
    """Return the units that probably answer: the claim's own, the one of its topic, the officer's."""
    if claim is None:
        return [officer.unit_id]
    of_topic = db.session.scalar(sa.select(UnitTopic.unit_id).where(UnitTopic.topic == claim.topic))
    return [unit_id for unit_id in dict.fromkeys((claim.unit_id, of_topic, officer.unit_id)) if unit_id]


def _holds_all_words(unit: Unit, words: Sequence[str]) -> bool:
    """Tell whether every word stands in a name of the unit."""
    names = f"{unit.name} {unit.short_name} {unit.code}".casefold()
    return all(word in names for word in words)


FORM_FIELDS = (("gabung", "into"), ("tautkan", "clarification"), ("teruskan", "unit_id"))


def fill_in_choice(forms: Mapping[str, DecisionForm], choice: Mapping[str, str]) -> None:
    """Put into the form what the search page of its picker led back with: the choice and what was typed before."""
    for act, name in FORM_FIELDS:
        if name in choice:
            forms[act][name].data = read_whole_number(choice[name])
            forms[act].reason.data = _parse_reason(choice.get("reason", ""))


def load_picked(forms: Mapping[str, DecisionForm], officer: Officer, claim_id: int) -> dict[str, PickerOption | None]:
    """Return the chosen claim and clarification of the forms, None where nothing is chosen."""
    into, page = (read_whole_number(forms[act][name].data) for act, name in FORM_FIELDS[:2])
    return {
        "gabung": chosen_claim(into, officer, closed=True, other_than=claim_id),
        "tautkan": _chosen_page(page),
    }
