"""What stands on a card in words, of a clarification, a withdrawn one or the service, and where cards are found.

A card has two formats with their measures: for previews in chats, whose tags name its address, and for a phone's
status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import url_for
from flask_babel import force_locale, format_date, format_datetime, get_locale, gettext as _

from hoax_tracker.claims.claim_review_markup import first_published_at
from hoax_tracker.claims.public_words.judged_claims import emergency_note
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.core.extensions import LANGUAGES, current_settings
from hoax_tracker.core.web.template_filters import short_text, static_url
from hoax_tracker.models import Clarification, ClarificationStatus, Topic
from hoax_tracker.organisation.public_contacts import ChatLink


@dataclass(frozen=True)
class CardLayout:
    """The measures of a format, in pixels. Several sizes of one text: the largest that fits."""

    width: int
    height: int
    margin: int
    top: int
    bottom: int
    fact_sizes: tuple[int, ...]
    quote_size: int
    label_size: int
    quote_lines: int
    verdict_size: int
    clip_padding: tuple[int, int]
    clip_gap: int
    note_size: int
    foot_size: int
    address_size: int
    is_tall: bool

    @property
    def inner_width(self) -> int:
        """The width between the margins."""
        return self.width - 2 * self.margin


WIDE = CardLayout(
    width=1200, height=630, margin=72, top=92, bottom=36,
    fact_sizes=(72, 66, 60, 54, 48, 43, 38, 34, 30, 26, 22), quote_size=28, label_size=24, quote_lines=2,
    verdict_size=44, clip_padding=(28, 14), clip_gap=28, note_size=28, foot_size=26, address_size=26, is_tall=False,
)  # fmt: skip
TALL = CardLayout(
    width=1080, height=1920, margin=84, top=240, bottom=350,
    fact_sizes=(96, 88, 80, 72, 64, 57, 50, 44, 39, 34), quote_size=40, label_size=32, quote_lines=4,
    verdict_size=72, clip_padding=(40, 30), clip_gap=56, note_size=40, foot_size=38, address_size=52, is_tall=True,
)  # fmt: skip
FORMATS = {"card": WIDE, "status": TALL}


SERVICE_NAME = "Kupang Kabas Hoaks"


@dataclass(frozen=True)
class CardFacts:
    """The words of a card; ``fact`` is the largest. Without ``verdict`` there is no box with a quoted claim.

    ``link`` is the short address, ``source_opening`` the plain words before the unit's name, ``sample`` marks the
    demo's cards, ``shape`` is the verdict's style class, or ``gone``. ``chats`` are where a poster leads beside it.
    """

    fact: str
    link: str
    service: str
    office: str
    source: str
    dated: str
    source_opening: str = ""
    label: str = ""
    quote: str = ""
    verdict: str = ""
    shape: str = ""
    note: str = ""
    sample: str = ""
    chats: tuple[ChatLink, ...] = ()

    @property
    def address(self) -> str:
        """The link as it is read out and typed: without the scheme."""
        return self.link.split("://", 1)[-1].rstrip("/")

    @property
    def has_clip(self) -> bool:
        """True where a claim is quoted."""
        return bool(self.verdict)


def short_address(number: int) -> str:
    """Return a page's short address, whole."""
    return f"{current_settings().base_url}/k/{number}"


def page_card_facts(row: Clarification) -> CardFacts:
    """Return the card of a public or withdrawn page, in the present language."""
    return _published_card_facts(row) if row.is_public else _withdrawn_card_facts(row)


def _published_card_facts(row: Clarification) -> CardFacts:
    """Return the card of a public page."""
    verdict, last = row.verdict, row.revisions[-1] if row.revisions else None
    assert verdict is not None  # noqa: S101 - the database refuses a public row without one
    dated = _format_moment(first_published_at(row))
    if last is not None and last.kind is ClarificationStatus.CORRECTED:
        dated = _("Dikoreksi %(moment)s", moment=_format_moment(last.made_at))
    return CardFacts(
        fact=row.title,
        label=_("Pesan yang beredar"),
        quote=f"“{row.claim_quote.strip()}”",
        verdict=str(verdict.label),
        shape=verdict.shape,
        dated=dated,
        note=emergency_note(row),
        **_common_facts(row),
    )


