"""What stands on a card, in words: of a clarification, of a withdrawn one, of the service itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from hoax_tracker.claims.claim_review_markup import first_published_at
from hoax_tracker.claims.public_words.emergency_note import emergency_note
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.current import current_settings
from hoax_tracker.models import Clarification, ClarificationStatus, Topic
from hoax_tracker.organisation.chat_channels import ChatLink

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
    return f"{current_app.extensions['settings'].base_url}/k/{number}"


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
        "link": f"{current_app.extensions['settings'].base_url}/",
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
    """Return when a page was withdrawn."""
    made = [revision.made_at for revision in row.revisions if revision.kind is ClarificationStatus.RETRACTED]
    return made[-1] if made else row.changed_at


def _format_moment(moment: datetime) -> str:
    """Return "24 November 2026, 14.05 WITA"."""
    return str(format_datetime(moment, _("d MMMM y, HH.mm 'WITA'")))


def format_day(moment: datetime) -> str:
    """Return "24 November 2026", the day in Kupang."""
    return str(format_date(day_in_kupang(moment), "d MMMM y"))
