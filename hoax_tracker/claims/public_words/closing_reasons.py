"""Reasons for closing a claim, which its reporters read: ready sentences, and those that a second person has read.

A sentence is confirmed once, and then anybody may use it. Until then reporters read that it waits for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import DecisionKind, Officer, Proposal, ProposalOutcome, db
from hoax_tracker.organisation.channels.official_list import load_listed_channels
from hoax_tracker.organisation.public_contacts import find_contacts


@dataclass(frozen=True)
class ClosingGround:
    """A ground for closing a claim with one press: the button's word, what it means, and what reporters read.

    ``reason`` is empty where the kind of decision says it all.
    """

    key: str
    word: Any
    hint: Any
    kind: DecisionKind = DecisionKind.DISMISS
    reason: Any = ""

    @property
    def kept(self) -> str:
        """The reason in Indonesian, the language that reporters read."""
        with force_locale("id"):
            return str(self.reason)


CLOSING_GROUNDS = (
    ClosingGround(
        "B",
        _l("Bukan klaim"),
        _l("Pendapat, kritik, candaan: tidak dinilai benar atau salah."),
        DecisionKind.NOT_A_CLAIM,
    ),
    ClosingGround(
        "D",
        _l("Keluhan layanan"),
        _l("Pelapor diarahkan ke SP4N-LAPOR."),
        DecisionKind.NOT_A_CLAIM,
        _l("Keluhan tentang layanan ditangani lewat SP4N-LAPOR."),
    ),
    ClosingGround(
        "L",
        _l("Tentang Kupang, tetapi bukan kota yang berhak menjawab"),
        _l("Misalnya listrik, bank, atau cuaca. Pelapor mendapat tautan ke yang berhak."),
        DecisionKind.OUT_OF_SCOPE,
    ),
    ClosingGround(
        "2",
        _l("Bukan tentang Kota Kupang"),
        _l("Misalnya Kabupaten Kupang atau kota lain."),
        reason=_l("Kabar ini bukan tentang Kota Kupang. Tanyakan kepada pemerintah daerah yang disebut di dalamnya."),
    ),
    ClosingGround(
        "1",
        _l("Belum bisa diperiksa"),
        _l("Tidak ada tempat, waktu, atau nama yang dapat diperiksa."),
        reason=_l("Kabar ini tidak memuat hal yang dapat diperiksa kebenarannya."),
    ),
    ClosingGround(
        "3",
        _l("Sudah lewat"),
        _l("Tidak lagi beredar, dan tidak ada yang menunggu."),
        reason=_l("Kabar ini sudah lewat dan tidak lagi beredar."),
    ),
)
FORMER_REASONS = frozenset({"Kabar ini bukan tentang Pemerintah Kota Kupang."})
"""Ready sentences of earlier versions, which closed claims still carry."""


def propose_reason(reason: str, *, by: Officer, now: datetime) -> None:
    """Let a sentence that nobody has read wait for a second person, in the current transaction.

    Raises InvalidInputError for one with a person's number or address: reporters read it.
    """
    if reason.strip() and not _may_be_read(reason):
        _require_no_contacts(reason)
        proposals.propose("closing_reason", _subject(reason), {"text": reason.strip()}, by=by, now=now)


def _require_no_contacts(reason: str) -> None:
    """Raise InvalidInputError where a reason names a person's number or address."""
    if contacts := find_contacts(reason, load_listed_channels()):
        message = _(
            "Pelapor membaca alasan ini. Hapus nomor atau email orang (%(what)s), dan jangan menyebut nama.",
            what=", ".join(contacts),
        )
        raise InvalidInputError("a contact in a reason", user_message=message, field="reason")


def words_for_reporters(reason: str) -> str:
    """Return what reporters read of a reason: itself, or that it waits for a second person; "" where there is none."""
    if _may_be_read(reason):
        return reason
    with force_locale("id"):
        return str(_("Alasannya ditulis di halaman tiket begitu orang kedua menyetujuinya."))


def _may_be_read(reason: str) -> bool:
    """Tell whether reporters may read the sentence: it is a ready one, or a second person confirmed it."""
    if reason.strip() in FORMER_REASONS | {""} | {ground.kept for ground in CLOSING_GROUNDS}:
        return True
    confirmed = (Proposal.subject == _subject(reason), Proposal.outcome == ProposalOutcome.CONFIRMED)
    query = sa.select(Proposal.id).where(Proposal.act == "closing_reason", *confirmed)
    return db.session.scalar(query.limit(1)) is not None


def _subject(reason: str) -> str:
    return f"reason:{hashlib.sha256(reason.strip().encode()).hexdigest()[:32]}"


def _show_reason(proposal: Proposal) -> Shown:
    text = proposal.values["text"]
    title = text if len(text) <= 120 else text[:120].rsplit(" ", 1)[0] + "…"
    lines = ((_("Pelapor membaca"), _("Ditutup tanpa klarifikasi"), text),)
    return Shown(title, _("Sekali disetujui, kalimat ini boleh dipakai lagi."), lines)


def _let_be_read(_proposal: Proposal, _by: Officer | None, _now: datetime) -> Mapping[str, Any]:
    return {}  # the confirmed proposal is what ``_may_be_read`` looks for


register_act(Act("closing_reason", _l("Alasan penutupan"), ActClass.PUBLIC, apply=_let_be_read, show=_show_reason))
