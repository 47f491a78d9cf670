"""A settled month by topic and by kecamatan. It reads every text of the month: only the worker counts it, once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from hoax_tracker.insight.figures.month_figures import ONCE_PUBLIC, Breakdown, is_within, next_month
from hoax_tracker.models import Claim, ClaimAppearance, Clarification, District, Report, Topic, db

ROWS_AT_ONCE = 1_000
PlaceNames = Mapping[str, re.Pattern[str]]


def count_breakdown(month: date) -> Breakdown:
    """Return the month's breakdown. A report that joined no claim has the topic "other"."""
    names, topics, end = load_place_names(), Counter[str](), next_month(month)
    reports = (
        sa.select(Claim.topic, Report.text)
        .select_from(Report)
        .outerjoin(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .outerjoin(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(*is_within(Report.received_at, month, end), Report.is_junk.is_(False))
    )
    texts = []
    for topic, text in db.session.execute(reports.execution_options(yield_per=ROWS_AT_ONCE)):
        topics[(topic or Topic.OTHER).value] += 1
        texts.append(text)
    pages = sa.select(Clarification.title, Clarification.summary, Clarification.claim_quote).where(
        Clarification.status.in_(ONCE_PUBLIC), *is_within(Clarification.published_at, month, end)
    )
    published = (" ".join(row) for row in db.session.execute(pages.execution_options(yield_per=ROWS_AT_ONCE)))
    return Breakdown(dict(topics), count_places(texts, names), count_places(published, names))


def load_place_names() -> PlaceNames:
    """Return, by code of the kecamatan, what finds its names and those of its kelurahan as whole words."""
    rows = db.session.execute(
        sa.select(District.id, District.parent_id, District.code, District.name, District.aliases)
    )
    places = rows.all()
    codes = {row.id: row.code for row in places if row.parent_id is None}
    names: dict[str, list[str]] = {}
    for row in places:
        if code := codes.get(row.parent_id or row.id):
            names.setdefault(code, []).extend([row.name, *row.aliases])
    return {code: _compile_names(spellings) for code, spellings in names.items()}


def _compile_names(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the names, in any case and with any space between their words."""
    spellings = (r"\s+".join(map(re.escape, name.split())) for name in names)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spellings)})(?!\w)", re.IGNORECASE)


def count_places(texts: Iterable[str], names: PlaceNames) -> dict[str, int]:
    """Return how many of the texts name each kecamatan. One that names two counts for both."""
    return dict(Counter(code for text in texts for code, pattern in names.items() if pattern.search(text)))
