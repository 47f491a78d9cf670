"""Cards, posters and short addresses of clarifications, and of the service itself."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace

from apiflask import APIBlueprint
from flask import Response, current_app, make_response, redirect, request, url_for
from flask_babel import force_locale

from hoax_tracker.accounts.second_factor.code_app import draw_qr_code
from hoax_tracker.check.cache.page_cache import SHARED_CACHE_S
from hoax_tracker.check.counting import ReachKind, reach_tally
from hoax_tracker.check.sharing.card_facts import (
    CardFacts,
    card_path,
    channel_text,
    crossed_picture_path,
    page_card_facts,
    preview_picture,
    service_card_facts,
    service_poster_facts,
    whatsapp_address,
)
from hoax_tracker.check.sharing.card_files import SERVICE_KEY, CardFile, CardKind
from hoax_tracker.check.sharing.frames import find_page_by_number, find_shown_page
from hoax_tracker.claims.crossed_pictures import read_crossed_picture
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.core.extensions import LANGUAGES, current_settings
from hoax_tracker.errors import NotFoundError, ServiceBusyError
from hoax_tracker.models import db
from hoax_tracker.organisation.public_contacts import list_chat_links

bp = APIBlueprint("share", __name__, enable_openapi=False)
bp.add_app_template_global(preview_picture)
bp.add_app_template_global(card_path)
bp.add_app_template_global(crossed_picture_path)
bp.add_app_template_global(can_draw_cards)
bp.add_app_template_global(whatsapp_address)
bp.add_app_template_global(channel_text)
bp.add_app_template_global(list_chat_links)
bp.add_app_template_global(draw_qr_code)

MOST_CHANGES = 3
"""Times that a page may change while its card is drawn; a fourth is no office at work."""
MIMETYPES = {".jpg": "image/jpeg", ".pdf": "application/pdf"}


@bp.get("/k/<int:number>")
def short(number: int) -> Response:
    """Lead from a page's short address to the page, also to a withdrawn one."""
    row = find_page_by_number(number)
    if row.is_public:
        reach_tally().count_reader({row.id: ReachKind.SHORT_VISIT}, request.environ)
    response = current_app.make_response(redirect(url_for("pages.page", slug=row.slug)))
    response.headers["Cache-Control"] = f"public, max-age={SHARED_CACHE_S}"
    return response


@bp.get("/klarifikasi/<slug>.jpg")
def card(slug: str) -> Response:
    """Serve the card of a page for previews in chats."""
    return _page_file_response(slug, CardKind.CARD)


@bp.get("/klarifikasi/<slug>/status.jpg")
def status(slug: str) -> Response:
    """Serve the upright card of a page, for a phone's status."""
    return _page_file_response(slug, CardKind.STATUS)


@bp.get("/klarifikasi/<slug>/poster.pdf")
def poster(slug: str) -> Response:
    """Serve the poster of a public page; a withdrawn one is not hung up."""
    return _page_file_response(slug, CardKind.POSTER)


@bp.get("/klarifikasi/<slug>/gambar.jpg")
def crossed_picture(slug: str) -> Response:
    """Serve the picture that circulates, crossed with the verdict; not to other sites, nor to be found by pictures."""
    row = find_shown_page(slug)
    shown = row.picture if crossed_picture_path(row) else None
    data = read_crossed_picture(row.id, shown["digest"], current_settings().contact_key) if shown else None
    if data is None:
        raise NotFoundError(f"no picture of {slug!r}")
    response = _kept_response(data, "image/jpeg", f"kabas-{row.number}-dicoret.jpg")
    response.headers["X-Robots-Tag"] = "noindex, noimageindex"
    return response


@bp.get("/kartu.jpg")
def service_card() -> Response:
    """Serve the card of the service, for pages without a clarification."""
    with _asked_language():
        return _service_file_response(CardKind.CARD, service_card_facts())


@bp.get("/poster.pdf")
def service_poster() -> Response:
    """Serve the poster of the service."""
    with _asked_language():
        return _service_file_response(CardKind.POSTER, _add_chats(service_poster_facts()))


def _asked_language() -> AbstractContextManager[None]:
    """Return the language that the address names, Indonesian without one: a cookie would divide caches."""
    wanted = request.args.get("bahasa", "")
    language: AbstractContextManager[None] = force_locale(wanted if wanted in LANGUAGES else LANGUAGES[0])
    return language


def _service_file_response(kind: CardKind, facts: CardFacts) -> Response:
    _require_fonts()
    file = CardFile(SERVICE_KEY, kind, facts)
    return _file_response(file.read() or file.draw(), kind, SERVICE_KEY)


def _page_file_response(slug: str, kind: CardKind) -> Response:
    """Return a file of a page as it is now.

    The page may be corrected or withdrawn while the file is drawn, so it is read again before the file is sent.
    """
    _require_fonts()
    with _asked_language():
        drawn: tuple[CardFile, bytes] | None = None
        for _change in range(MOST_CHANGES):
            file = _page_file(slug, kind)
            if drawn is not None and drawn[0] == file:
                return _file_response(drawn[1], kind, file.key)
            data = file.read()
            if data is not None:
                return _file_response(data, kind, file.key)
            db.session.rollback()  # nobody waits for this connection while it is drawn, and what is read then is new
            drawn = file, file.draw()
    raise ServiceBusyError(f"{slug!r} changes all the time")


def _page_file(slug: str, kind: CardKind) -> CardFile:
    """Return the file of a page in its present state. Raises NotFoundError."""
    row = find_shown_page(slug)
    if kind is CardKind.POSTER and not row.is_public:
        raise NotFoundError(f"{slug!r} is withdrawn")
    facts = page_card_facts(row)
    return CardFile(str(row.number), kind, _add_chats(facts) if kind is CardKind.POSTER else facts)


def _add_chats(facts: CardFacts) -> CardFacts:
    """Return the facts of a poster with the chat channels that are in service."""
    return replace(facts, chats=tuple(list_chat_links()))


def _require_fonts() -> None:
    """Raise NotFoundError where this machine has no fonts: then no page names a card either."""
    if not can_draw_cards():
        raise NotFoundError("no font for cards: docs/install.md names them")


def _file_response(data: bytes, kind: CardKind, key: str) -> Response:
    """Return the response with a file: kept by caches for a minute, as its page is, and shown on any site."""
    response = _kept_response(data, MIMETYPES[kind.suffix], f"kabas-{key}-{kind.value}{kind.suffix}")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if current_settings().demo:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _kept_response(data: bytes, mimetype: str, name: str) -> Response:
    """Return the response with bytes that caches keep as long as a page."""
    response = make_response(data)
    response.mimetype = mimetype
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = f"public, max-age={SHARED_CACHE_S}"
    response.add_etag()
    response.make_conditional(request)
    return response
