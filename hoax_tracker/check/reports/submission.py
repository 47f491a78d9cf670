"""Submission of a resident's report, and its ticket: validated field by field, its contact stored encrypted.

The worker assigns it to a claim (``pipeline.assign_waiting_reports``): loading the model here would
take seconds, and double the memory of a web process.

A screenshot is encrypted and for officers only. The stored file is a JPEG of ours (core/content/images.py). Between two
steps of the form only a token identifies it; the sent report then owns it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import get_locale, gettext as _

from classifiers.text.normalise import says_nothing
from hoax_tracker.check.answers.link_lookup import read_links_only
from hoax_tracker.check.answers.service import require_readable
from hoax_tracker.check.reports.status_mail import enqueue_received_letter
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.images import SafePicture, reencode_picture
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.encryption import encrypt_bytes, encrypt_contact
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import Report, ReportPicture, db
from hoax_tracker.privacy.names import mask_identity_numbers, mask_link_identity_numbers

# Neither 0/O, 1/I, 2/Z, 5/S, 8/B nor U/V can be mixed up, and without vowels no word appears by chance.
TICKET_LETTERS = "CDFGHJKLMNPQRTVWXY34679"
TICKET_GROUPS, GROUP_LENGTH = 5, 4  # 20 of 23 letters: 90 random bits

_KEY = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_BETWEEN = re.compile(r"[\s.,:/\u2010-\u2015_-]+")


def new_ticket() -> str:
    """Return a fresh ticket, as "K7QD-M3XR-…", which can be neither guessed nor counted."""
    return _format_ticket("".join(secrets.choice(TICKET_LETTERS) for _place in range(TICKET_GROUPS * GROUP_LENGTH)))


def new_form_key() -> str:
    """Return a fresh key for a form: 128 random bits."""
    return secrets.token_urlsafe(16)


def read_form_key(form_key: str) -> str:
    """Return a valid form key, or ""."""
    return form_key if _KEY.match(form_key) else ""


def derive_ticket(key: str, content: Sequence[str], secret: str) -> str:
    """Return the ticket for a key and content: equal for equal content."""
    payload = "\0".join([key, *(hashlib.sha256(part.encode()).hexdigest() for part in content)])
    number = int.from_bytes(hmac.digest(secret.encode(), f"ticket|{payload}".encode(), "sha256"), "big")
    letters = []
    for _place in range(TICKET_GROUPS * GROUP_LENGTH):
        number, place = divmod(number, len(TICKET_LETTERS))
        letters.append(TICKET_LETTERS[place])
    return _format_ticket("".join(letters))


def read_ticket(typed: str) -> str | None:
    """Return a typed ticket in canonical form, or None where it cannot be one."""
    letters = _BETWEEN.sub("", typed[:200]).upper()
    whole = len(letters) == TICKET_GROUPS * GROUP_LENGTH and set(letters) <= set(TICKET_LETTERS)
    return _format_ticket(letters) if whole else None


def ticket_digest(ticket: str) -> str:
    """Return the stored digest of a ticket. With 90 random bits a plain SHA-256 cannot be searched."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def _format_ticket(letters: str) -> str:
    """Return the letters in groups joined by dashes."""
    return "-".join(letters[start : start + GROUP_LENGTH] for start in range(0, len(letters), GROUP_LENGTH))


LONGEST_SIDE = 1_600
QUALITY = 75


def store_screenshot(data: bytes, now: datetime, settings: Settings) -> str:
    """Store a screenshot without a report; return the token by which a report takes it.

    Raises InvalidInputError for a file that is no picture or too large, ServiceBusyError where others are being
    processed.
    """
    made, token = reencode_screenshot(data), secrets.token_urlsafe(16)
    sealed = encrypt_bytes(made.data, settings.contact_key)
    row = ReportPicture(
        token_digest=_hash_token(token), sealed=sealed, width=made.width, height=made.height, added_at=now
    )
    with write_transaction(None):
        db.session.add(row)
    return token


