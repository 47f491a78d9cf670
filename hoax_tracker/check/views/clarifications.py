"""What the public reads: clarifications and their list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, abort, current_app, request

from hoax_tracker.check.answers.highlights import found_words
from hoax_tracker.check.cache.http_caching import private_page, shared_page
from hoax_tracker.check.cache.page_cache import kept
from hoax_tracker.check.clarification_list.filters import Filters, places
from hoax_tracker.check.clarification_list.listing import found, public, related, topics_used
from hoax_tracker.check.clarification_list.usefulness import count_same, count_useful, usefulness
from hoax_tracker.claims.claim_review_markup import claim_review, page_url, published
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.extensions import csrf
from hoax_tracker.errors import NotFound
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Verdict,
    db,
)

bp = APIBlueprint("pages", __name__, enable_openapi=False)
bp.add_app_template_filter(found_words)
bp.add_app_template_global(usefulness)

SHOWN = (*PUBLIC_STATUSES, ClarificationStatus.RETRACTED)
MONTHS = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]


@dataclass(frozen=True)
class Change:
    """One line of a page's history; ``before`` is the heading, ``verdict_before`` the verdict that it replaced."""

    kind: ClarificationStatus
    at: datetime
    note: str
    before: str = ""
    verdict_before: Verdict | None = None


@bp.get("/klarifikasi/")
@kept
def listing() -> Response:
    """List the public clarifications, or those that the filters of the address let through."""
    filters = Filters.from_args(request.args)
    page = found(filters, request.args.get("hal", 1, type=int))
    choices = {"topics": topics_used(), "verdicts": list(Verdict), "places": places()}
    return shared_page("check/listing.html", page=page, filters=filters, words=filters.words, **choices)


@bp.get("/klarifikasi/<slug>")
@kept
def page(slug: str) -> Response:
    """Show a clarification; a retracted one says so, and why, and no verdict of it counts."""
    row = db.session.scalar(sa.select(Clarification).where(Clarification.slug == slug, Clarification.status.in_(SHOWN)))
    if row is None:
        raise NotFound(f"no public clarification {slug!r}")
    settings = current_app.extensions["settings"]
    url = page_url(row, settings)
    name = "page" if row.is_public else "retracted"
    response = shared_page(
        f"check/{name}.html",
        row=row,
        url=url,
        share=f"https://wa.me/?text={quote(f'{row.title} {url}', safe='')}",
        changes=history(row),
        official_number=official_number(row),
        review=claim_review(row, settings),
        related=related(row) if row.is_public else (),
    )
    if not row.is_public:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.post("/klarifikasi/<slug>/berguna")
def useful(slug: str) -> Response:
    """Count whether a page was useful."""
    row = page_spoken_of(slug)
    answer = request.form.get("berguna") == "ya"
    settings = current_app.extensions["settings"]
    counted = count_useful(row.id, answer, request.remote_addr or "", settings, utc_now())
    return private_page("check/thanks.html", slug=slug, useful=answer, counted=counted)


@bp.post("/klarifikasi/<slug>/sama")
def same_claim(slug: str) -> Response:
    """Count whether a page is about the message that a resident checked, and show where to go on."""
    row = page_spoken_of(slug)
    same, text = request.form.get("sama") == "ya", request.form.get("teks", "")
    settings = current_app.extensions["settings"]
    counted = count_same(row.id, same, request.remote_addr or "", settings, utc_now())
    return private_page("check/same_claim.html", slug=slug, same=same, text=text, counted=counted)


def page_spoken_of(slug: str) -> Clarification:
    """Return the public page that a reader says something of.

    Pages and answers are kept and hold no token, so the browser says which site asks.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    row = db.session.scalar(public().where(Clarification.slug == slug))
    if row is None:
        raise NotFound(f"no public clarification {slug!r}")
    return row


csrf.exempt(useful)
csrf.exempt(same_claim)


def official_number(row: Clarification) -> str:
    """Return the number of the page as an office writes it: 147/KKH/XI/2026."""
    at = published(row).astimezone(WITA)
    return f"{row.number}/KKH/{MONTHS[at.month - 1]}/{at.year}"


def history(row: Clarification) -> list[Change]:
    """Return what became of the page, newest first; it always holds at least that it was published."""
    revisions = row.revisions
    if not revisions:
        return [Change(ClarificationStatus.PUBLISHED, published(row), "")]
    changes = [change_of(revisions[at - 1] if at else None, revisions[at]) for at in range(len(revisions))]
    return changes[::-1]


def change_of(before: ClarificationRevision | None, revision: ClarificationRevision) -> Change:
    """Return the line for a revision: what it says about itself, and heading and verdict where they changed."""
    old = before.content if before and revision.kind is ClarificationStatus.CORRECTED else {}
    title, verdict = old.get("title", ""), old.get("verdict")
    if verdict == revision.content.get("verdict"):
        verdict = None
    return Change(
        revision.kind,
        revision.made_at,
        revision.note,
        before=title if title != revision.content.get("title") else "",
        verdict_before=Verdict(verdict) if verdict else None,
    )
