"""The words that pass a clarification on: the fact first, then what it answers, who says so, and the short address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.check.sharing.card_facts import format_day, short_address
from hoax_tracker.claims.claim_review_markup import first_published_at
from hoax_tracker.claims.public_words.judged_claims import emergency_note
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.extensions import LANGUAGES
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.models import Clarification

QUOTE_LENGTH = 160
# They would turn the words after them around, in whatever app the text is pasted into.
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def share_text(row: Clarification) -> str:
    """Return the text to paste."""
    return _write_share_text(row, is_example=current_settings().demo)


def list_share_texts(row: Clarification) -> Iterator[str]:
    """Yield the text to paste in each language; an example also without the line that calls it one."""
    for language in LANGUAGES:
        with force_locale(language):
            for is_example in {False, current_settings().demo}:
                yield _write_share_text(row, is_example=is_example)


def _write_share_text(row: Clarification, *, is_example: bool) -> str:
    quoted = short_text(row.claim_quote, QUOTE_LENGTH)
    verdict = row.verdict.label if row.verdict else ""
    source = {"unit": row.unit.name_as_source, "day": format_day(first_published_at(row))}
    lines = [
        row.title,
        "",
        _("Pesan yang beredar: “%(quote)s” Putusan: %(verdict)s.", quote=quoted, verdict=verdict),
        _("Menurut %(unit)s, %(day)s.", **source),
        *filter(None, [emergency_note(row)]),
        short_address(row.number or 0),
    ]
    if is_example:
        lines.insert(2, _("CONTOH: karangan untuk peragaan, bukan pengumuman Pemerintah Kota."))
    return _DIRECTION_MARKS.sub("", "\n".join(lines))


def channel_text(row: Clarification) -> str:
    """Return the text to paste into a channel of WhatsApp, with the fact in bold."""
    title, _newline, rest = share_text(row).partition("\n")
    return f"*{title.replace('*', '')}*\n{rest}"


def whatsapp_address(row: Clarification) -> str:
    """Return the link that opens WhatsApp with the text."""
    return _whatsapp_link(share_text(row))


def _whatsapp_link(text: str) -> str:
    """Return the link that opens WhatsApp with any text; nothing is sent before its reader sends it."""
    return f"https://wa.me/?text={quote(text, safe='')}"


@dataclass(frozen=True)
class TicketText:
    """A ticket as its holder may send it to themselves: number and address, nothing of the report."""

    text: str
    whatsapp: str
    mail: str


def ticket_text(number: str) -> TicketText:
    """Return the words that keep a ticket, and the links that open WhatsApp or the mail program with them."""
    address = current_settings().base_url + url_for("reports.ticket", ticket=number)
    subject = _("Nomor tiket aduan di Kupang Kabas Hoaks")
    text = f"{subject}: {number}\n{address}"
    mail = f"mailto:?subject={quote(subject, safe='')}&body={quote(text, safe='')}"
    return TicketText(text, _whatsapp_link(text), mail)
