"""The phone in the demo: anybody sees the conversation work, without an account at any chat program.

It works without scripts: a form sends, and the page asks again while a reply is being written. What stands on it are
the rows of its conversation, read back, so that the phone as a channel keeps nothing: what is sent to it is there as
soon as it is recorded as sent.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, abort, current_app, redirect, request, url_for
from flask_babel import gettext as _

from hoax_tracker.check.cache.page_cache import render_private_page
from hoax_tracker.check.clarification_list import list_newest_clarifications
from hoax_tracker.check.rate_limits import consume_check_limit
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.extensions import csrf, current_settings
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import Chat, ChatMessage, ChatReply, db
from hoax_tracker.tipline.inbox import open_message, sender_digest, store_messages
from hoax_tracker.tipline.messages import Choice, IncomingMessage, MediaUnavailable, Reply
from hoax_tracker.tipline.sending import read_reply

DEMO_CHANNEL = "peragaan"
LINES_SHOWN = 60
SLOW_AFTER = timedelta(seconds=12)


class DemoPhone:
    """A channel that always takes a reply."""

    name = DEMO_CHANNEL
    window: timedelta | None = None

    def send(self, recipient: str, reply: Reply) -> str:
        """Return a message id."""
        return secrets.token_hex(8)

    def send_template(self, recipient: str) -> bool:
        """Return False: the phone takes every reply."""
        return False

    def fetch_media(self, media_id: str) -> bytes:
        """Raise MediaUnavailable: the phone sends no pictures."""
        raise MediaUnavailable("the demo's phone sends no pictures")


@dataclass(frozen=True, slots=True)
class Sample:
    """Messages that a visitor forwards with one tap. ``kind`` "audio" is a voice note."""

    key: str
    title: str
    texts: tuple[str, ...]
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message on the phone: the visitor's own, or a reply."""

    at: datetime
    own: bool
    paragraphs: tuple[str, ...]
    kind: str = "text"
    forwarded: bool = False
    often_forwarded: bool = False
    has_fact: bool = False
    card_path: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class PhoneScreen:
    """What stands on the phone. ``choices`` are the buttons of the last reply; ``waits`` while one is being written."""

    bubbles: tuple[Bubble, ...] = ()
    choices: tuple[Choice, ...] = ()
    waits: bool = False
    is_slow: bool = False


def _list_samples() -> tuple[Sample, ...]:
    """Return what a visitor may forward: judged news, news that nobody knows, several together, a voice note."""
    known = [row.claim_quote for row in list_newest_clarifications(2)]
    unknown = _("Katanya kolam renang kota mau ditutup jadi pertokoan mulai bulan depan")
    samples = [Sample("dikenal", _("Kabar yang sudah diperiksa"), tuple(known[:1]))] if known else []
    return (
        *samples,
        Sample("baru", _("Kabar yang belum dikenal"), (unknown,)),
        Sample("banyak", _("Beberapa sekaligus"), (*known, unknown)),
        Sample("suara", _("Rekaman suara"), ("",), kind="audio"),
    )


def _write_from_phone(
    sender: str, now: datetime, *, text: str = "", choice: Choice | None = None, sample: Sample | None = None
) -> None:
    """Store what a visitor sends, as a channel's webhook stores it."""
    if sample is not None:
        messages = [
            _new_message(sender, now, one, kind=sample.kind, forwarded=True, often_forwarded=place == 0)
            for place, one in enumerate(sample.texts)
        ]
    elif choice is not None:
        messages = [_new_message(sender, now, choice.title, kind="choice", choice=choice.payload)]
    else:
        messages = [_new_message(sender, now, text)] if text.strip() else []
    if messages:
        store_messages(messages)


def _new_message(
    sender: str,
    now: datetime,
    text: str,
    *,
    kind: str = "text",
    choice: str = "",
    forwarded: bool = False,
    often_forwarded: bool = False,
) -> IncomingMessage:
    return IncomingMessage(
        DEMO_CHANNEL,
        secrets.token_hex(16),
        sender,
        now,
        kind,
        text,
        choice=choice,
        forwarded=forwarded,
        often_forwarded=often_forwarded,
    )


