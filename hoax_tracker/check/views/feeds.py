"""Feeds, the site map, and robots.txt."""

from __future__ import annotations

import json
import re
from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, render_template, request, url_for
from flask_babel import force_locale

from hoax_tracker.check.answers.explainers import list_public_explainers
from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable
from hoax_tracker.check.clarification_list import list_newest_with_history, list_public_addresses
from hoax_tracker.claims.claim_review_markup import (
    FEED_PATH,
    build_feed_page,
    clarification_url,
    feed_url,
    first_published_at,
    last_public_change,
)
from hoax_tracker.claims.public_words.judged_claims import emergency_note
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.query_args import parse_row_id
from hoax_tracker.models import Clarification

bp = APIBlueprint("feeds", __name__, enable_openapi=False)

FEED_ENTRIES = 50
SITEMAP_PAGES = 10_000

# What XML 1.0 cannot hold, however it is escaped; no reader wants it in JSON either.
_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@bp.get("/feed.atom")
@cache_view
def atom() -> Response:
    """Serve the newest clarifications as an Atom feed (RFC 4287), empty in the demo."""
    with force_locale("id"):
        body = render_template("check/atom_feed.xml", entries=_list_feed_entries(FEED_ENTRIES))
    return _document_response(body, "application/atom+xml")


@bp.get("/feed.json")
@cache_view
def json_feed() -> Response:
    """Serve them as a JSON feed (https://www.jsonfeed.org/version/1.1/)."""
    base = current_settings().base_url
    with force_locale("id"):
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Kupang Kabas Hoaks",
            "home_page_url": f"{base}/",
            "feed_url": f"{base}{url_for('feeds.json_feed')}",
            "language": "id",
            "authors": [{"name": "Pemerintah Kota Kupang"}],
            "items": [_json_feed_item(**entry) for entry in _list_feed_entries(FEED_ENTRIES)],
        }
        body = json.dumps(feed, ensure_ascii=False)
    return _document_response(body, "application/feed+json")


def _json_feed_item(row: Clarification, url: str, updated: Any) -> dict[str, Any]:
    label = str(row.verdict.label) if row.verdict else ""
    return {
        "id": url,
        "url": url,
        "title": _remove_invalid_characters(row.title),
        "content_text": _remove_invalid_characters(" ".join(filter(None, [emergency_note(row), row.summary]))),
        "date_published": first_published_at(row).isoformat(timespec="seconds"),
        "date_modified": updated.isoformat(timespec="seconds"),
        "authors": [{"name": _remove_invalid_characters(row.unit.name)}],
        "_claim_review": {
            "about": "https://schema.org/ClaimReview",
            "claim": _remove_invalid_characters(row.claim_quote),
            "verdict": row.verdict.value if row.verdict else None,
            "verdict_label": label or None,
        },
        "tags": [tag for tag in (label, str(row.topic.label)) if tag],
    }


@bp.get(FEED_PATH)
@cache_view
def claim_review_feed() -> Response:
    """Serve all ClaimReviews as a schema.org DataFeed, empty in the demo; its Link header names the next page."""
    settings = current_settings()
    page = build_feed_page(settings, parse_row_id(request.args.get("before", "")))
    response = make_response(page.body)
    response.content_type = "application/ld+json; charset=utf-8"
    if page.next_before is not None:
        response.headers["Link"] = f'<{feed_url(settings, page.next_before)}>; rel="next"'
    return make_cacheable(response)


@bp.get("/sitemap.xml")
@cache_view
def sitemap() -> Response:
    """List the public addresses for search engines, none in the demo."""
    settings = current_settings()
    pages = [(f"/klarifikasi/{slug}", changed_at) for slug, changed_at in list_public_addresses(SITEMAP_PAGES)]
    pages += [(url_for("guides.show_explainer", guide=row.slug), row.changed_at) for row in list_public_explainers()]
    return _document_response(
        render_template("check/sitemap.xml", pages=[] if settings.demo else pages), "application/xml"
    )


@bp.get("/robots.txt")
def robots() -> Response:
    """Disallow the desk, tickets, and residents' messages to crawlers, and name the feed of ClaimReviews.

    A comment names its address: robots.txt has no line for feeds, and a Sitemap line would promise a list of pages.
    """
    settings = current_settings()
    lines = ["User-agent: *", "Disallow: /petugas", "Disallow: /lapor/", "Disallow: /cek", "Disallow: /bahasa/"]
    lines += [f"Allow: {FEED_PATH}", f"# ClaimReview (schema.org DataFeed): {feed_url(settings)}"]
    return _document_response("\n".join([*lines, f"Sitemap: {settings.base_url}/sitemap.xml", ""]), "text/plain")


def _list_feed_entries(count: int) -> list[dict[str, Any]]:
    """Return the newest clarifications with address and time of last change; none in the demo."""
    settings = current_settings()
    rows = [] if settings.demo else list_newest_with_history(count)
    return [{"row": row, "url": clarification_url(row, settings), "updated": last_public_change(row)} for row in rows]


def _remove_invalid_characters(text: str) -> str:
    """Return a text without characters that XML forbids."""
    return _NOT_TEXT.sub("", text)


def _document_response(body: str, kind: str) -> Response:
    response = make_response(_remove_invalid_characters(body))
    response.content_type = f"{kind}; charset=utf-8"
    return make_cacheable(response)