def _withdrawn_card_facts(row: Clarification) -> CardFacts:
    """Return the card of a withdrawn page: it repeats neither the fact nor the verdict that no longer hold."""
    gone_at = _withdrawn_at(row)
    about = "" if row.topic is Topic.OTHER else str(row.topic.label).lower()
    day = format_day(first_published_at(row))
    return CardFacts(
        fact=_("Klarifikasi ini tentang %(topic)s kami tarik dan tidak berlaku lagi.", topic=about)
        if about
        else _("Klarifikasi ini kami tarik dan tidak berlaku lagi."),
        label=_("Klarifikasi %(number)s, terbit %(day)s", number=row.number, day=day),
        quote=_("Tidak berlaku lagi sejak %(day)s", day=format_day(gone_at)),
        verdict=_("Ditarik"),
        shape="gone",
        note=_("Jangan bagikan lagi kartu lamanya. Alasannya ada di halamannya."),
        dated=_format_moment(gone_at),
        **_common_facts(row),
    )


def service_card_facts() -> CardFacts:
    """Return the card of the service itself, for pages without a clarification."""
    note = _("Lihat apakah Pemerintah Kota Kupang sudah mengklarifikasi pesan yang Anda terima.")
    return CardFacts(fact=_("Tempel pesan, tanya di sini"), note=note, **_service_facts())


def service_poster_facts() -> CardFacts:
    """Return the poster of the service itself; the city's line stands at the foot of every poster."""
    note = _(
        "Salin pesan, tautan, atau tangkapan layarnya, lalu lihat apakah Pemerintah Kota Kupang sudah "
        "mengklarifikasinya. Belum ada? Laporkan, dan petugas memeriksanya."
    )
    return CardFacts(
        fact=_("Menerima pesan yang meragukan? Periksa sebelum diteruskan."), note=note, **_service_facts()
    )


def _service_facts() -> dict[str, Any]:
    """Return what card and poster of the service share."""
    return {
        "source": _("Layanan PPID Kota Kupang"),
        "dated": _("Gratis, tanpa nama, tanpa mendaftar"),
        "link": f"{current_settings().base_url}/",
        **_service_names(),
    }


def _common_facts(row: Clarification) -> dict[str, Any]:
    """Return what the card of every page holds."""
    source = {"source_opening": _("Menurut"), "source": row.unit.name_as_source}
    return {"link": short_address(row.number or 0), **source, **_service_names()}


def _service_names() -> dict[str, Any]:
    """Return whose card it is, and that the demo's is an example."""
    sample = _("CONTOH") if current_settings().demo else ""
    return {"service": SERVICE_NAME, "office": _("Layanan PPID Kota Kupang"), "sample": sample}


def _withdrawn_at(row: Clarification) -> datetime:
    made = [revision.made_at for revision in row.revisions if revision.kind is ClarificationStatus.RETRACTED]
    return made[-1] if made else row.changed_at


def _format_moment(moment: datetime) -> str:
    """Return "24 November 2026, 14.05 WITA"."""
    return str(format_datetime(moment, _("d MMMM y, HH.mm 'WITA'")))


def format_day(moment: datetime) -> str:
    """Return "24 November 2026", the day in Kupang."""
    return str(format_date(day_in_kupang(moment), "d MMMM y"))


ICON, ICON_SIDE = "icon-512.png", 512


@dataclass(frozen=True)
class PreviewPicture:
    """The picture of a page for previews; ``is_card`` is False for the icon, where no card can be drawn."""

    url: str
    width: int
    height: int
    is_card: bool


def preview_picture(row: Clarification | None = None) -> PreviewPicture:
    """Return the picture of a clarification, or of the service."""
    base = current_settings().base_url
    if not can_draw_cards():
        return PreviewPicture(base + static_url(ICON), ICON_SIDE, ICON_SIDE, is_card=False)
    path = card_path(row, "card") if row else url_for("share.service_card", bahasa=card_language())
    return PreviewPicture(base + path, WIDE.width, WIDE.height, is_card=True)


def card_path(row: Clarification, kind: str) -> str:
    """Return the address of a page's card, status or poster.

    It holds the revision: chat programs keep a picture for good, and a corrected page needs another address.
    """
    return url_for(f"share.{kind}", slug=row.slug, r=max(1, len(row.revisions)), bahasa=card_language())


def crossed_picture_path(row: Clarification) -> str | None:
    """Return the address of the picture that circulates, crossed: of a page that two people stand behind, if any."""
    if row.picture is None or not row.is_public or row.emergency_until is not None:
        return None
    return url_for("share.crossed_picture", slug=row.slug, r=row.picture["digest"][:12])


def card_language() -> str | None:
    """Return the language of a card where it is not Indonesian, for its address."""
    language = str(get_locale() or LANGUAGES[0])
    return None if language == LANGUAGES[0] else language


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