def _read_screen(sender: str, settings: Settings, now: datetime) -> PhoneScreen:
    """Return what stands on a visitor's phone; nothing where they never wrote, or had it erased."""
    digest = sender_digest(DEMO_CHANNEL, sender, settings)
    chat = db.session.scalar(sa.select(Chat).filter_by(channel=DEMO_CHANNEL, sender_digest=digest))
    if chat is None:
        return PhoneScreen()
    rows = db.session.scalars(
        sa.select(ChatMessage).where(ChatMessage.chat_id == chat.id).order_by(ChatMessage.id.desc()).limit(LINES_SHOWN)
    ).all()
    sent = sa.select(ChatReply).where(ChatReply.chat_id == chat.id, ChatReply.sent_at.is_not(None))
    replies = db.session.scalars(sent.order_by(ChatReply.id.desc()).limit(LINES_SHOWN)).all()
    unsent = sa.select(ChatReply.id).where(ChatReply.chat_id == chat.id, ChatReply.next_try_at.is_not(None)).limit(1)
    own = [_own_bubble(row, settings) for row in rows if row.body_encrypted]
    theirs = [_reply_bubble(row, read_reply(row.body_encrypted, settings), settings) for row in replies]
    waits = chat.due_at is not None or db.session.scalar(unsent) is not None
    newest = read_reply(replies[0].body_encrypted, settings) if replies and not waits else None
    bubbles = sorted([*own, *theirs], key=lambda bubble: bubble.at)[-LINES_SHOWN:]
    is_slow = waits and now - chat.last_message_at > SLOW_AFTER
    return PhoneScreen(tuple(bubbles), newest.choices if newest else (), waits, is_slow)


def _own_bubble(row: ChatMessage, settings: Settings) -> Bubble:
    message = open_message(row.body_encrypted or b"", settings)
    return Bubble(
        row.received_at,
        own=True,
        paragraphs=tuple(message.text.split("\n\n")) if message.text else (),
        kind=message.kind,
        forwarded=message.forwarded,
        often_forwarded=message.often_forwarded,
    )


def _reply_bubble(row: ChatReply, reply: Reply, settings: Settings) -> Bubble:
    base = settings.base_url
    return Bubble(
        row.sent_at or row.posted_at,
        own=False,
        paragraphs=tuple(reply.text.split("\n\n")),
        has_fact=bool(reply.card_url and reply.link),
        card_path=reply.card_url.removeprefix(base) if reply.card_url.startswith(base) else "",
        link=reply.link.removeprefix(base) if reply.link.startswith(base) else reply.link,
    )


def _find_sample(key: str, samples: Sequence[Sample]) -> Sample | None:
    return next((one for one in samples if one.key == key), None)


bp = APIBlueprint("demo_chat", __name__, enable_openapi=False)

COOKIE, COOKIE_KEPT = "obrolan", timedelta(days=30)
LONGEST_MESSAGE = 4_000
_SENDER = re.compile(r"[A-Za-z0-9_-]{22}\Z")


@bp.before_request
def require_demo() -> None:
    """Answer 404 where this is no demo."""
    if not current_settings().demo:
        abort(404)


def _read_sender() -> str:
    """Return who the visitor's phone is, "" where they have not written yet."""
    known = request.cookies.get(COOKIE, "")
    return known if _SENDER.match(known) else ""


@bp.get("/peragaan/obrolan")
def phone() -> Response:
    """Show the phone with its conversation."""
    return _render_phone()


@bp.post("/peragaan/obrolan")
def send() -> Response:
    """Send what was typed, a button of the last reply, or samples, and show the phone again."""
    sender, now, settings = _read_sender() or secrets.token_urlsafe(16), utc_now(), current_settings()
    try:
        consume_check_limit(request.remote_addr or "", settings, now)
    except RateLimitedError as error:
        return _render_phone(str(error.user_message), error.status)
    if sample := _find_sample(request.form.get("contoh", ""), _list_samples()):
        _write_from_phone(sender, now, sample=sample)
    elif payload := request.form.get("pilihan", ""):
        choices = _read_screen(sender, settings, now).choices
        if choice := next((one for one in choices if one.payload == payload), None):
            _write_from_phone(sender, now, choice=choice)
    else:
        typed = request.form.get("pesan", "").replace("\r\n", "\n")[:LONGEST_MESSAGE]
        _write_from_phone(sender, now, text=typed)
    response = current_app.make_response(redirect(url_for("demo_chat.phone", _anchor="jawaban"), 303))
    response.set_cookie(
        COOKIE, sender, max_age=COOKIE_KEPT, secure=settings.secure, httponly=True, samesite="Lax", path="/peragaan"
    )
    return response


csrf.exempt(send)  # it writes in the conversation of the cookie, which no other site's form is sent with


def _render_phone(fault: str = "", status: int = 200) -> Response:
    screen = _read_screen(_read_sender(), current_settings(), utc_now())
    return render_private_page("check/demo_chat.html", status, screen=screen, samples=_list_samples(), fault=fault)