def _attach_screenshot(token: str, report_id: int) -> None:
    """Attach a screenshot to its report, in the current transaction; an unknown or used token does nothing."""
    free = sa.and_(ReportPicture.token_digest == _hash_token(token), ReportPicture.report_id.is_(None))
    statement = sa.update(ReportPicture).where(free).values(report_id=report_id, token_digest=None)
    db.session.execute(statement, execution_options={"synchronize_session": False})


def is_screenshot_waiting(token: str) -> bool:
    """Tell whether a token stands for a screenshot that no report has."""
    free = sa.select(ReportPicture.id).where(ReportPicture.token_digest == _hash_token(token))
    return db.session.scalar(free) is not None


def _hash_token(token: str) -> str:
    """Return the stored digest of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def reencode_screenshot(data: bytes) -> SafePicture:
    """Return the re-encoded picture."""
    return reencode_picture(data, longest_side=LONGEST_SIDE, quality=QUALITY)


LONGEST_LINK, LONGEST_PLACE, LONGEST_CONTACT = 2_000, 120, 200

LETTER_PATTERN = (
    r"^[\s\S]*[A-Za-z\u00c0-\u02ff\u0370-\u065f\u066e-\u06ef\u06fa-\u1fff\u2c00-\ud7ff\uf900-\ufdff\ufe70-\ufefc\uff21-\uffdc"
    r"\U00010000-\U0001efff\U00020000-\U0003ffff]"
)
"""What a report must hold, also as the description of the API says it: blocks of letters, without signs and emoji."""

_HAS_LETTER = re.compile(LETTER_PATTERN)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
# At most 15 digits (ITU-T E.164): a NIK has 16.
_PHONE = re.compile(r"\+?\(?\d(?:[\s().-]{0,2}\d){7,14}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def submit_report(
    text: str,
    url: str | None,
    seen_where: str | None,
    contact: str | None,
    consent: bool,
    now: datetime,
    settings: Settings,
    picture: str = "",
    sender: str | None = None,
    key: str = "",
    admit: Callable[[], None] = lambda: None,
    chat_contact: str = "",
) -> str:
    """Store a report and return its ticket.

    Raises InvalidInputError with the faulty field, and what ``admit`` raises.

    ``picture``: the token of its screenshot; ``sender``: see proof_of_work.py. ``key``: the form's (``derive_ticket``);
    the same content with it is stored once. ``admit`` is called in the transaction that stores a new report, and may
    refuse it. ``chat_contact``: the conversation in which it was made (notifications/chats.py), which nobody types.
    """
    report = Report(
        text=require_report_text(text),
        url=require_report_url(url),
        seen_where=clean_report_place(seen_where),
        received_at=now,
        language=str(get_locale() or "id"),
        sender_digest=sender,
    )
    valid_contact = chat_contact or require_report_contact(contact, consent)
    content = (report.text, report.url or "", report.seen_where or "", valid_contact or "")
    ticket = derive_ticket(key, content, settings.secret_key) if key else new_ticket()
    report.ticket_digest = ticket_digest(ticket)
    if key and _is_report_stored(ticket, picture):
        return ticket
    if valid_contact:
        report.contact_encrypted = encrypt_contact(valid_contact, settings.contact_key)
        report.ticket_encrypted = encrypt_contact(ticket, settings.contact_key)
        report.consent_at = now
    try:
        with write_transaction(None):
            db.session.add(report)
            wake_job(WokenJob.REPORTS)
            db.session.flush()  # waits here for the same one that is being stored at this moment
            admit()
            if picture:
                _attach_screenshot(picture, report.id)
            if valid_contact:
                enqueue_received_letter(report, valid_contact, ticket, now)
    except sa.exc.IntegrityError:
        if not _is_report_stored(ticket, picture):
            raise
    return ticket


def _is_report_stored(ticket: str, picture: str) -> bool:
    """Tell whether the ticket's report is stored; a screenshot that it lacks is attached."""
    with read_transaction():
        ticket_report = find_report_by_ticket(ticket)
        lacks_picture = ticket_report is not None and ticket_report[1].picture is None
    if ticket_report and picture and lacks_picture:
        report_id = ticket_report[1].id
        with write_transaction():
            if db.session.get_one(Report, report_id).picture is None:
                _attach_screenshot(picture, report_id)
    return ticket_report is not None


