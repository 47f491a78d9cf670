"""What other sites may frame: a clarification and a search box. Nothing else of ours may be framed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable, render_shared_page
from hoax_tracker.check.sharing.frames import (
    NARROWEST,
    find_page_by_number,
    find_shown_page,
    oembed_document,
    search_frame,
)
from hoax_tracker.claims.claim_review_markup import clarification_url
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.security_headers import FRAMEABLE_HEADERS
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Clarification

bp = APIBlueprint("embed", __name__, enable_openapi=False)
bp.add_app_template_global(search_frame)

PAGE_PATH = re.compile(r"/klarifikasi/([a-z0-9-]{1,120})\Z")
SHORT_PATH = re.compile(r"/k/([0-9]{1,9})\Z")
SIZE = re.compile(r"[0-9]{1,5}\Z", re.ASCII)
NOT_IMPLEMENTED = 501


@bp.get("/klarifikasi/<slug>/sematan")
@cache_view
def clarification(slug: str) -> Response:
    """Show a clarification in a frame of another site; of a withdrawn one that it is withdrawn."""
    row = find_shown_page(slug)
    url = clarification_url(row, current_settings())
    return _allow_framing(render_shared_page("check/embedded_clarification.html", row=row, url=url))


@bp.get("/sematan")
@cache_view
def search_box() -> Response:
    """Show the box for a message in a frame of another site; the answer opens in a window of its own."""
    return _allow_framing(render_shared_page("check/embedded_search_box.html"))


@bp.get("/oembed")
def oembed() -> Response:
    """Say how a clarification is shown on another site (https://oembed.com)."""
    if request.args.get("format", "json") != "json":
        response = jsonify(error="only JSON is offered")
        response.status_code = NOT_IMPLEMENTED
        return response
    row = _find_embeddable_page(request.args.get("url", ""))
    width, height = (_read_size(request.args.get(name, "")) for name in ("maxwidth", "maxheight"))
    response = make_cacheable(jsonify(oembed_document(row, width and max(NARROWEST, width), height)))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _allow_framing(response: Response) -> Response:
    """Let any site frame a response. It holds nothing of its reader, and nothing in it acts for them."""
    response.headers.update(FRAMEABLE_HEADERS)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _find_embeddable_page(url: str) -> Clarification:
    """Return the public page at one of our addresses, whole or short. Raises NotFoundError."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise NotFoundError("oEmbed of no address") from error
    ours = urlsplit(current_settings().base_url)
    if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
        raise NotFoundError("oEmbed of another site")
    if whole := PAGE_PATH.match(parts.path):
        row = find_shown_page(whole[1])
    elif short := SHORT_PATH.match(parts.path):
        row = find_page_by_number(int(short[1]))
    else:
        raise NotFoundError("oEmbed of another page")
    if not row.is_public:
        raise NotFoundError("oEmbed of a withdrawn page")
    return row


def _read_size(wanted: str) -> int | None:
    """Return the most that the other site has room for, where it is a number."""
    return int(wanted) or None if SIZE.match(wanted) else None
