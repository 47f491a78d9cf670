"""Subscribing by e-mail with double opt-in, or with a browser, whose own question is the consent.

Whoever asks gets the same answer and causes the same work, whether or not the address is subscribed: each request is a
row of its own with a letter of its own, and confirming it replaces the others of that address. So nobody learns who is
subscribed, or ends or changes the subscription of somebody else. Limits for the connection and for the address keep
anybody from writing to others through us.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale, get_locale, gettext as _

from hoax_tracker.check.reports.status_mail import may_mail_contact
from hoax_tracker.check.subscriptions.letters import (
    PageChange,
    build_confirmation_letter,
    list_page_changes,
    newest_revision_id,
    title_changes,
)
from hoax_tracker.clock import CLOCK_TOLERANCE, is_recent
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import (
    DecryptionError,
    decrypt_bytes,
    derivation_key,
    encrypt_bytes,
    make_token,
    token_digest,
)
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import District, PushSubscription, Subscription, Topic, db
from hoax_tracker.notifications import mail
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.notifications.push.delivery import (
    LeasedPush,
    begin_try,
    is_null_or_outside,
    may_be_sent_to,
    send_leased_pushes,
)
from hoax_tracker.notifications.push.targets import (
    PushTarget,
    endpoint_digest,
    open_push_target,
    require_push_target,
    seal_push_target,
)
from hoax_tracker.privacy.retention import UNCONFIRMED_SUBSCRIPTION_RETENTION, forget_deleted

LONGEST_ADDRESS = 200
REQUESTS = Limit("subscribe", 5, timedelta(hours=1), in_total=200)
LETTERS_TO_CONFIRM = Limit("confirm", 3, timedelta(days=1))
ALL_CHOICE, TOPIC_PREFIX, DISTRICT_PREFIX = "semua", "topik:", "kecamatan:"


@dataclass(frozen=True)
class ChosenNews:
    """What a resident wants to be told of: a topic, a kecamatan, or everything where both are None."""

    topic: Topic | None = None
    district_id: int | None = None


def parse_choice(value: str) -> ChosenNews:
    """Return the choice that the form sent. Raises InvalidInputError for any other value."""
    if value == ALL_CHOICE:
        return ChosenNews()
    kind = value.removeprefix(TOPIC_PREFIX)
    if kind != value and kind in {topic.value for topic in Topic}:
        return ChosenNews(topic=Topic(kind))
    number = value.removeprefix(DISTRICT_PREFIX)
    if number != value and number.isascii() and number.isdecimal() and len(number) < 10:
        district = db.session.get(District, int(number))
        if district is not None and district.kind == "kecamatan":
            return ChosenNews(district_id=district.id)
    raise InvalidInputError("no such choice", user_message=_("Pilih salah satu dari daftar."), field="choice")


def request_subscription(address: str, choice: ChosenNews, network: str, settings: Settings, now: datetime) -> None:
    """Store an unconfirmed subscription and queue the letter that asks to confirm it.

    Does nothing where the address got enough letters today. Raises InvalidInputError, or RateLimitedError for the
    connection.
    """
    address = _require_address(address)
    with write_transaction(None):
        REQUESTS.use(network, now)
        if LETTERS_TO_CONFIRM.allows(address_digest(address, settings), now) and may_mail_contact(address, now):
            _store_request(address, choice, settings, now)


def _require_address(typed: str) -> str:
    """Return the address. Raises InvalidInputError where it is not a single e-mail address."""
    address = typed.strip()
    if len(address) > LONGEST_ADDRESS or not is_mail_address(address):
        message = _("Tulis satu alamat email, misalnya nama@situs.example.")
        raise InvalidInputError("no e-mail address", user_message=message, field="address")
    return address


def _store_request(address: str, choice: ChosenNews, settings: Settings, now: datetime) -> None:
    """Store the row and queue its letter, in the current transaction."""
    token = make_token()
    contact = json.dumps({"address": address, "token": token}).encode()
    row = Subscription(
        address_digest=address_digest(address, settings),
        token_digest=token_digest(token),
        sealed=encrypt_bytes(contact, settings.contact_key),
        topic=choice.topic,
        district_id=choice.district_id,
        language=str(get_locale() or "id"),
        asked_at=now,
    )
    db.session.add(row)
    db.session.flush()
    letter = build_confirmation_letter(row, token)
    mail.enqueue_letter(f"subscription:{row.id}:confirm", address, letter, now, subscription_id=row.id)


def address_digest(address: str, settings: Settings) -> str:
    """Return the keyed digest by which the rows of one address are found."""
    text = f"subscription|{address.lower()}".encode()
    return hmac.new(derivation_key(settings.contact_key), text, hashlib.sha256).hexdigest()


def open_contact(row: Subscription, settings: Settings) -> tuple[str, str]:
    """Return address and token. Raises DecryptionError where another key sealed them."""
    contact = json.loads(decrypt_bytes(row.sealed, settings.contact_key))
    return contact["address"], contact["token"]


def _find_subscription(token: str) -> Subscription | None:
    """Return the token's subscription, if there is one."""
    return db.session.scalar(sa.select(Subscription).where(Subscription.token_digest == token_digest(token)))