def find_report_by_ticket(typed: str) -> tuple[str, Report] | None:
    """Return (canonical ticket, report) for a ticket as typed, or None."""
    ticket = read_ticket(typed)
    if ticket is None:
        return None
    report = db.session.scalar(sa.select(Report).where(Report.ticket_digest == ticket_digest(ticket)))
    return (ticket, report) if report else None


def require_report_by_ticket(typed: str) -> Report:
    """Return the report of a ticket as typed. Raises NotFoundError."""
    ticket_report = find_report_by_ticket(typed)
    if ticket_report is None:
        raise NotFoundError(
            "no such ticket", user_message=_("Tiket itu tidak ditemukan. Periksa nomornya, lalu coba lagi.")
        )
    return ticket_report[1]


def require_report_text(text: str) -> str:
    """Return the message to store. Raises InvalidInputError where it is empty or too long."""
    require_readable(text)
    text = _UNSTORABLE.sub("", text).strip()
    if not _HAS_LETTER.match(text):
        raise _no_message_error()
    return mask_identity_numbers(text)


def require_message(text: str) -> None:
    """Raise InvalidInputError where a text holds neither words nor a link, only signs or keys pressed at random."""
    if says_nothing(text) and not read_links_only(text):
        raise _no_message_error()


def _no_message_error() -> InvalidInputError:
    """Return the error of a report that says nothing."""
    message = _(
        "Kami tidak menemukan pesan di sini. Tuliskan isi pesannya: salin seluruh pesan, atau ceritakan apa yang "
        "Anda dengar."
    )
    return InvalidInputError("a report without words", user_message=message, field="text")


def require_report_url(url: str | None) -> str | None:
    """Return the link to store, with its scheme, or None. Raises InvalidInputError for what cannot be a web address."""
    link = (url or "").strip()
    if not link:
        return None
    link = link if re.match(r"https?://", link, re.IGNORECASE) else f"https://{link}"
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        host = ""
    if "." not in host or len(link) > LONGEST_LINK or re.search(r"\s|[\x00-\x1f\x7f\ud800-\udfff]", link):
        message = _("Tautan itu belum lengkap. Salin seluruh alamatnya, misalnya https://situs.example/berita.")
        raise InvalidInputError("a link that cannot be one", user_message=message, field="url")
    return mask_link_identity_numbers(link)


def clean_report_place(place: str | None) -> str | None:
    """Return where the message was seen, as one line, or None."""
    return " ".join(_UNSTORABLE.sub("", place or "").split())[:LONGEST_PLACE] or None


def require_report_contact(contact: str | None, consent: bool) -> str | None:
    """Return the contact, or None. Raises InvalidInputError without consent, or where it cannot reach anybody."""
    trimmed = _UNSTORABLE.sub("", contact or "").strip()
    if not trimmed:
        return None
    if len(trimmed) > LONGEST_CONTACT or not (_EMAIL.fullmatch(trimmed) or _PHONE.fullmatch(trimmed)):
        message = _("Tulis satu alamat email atau satu nomor WhatsApp, atau kosongkan.")
        raise InvalidInputError("a contact that reaches nobody", user_message=message, field="contact")
    if not consent:
        message = _("Centang persetujuan agar kami boleh menyimpan kontak Anda, atau kosongkan kontaknya.")
        raise InvalidInputError("a contact without consent", user_message=message, field="consent")
    return trimmed
