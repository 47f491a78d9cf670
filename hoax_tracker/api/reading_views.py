"""The JSON API that reads: clarifications, their changes, and the city's units, topics, verdicts, places and channels.

Whether a link, a number or an account is official is what the city's list says. Everything here stands on public pages.
No key is needed, and scripts of any site may read it.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, g, make_response
from flask_babel import force_locale, gettext as _
from sqlalchemy.orm import defer, joinedload, selectinload

from hoax_tracker.api import reading_schemas as queries, reading_schemas as schemas
from hoax_tracker.api.clarification_search import (
    SHOWN_HISTORY,
    change_item,
    clarification_item,
    count_search,
    filter_conditions,
    nearest_moment,
    public_query,
    search_clarifications,
    whole_clarification,
)
from hoax_tracker.api.cross_origin import allow_reading
from hoax_tracker.api.schemas import ChannelsOut
from hoax_tracker.api.validation_errors import select_fault_responses
from hoax_tracker.check.answers.channel_facts import channel_fact_as_json
from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import LANGUAGES, current_settings
from hoax_tracker.core.web.error_handlers import render_error
from hoax_tracker.errors import NotFoundError
from hoax_tracker.insight.figures.public_numbers import TABLES, load_statistics
from hoax_tracker.models import (
    UNRATED,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    District,
    Topic,
    Unit,
    UnitTopic,
    Verdict,
    db,
)
from hoax_tracker.organisation.channels.official_list import find_channel_facts

bp = APIBlueprint("reading", __name__, url_prefix="/api/v1", tag="Reading")
bp.after_request(allow_reading)


def _answer_json(value: dict[str, Any]) -> Response:
    response = make_response(json.dumps(value, ensure_ascii=False))
    response.content_type = "application/json"
    return response


@bp.get("/clarifications")
@bp.input(queries.ClarificationsIn, location="query")
@bp.output(schemas.ClarificationsOut)
@bp.doc(summary="List clarifications", responses=select_fault_responses(422, 429), operation_id="list_clarifications")
@cache_view
def list_clarifications(query_data: dict[str, Any]) -> Response:
    """Return a page of the public clarifications.

    The newest come first. What is published meanwhile moves nothing to another page. A place is looked for in the
    texts, so that asking for one counts as a search.
    """
    if query_data["place"]:
        count_search()
    conditions, limit, before = filter_conditions(query_data), query_data["limit"], query_data["cursor"]
    query = public_query().where(*conditions)
    if before:
        query = query.where(Clarification.number < before)
    rows = db.session.scalars(query.order_by(Clarification.number.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    more = shown[-1].number if len(rows) > limit else None
    return make_cacheable(_answer_json({"items": [clarification_item(row) for row in shown], "next_cursor": more}))


@bp.get("/clarifications/<int:number>")
@bp.output(schemas.ClarificationFullOut)
@bp.doc(summary="Read a clarification", responses=select_fault_responses(404, 410), operation_id="read_clarification")
@cache_view
def read_clarification(number: int) -> Response:
    """Return a clarification.

    It is known by its official number, which never changes. One that was withdrawn is gone (410).
    """
    row = db.session.scalar(
        sa.select(Clarification)
        .where(Clarification.number == number)
        .options(joinedload(Clarification.unit), selectinload(Clarification.revisions).load_only(*SHOWN_HISTORY))
    )
    if row is not None and row.status is ClarificationStatus.RETRACTED:
        return render_error(410, _("Klarifikasi ini sudah ditarik dan tidak berlaku lagi."))
    if row is None or not row.is_public:
        raise NotFoundError(f"no public clarification {number}")
    return make_cacheable(_answer_json(whole_clarification(row)))


@bp.get("/search")
@bp.input(queries.SearchIn, location="query")
@bp.output(schemas.ClarificationsOut)
@bp.doc(
    summary="Search clarifications",
    responses=select_fault_responses(422, 429, 503),
    operation_id="search_clarifications",
)
def find_clarifications(query_data: dict[str, Any]) -> Response:
    """Return a page of the clarifications that words may be about.

    The likeliest come first, in the order of the box on the front page. To learn whether a message is answered, use
    ``POST /api/v1/check``.
    """
    offset, limit = query_data["cursor"] or 0, query_data["limit"]
    page = search_clarifications(query_data["q"], filter_conditions(query_data), offset, limit)
    more = offset + limit if page.has_more else None
    return _answer_json({"items": [clarification_item(row) for row in page.rows], "next_cursor": more})


@bp.get("/changes")
@bp.input(queries.ChangesIn, location="query")
@bp.output(schemas.ChangesOut)
@bp.doc(summary="Follow changes", responses=select_fault_responses(422), operation_id="list_changes")
@cache_view
def list_changes(query_data: dict[str, Any]) -> Response:
    """Return a page of what was published, corrected and withdrawn.

    The oldest comes first. To keep a copy in step, ask again with the last ``next_cursor``.
    """
    after, limit = query_data["cursor"], query_data["limit"]
    # Officers' acts take turns, so that a later number is never seen before an earlier one.
    query = sa.select(ClarificationRevision).where(ClarificationRevision.id > (after or 0))
    if query_data["since"]:
        query = query.where(ClarificationRevision.made_at >= nearest_moment(query_data["since"]))
    page = selectinload(ClarificationRevision.clarification)
    query = query.options(
        page.joinedload(Clarification.unit), page.selectinload(Clarification.revisions).load_only(*SHOWN_HISTORY)
    )
    query = query.options(defer(ClarificationRevision.content))
    rows = db.session.scalars(query.order_by(ClarificationRevision.id).limit(limit + 1)).all()
    shown = rows[:limit]
    answer = {"items": [change_item(row) for row in shown], "has_more": len(rows) > limit}
    return make_cacheable(_answer_json(answer | {"next_cursor": shown[-1].id if shown else after}))


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
    return make_cacheable(_answer_json({"items": items}))


@bp.get("/topics")
@bp.output(schemas.TopicsOut)
@bp.doc(summary="List topics", operation_id="list_topics")
@cache_view
def list_topics() -> Response:
    """Return the topics of clarifications."""
    items = [{"value": topic.value, "label": _words_by_language(topic.label)} for topic in Topic]
    return make_cacheable(_answer_json({"items": items}))


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
    return make_cacheable(_answer_json({"items": items}))


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
    return make_cacheable(_answer_json({"items": items}))


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
    return make_cacheable(_answer_json(answer | {table.key: table.as_json(statistics) for table in TABLES}))


def _words_by_language(words: Any) -> dict[str, str]:
    """Return a lazy text in every language."""
    spoken: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            spoken[language] = str(words)
    return spoken


@bp.get("/channels")
@bp.input(queries.ChannelIn, location="query")
@bp.output(ChannelsOut)
@bp.doc(summary="Check a channel", responses=select_fault_responses(422, 429), operation_id="check_channel")
def check_channel(query_data: dict[str, Any]) -> Response:
    """Return whether a link, number or account is on the city's list of official channels.

    No link is opened. Asking counts as a search; the answer is never cached, because the value may be private.
    """
    g.private = True
    count_search()
    facts = find_channel_facts(query_data["value"], current_settings().base_url)
    return _answer_json({"items": [channel_fact_as_json(fact) for fact in facts]})