def require_confirmable(token: str, now: datetime) -> Subscription:
    """Return the token's subscription. Raises NotFoundError for an unknown token and one that came too late."""
    row = _find_subscription(token)
    if row is None or not (row.confirmed_at or is_recent(row.asked_at, UNCONFIRMED_SUBSCRIPTION_RETENTION, now)):
        message = _("Tautan itu sudah tidak berlaku. Isi formulirnya sekali lagi bila masih ingin dikabari.")
        raise NotFoundError("no such subscription", user_message=message)
    return row


def confirm_subscription(token: str, now: datetime) -> Subscription:
    """Confirm a subscription, in place of the address's others; it is told what happens from now on."""
    with write_transaction():  # in the officers' turn: nothing is published meanwhile
        row = require_confirmable(token, now)
        others = sa.and_(Subscription.address_digest == row.address_digest, Subscription.id != row.id)
        db.session.execute(sa.delete(Subscription).where(others))
        if row.confirmed_at is None:
            row.confirmed_at = now
            row.told_revision_id = newest_revision_id()
    return row


def end_subscription(token: str) -> None:
    """Delete everything about the address of a token, with the letters that wait; nothing for an unknown token."""
    with write_transaction():
        row = _find_subscription(token)
        if row is not None:
            same_address = Subscription.address_digest == row.address_digest
            db.session.execute(sa.delete(Subscription).where(same_address))
    if row is not None:
        forget_deleted()


BROWSER_REQUESTS = Limit("push", 5, timedelta(hours=1), in_total=200)


def store_push_subscription(
    target: PushTarget, choice: ChosenNews, network: str, settings: Settings, now: datetime
) -> None:
    """Store a browser, or its new choice. Raises InvalidInputError or RateLimitedError."""
    require_push_target(target, settings)
    row = {
        "endpoint_digest": endpoint_digest(target.endpoint, settings),
        "sealed": seal_push_target(target, settings),
        "topic": choice.topic,
        "district_id": choice.district_id,
        "language": str(get_locale() or "id"),
        "asked_at": now,
        "attempts": 0,
    }
    with write_transaction():  # in the officers' turn: nothing is published meanwhile
        BROWSER_REQUESTS.use(network, now)
        row["told_revision_id"] = newest_revision_id()
        added = insert_into(PushSubscription).values(row)
        db.session.execute(added.on_conflict_do_update(index_elements=["endpoint_digest"], set_=row))


def remove_push_subscription(endpoint: str, settings: Settings) -> None:
    """Delete a browser; nothing for an unknown one."""
    with write_transaction(None):
        digest = endpoint_digest(endpoint, settings)
        db.session.execute(sa.delete(PushSubscription).where(PushSubscription.endpoint_digest == digest))
    forget_deleted()


MESSAGE_EVERY = timedelta(days=1)
BATCH = 50
# Push services take 4096 bytes with the encryption's own.
TITLE_LIMIT, BODY_LIMIT = 160, 300
KEPT_FOR_S = 24 * 60 * 60


def send_due_pushes(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Send due messages for at most twenty seconds; return how many were accepted."""
    return send_leased_pushes(lease_next_push, settings, now, beat)


def lease_next_push(settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease the next browser that is to be told; mark those on the way whom nothing concerns."""
    looked_at = BATCH
    while looked_at == BATCH:
        with write_transaction():  # in the officers' turn: revisions appear in the order of their ids
            newest = newest_revision_id()
            rows = db.session.scalars(_due_pushes(newest, now)).all()
            looked_at = len(rows)
            for row in rows:
                if push := _lease_push(row, newest, settings, now):
                    return push
    return None


def _due_pushes(newest: int, now: datetime) -> sa.Select[PushSubscription]:
    """Return the query for browsers that may be told now and have not seen the newest revision."""
    row = PushSubscription
    may_get_one = is_null_or_outside(row.last_sent_at, now - MESSAGE_EVERY, now + CLOCK_TOLERANCE)
    waits = sa.and_(row.told_revision_id < newest, may_get_one, may_be_sent_to(row, now))
    return sa.select(row).where(waits).order_by(row.id).limit(BATCH).with_for_update(skip_locked=True)


def _lease_push(row: PushSubscription, newest: int, settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease a browser, in the current transaction; None where nothing concerns it, or its keys cannot be read."""
    try:
        target = open_push_target(row.sealed, settings)
    except DecryptionError:
        db.session.delete(row)
        return None
    changes = list_page_changes(row, newest)
    if not changes:
        row.told_revision_id = newest
        return None
    begin_try(row, now)
    with force_locale(row.language):
        payload = _render_push(changes)
    marks = {"told_revision_id": newest}
    return LeasedPush(PushSubscription, row.id, target, payload, KEPT_FOR_S, row.attempts, marks)


def _render_push(changes: Sequence[PageChange]) -> bytes:
    """Return what the browser shows, in the current language: one page, or how many."""
    title, first, count = title_changes(changes), changes[0], len(changes)
    body = first.label if title == first.title else "\n".join(change.line for change in changes)
    url = public_url_for("pages.page", slug=first.slug) if count == 1 else public_url_for("pages.listing")
    shown = {"title": title[:TITLE_LIMIT], "body": body[:BODY_LIMIT], "url": url}
    return json.dumps(shown, ensure_ascii=False).encode()
