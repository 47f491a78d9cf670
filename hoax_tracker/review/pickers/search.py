"""The search of a picker: a number, else words, else what is likely for the claim or question it stands beside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hoax_tracker.claims.recusal import is_unit_accused
from hoax_tracker.core.web.query_args import QueryFilters, parse_row_id, query_arg, text_parser
from hoax_tracker.desk_search.filters import ResultKind, SearchQuery
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import Claim, Clarification, Demand, Officer, Unit, UnitTopic, db
from hoax_tracker.review.pickers.options import (
    PickerOption,
    claim_conditions,
    load_claim_options,
    load_page_options,
    page_conditions,
    unit_option,
)

SUGGESTED, SHOWN_AT_ONCE, SHOWN_ON_PAGE = 5, 8, 30
NEAREST_CLAIMS, MIN_LIKENESS = 60, 0.1
QUERY_LONGEST, REASON_LONGEST = 200, 2_000
NUMBER_PATTERN = re.compile(r"(?:klaim|klarifikasi|claim|clarification|nomor|no\.?|#)?\s*(\d{1,9})", re.IGNORECASE)


def parse_reason(text: str) -> str:
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
    reason: str = query_arg(parse_reason, "")
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
        ids = _list_ids(ResultKind.CLARIFICATION, wanted, officer, page_conditions(), limit)
        return load_page_options(ids, limit)
    conditions = claim_conditions(officer, closed=act == "gabung", other_than=wanted.claim)
    return load_claim_options(_list_ids(ResultKind.CLAIM, wanted, officer, conditions, limit), conditions, limit)


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

    Units that the claim accuses are left out: the claim is never passed on to them.
    """
    claim = db.session.get(Claim, wanted.claim) if wanted.claim else None
    units = list(db.session.scalars(sa.select(Unit).where(Unit.is_active).order_by(~Unit.is_root, Unit.name)))
    if claim is not None and claim.accusations:
        units = [unit for unit in units if not is_unit_accused(claim, unit) or unit.is_root]
    likely = _list_likely_units(claim, officer)
    units.sort(key=lambda unit: likely.index(unit.id) if unit.id in likely else len(likely))
    words = wanted.q.casefold().split()
    return [unit_option(unit) for unit in units if _holds_all_words(unit, words)][:limit]


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
