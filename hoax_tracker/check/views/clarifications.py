"""Published clarifications, explainers, and the list of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from hoax_tracker.check.answers.explainers import list_public_explainers
from hoax_tracker.check.answers.highlights import found_words
from hoax_tracker.check.cache.page_cache import RenderedPage, cache_view, render_private_page, render_shared_page
from hoax_tracker.check.clarification_list import (
    ClarificationFilters,
    list_place_choices,
    list_related_clarifications,
    list_used_topics,
    load_clarification_page,
    public_clarifications_query,
)
from hoax_tracker.check.counting import ReachKind, count_vote, reach_tally
from hoax_tracker.check.sharing.card_facts import share_text, short_address
from hoax_tracker.check.sharing.frames import clarification_frame, find_shown_page
from hoax_tracker.claims.claim_review_markup import build_claim_reviews, clarification_url, first_published_at
from hoax_tracker.claims.public_words.objections import list_shown_objections
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.extensions import csrf, current_settings
from hoax_tracker.core.web.query_args import parse_page_number
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Clarification, ClarificationRevision, ClarificationStatus, Explainer, Verdict, db

bp = APIBlueprint("pages", __name__, enable_openapi=False)
bp.add_app_template_filter(found_words)

ROMAN_MONTHS = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]


@dataclass(frozen=True)
class HistoryEntry:
    """One line of a page's history; ``before`` is the replaced title, ``verdict_before`` the replaced verdict."""

    kind: ClarificationStatus
    at: datetime
    note: str
    before: str = ""
    verdict_before: Verdict | None = None


@bp.get("/klarifikasi/")
@cache_view
def listing() -> Response:
    """List the public clarifications that match the filters."""
    filters = ClarificationFilters.from_args(request.args)
    page = load_clarification_page(filters, parse_page_number(request.args.get("hal", "")))
    choices = {"topics": list_used_topics(), "verdicts": list(Verdict), "places": list_place_choices()}
    return render_shared_page(
        "check/clarification_list.html", page=page, filters=filters, words=filters.words, **choices
    )


@bp.get("/klarifikasi/<slug>")
@cache_view
def page(slug: str) -> Response | RenderedPage:
    """Show a clarification. A retracted one shows why, and no verdict; who reads it is not counted."""
    row = find_shown_page(slug)
    settings = current_settings()
    url = clarification_url(row, settings)
    name = "clarification" if row.is_public else "clarification_retracted"
    response = render_shared_page(
        f"check/{name}.html",
        row=row,
        url=url,
        **_share_facts(row),
        changes=_list_page_history(row),
        official_number=official_number(row),
        objections=list_shown_objections(row, utc_now()),
        reviews=build_claim_reviews(row, settings),
        related=list_related_clarifications(row) if row.is_public else (),
    )
    if not row.is_public:
        response.headers["X-Robots-Tag"] = "noindex"
        return response
    count_view = partial(reach_tally().count_reader, {row.id: ReachKind.VIEW})
    count_view(request.environ)
    return RenderedPage(response, count_view)


def _share_facts(row: Clarification) -> dict[str, str]:
    """Return what a public page is passed on with; nothing for a withdrawn one."""
    if not row.is_public:
        return {}
    return {
        "share_words": share_text(row),
        "short_url": short_address(row.number or 0),
        "frame": clarification_frame(row),
    }


@bp.post("/klarifikasi/<slug>/berguna")
def useful(slug: str) -> Response:
    """Count whether a page was useful."""
    row = _require_public_page(slug)
    answer = request.form.get("berguna") == "ya"
    counted = count_vote(row.id, "useful", answer, request.remote_addr or "", utc_now())
    lines, ways_on = (
        [_("Kami menghitung jawabannya saja, bukan siapa Anda.")],
        [(url_for("pages.page", slug=slug), _("Kembali ke klarifikasi"))],
    )
    if not answer:
        lines += [
            _("Ada yang keliru? Ajukan keberatan: orang lain yang memutuskannya, dan hasilnya tertulis di halaman itu.")
        ]
        ways_on += [(url_for("objections.form", slug=slug), _("Ajukan keberatan"))]
    heading = (
        _("Terima kasih, jawaban Anda sudah dihitung.")
        if counted
        else _("Dari sambungan internet ini sudah ada jawaban untuk halaman itu hari ini.")
    )
    return render_private_page(
        "check/done.html", title=_("Terima kasih"), heading=heading, lines=lines, ways_on=ways_on
    )


@bp.post("/klarifikasi/<slug>/sama")
def same_claim(slug: str) -> Response:
    """Count whether a page is about the resident's message, and show where to go on."""
    row = _require_public_page(slug)
    same, text = request.form.get("sama") == "ya", request.form.get("teks", "")
    counted = count_vote(row.id, "same", same, request.remote_addr or "", utc_now())
    return render_private_page("check/same_message_thanks.html", slug=slug, same=same, text=text, counted=counted)


def _require_public_page(slug: str) -> Clarification:
    """Return the public page that a reader rates.

    Pages and answers are cached and hold no CSRF token, so the request's origin is checked instead.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    row = db.session.scalar(public_clarifications_query().where(Clarification.slug == slug))
    if row is None:
        raise NotFoundError(f"no public clarification {slug!r}")
    return row


csrf.exempt(useful)
csrf.exempt(same_claim)


def official_number(row: Clarification) -> str:
    """Return the page's number in official form: 147/KKH/XI/2026."""
    published_at = first_published_at(row).astimezone(WITA)
    return f"{row.number}/KKH/{ROMAN_MONTHS[published_at.month - 1]}/{published_at.year}"


def _list_page_history(row: Clarification) -> list[HistoryEntry]:
    """Return the page's history, newest first, at least its publication."""
    revisions = row.revisions
    if not revisions:
        return [HistoryEntry(ClarificationStatus.PUBLISHED, first_published_at(row), "")]
    changes = [
        _build_history_entry(revisions[number - 1] if number else None, revisions[number])
        for number in range(len(revisions))
    ]
    return changes[::-1]


def _build_history_entry(before: ClarificationRevision | None, revision: ClarificationRevision) -> HistoryEntry:
    """Return the entry for a revision: its note, and title and verdict where they changed."""
    old = before.content if before and revision.kind is ClarificationStatus.CORRECTED else {}
    title, verdict = old.get("title", ""), old.get("verdict")
    if verdict == revision.content.get("verdict"):
        verdict = None
    return HistoryEntry(
        revision.kind,
        revision.made_at,
        revision.note,
        before=title if title != revision.content.get("title") else "",
        verdict_before=Verdict(verdict) if verdict else None,
    )


guides_bp = APIBlueprint("guides", __name__, url_prefix="/panduan", enable_openapi=False)


@guides_bp.get("")
@cache_view
def list_explainers() -> Response:
    """List the explainers."""
    return render_shared_page("check/explainer_list.html", rows=list_public_explainers())


@guides_bp.get("/<guide>")
@cache_view
def show_explainer(guide: str) -> Response:
    """Show an explainer."""
    row = db.session.scalar(sa.select(Explainer).where(Explainer.slug == guide, Explainer.is_shown))
    if row is None:
        abort(404)
    return render_shared_page("check/explainer.html", row=row)
