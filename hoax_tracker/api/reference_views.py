"""The lists that the values in clarifications come from (units, topics, verdicts, places), and the statistics."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response
from flask_babel import force_locale

from hoax_tracker.api import reading_schemas as schemas
from hoax_tracker.api.reading_views import answer_json, bp
from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.extensions import LANGUAGES
from hoax_tracker.insight.figures.public_numbers import load_statistics
from hoax_tracker.insight.figures.tables import TABLES
from hoax_tracker.models import UNRATED, District, Topic, Unit, UnitTopic, Verdict, db


@bp.get("/units")
@bp.output(schemas.UnitsOut)
@bp.doc(summary="List units", operation_id="list_units")
@cache_view
def list_units() -> Response:
    """Return the city's offices that answer claims, by code."""
    topics: dict[int, list[str]] = {}
    for row in db.session.scalars(sa.select(UnitTopic)):
        topics.setdefault(row.unit_id, []).append(row.topic.value)
    units = db.session.scalars(sa.select(Unit).order_by(Unit.code)).all()
    codes = {unit.id: unit.code for unit in units}
    items = [
        {
            "code": unit.code,
            "name": unit.name,
            "short_name": unit.short_name,
            "kind": unit.kind,
            "parent": codes.get(unit.parent_id or 0),
            "topics": sorted(topics.get(unit.id, [])),
        }
        for unit in units
        if unit.is_active
    ]
    return make_cacheable(answer_json({"items": items}))


@bp.get("/topics")
@bp.output(schemas.TopicsOut)
@bp.doc(summary="List topics", operation_id="list_topics")
@cache_view
def list_topics() -> Response:
    """Return the topics of clarifications."""
    items = [{"value": topic.value, "label": _words_by_language(topic.label)} for topic in Topic]
    return make_cacheable(answer_json({"items": items}))


@bp.get("/verdicts")
@bp.output(schemas.VerdictsOut)
@bp.doc(summary="List verdicts", operation_id="list_verdicts")
@cache_view
def list_verdicts() -> Response:
    """Return the verdicts of clarifications and what each means."""
    items = [
        {
            "value": verdict.value,
            "label": _words_by_language(verdict.label),
            "meaning": _words_by_language(verdict.meaning),
            "rating": verdict.rating,
            "is_rated": verdict not in UNRATED,
        }
        for verdict in Verdict
    ]
    return make_cacheable(answer_json({"items": items}))


@bp.get("/places")
@bp.output(schemas.PlacesOut)
@bp.doc(summary="List places", operation_id="list_places")
@cache_view
def list_places() -> Response:
    """Return the kecamatan and kelurahan of the city, by code."""
    places = db.session.scalars(sa.select(District).order_by(District.code)).all()
    codes = {place.id: place.code for place in places}
    items = [
        {
            "code": place.code,
            "name": place.name,
            "kind": place.kind,
            "parent": codes.get(place.parent_id or 0),
            "aliases": list(place.aliases),
        }
        for place in places
    ]
    return make_cacheable(answer_json({"items": items}))


@bp.get("/statistics")
@bp.output(schemas.StatisticsOut)
@bp.doc(summary="Read statistics", operation_id="read_statistics")
@cache_view
def read_statistics() -> Response:
    """Return the numbers of the page Statistik."""
    settings = current_settings()
    statistics = load_statistics(settings, utc_now())
    answer = {
        "counted_at": statistics.counted_at.isoformat(timespec="seconds"),
        "target_h": statistics.target_h,
        "open_claims_total": statistics.open_claims.total,
        "is_example": settings.demo,
    }
    return make_cacheable(answer_json(answer | {table.key: table.as_json(statistics) for table in TABLES}))


def _words_by_language(words: Any) -> dict[str, str]:
    """Return a lazy text in every language."""
    spoken: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            spoken[language] = str(words)
    return spoken
