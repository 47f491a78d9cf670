"""Texts of mail to reporters, in the current language. They never repeat the reported message (see mail.Letter)."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from hoax_tracker.check.reports.status import RECEIVED_STEP, ReportStage, ReportStatus
from hoax_tracker.models import Clarification, DecisionKind
from hoax_tracker.notifications.mail import Letter, public_url_for

EXAMINING_STEPS = ("examined:", "retracted:")


def received_letter(ticket: str) -> Letter:
    """Return the confirmation that the report arrived, with its ticket."""
    return _build_report_letter(
        _("Aduan Anda sudah masuk"),
        (
            _("Nomor tiket Anda: %(ticket)s", ticket=ticket),
            _("Petugas akan memeriksanya. Setiap kali aduan ini maju selangkah, kami mengabari Anda lewat email ini."),
            _("Simpan nomor itu. Siapa pun yang memegangnya dapat melihat jalannya aduan, tetapi tidak kontak Anda."),
        ),
        ticket,
    )


def build_status_letter(state: ReportStatus, before: str, ticket: str | None) -> Letter | None:
    """Return the letter about a step after the last notified step ``before``; None where none is due."""
    write = LETTER_WRITERS.get(state.stage)
    return write(state, before, ticket) if write else None


def _examined_letter(state: ReportStatus, before: str, ticket: str | None) -> Letter | None:
    """Return the letter that officers examine the report, or do so again; None where the reporter knows that.

    A report that moves to another claim while it is examined stays examined: that is no news to its sender.
    """
    if state.change is not None:
        return _build_report_letter(
            _("Klarifikasi untuk aduan Anda ditarik"),
            (_("Klarifikasi yang menjawab aduan Anda tidak berlaku lagi. Petugas memeriksanya kembali."),),
            ticket,
            quote=state.change.note,
        )
    if before.startswith(EXAMINING_STEPS):
        return None
    if before != RECEIVED_STEP:
        return _build_report_letter(
            _("Aduan Anda diperiksa lagi"),
            (_("Petugas memeriksa lagi pesan yang Anda laporkan. Kami mengabari Anda lagi begitu ada hasilnya."),),
            ticket,
        )
    return _build_report_letter(
        _("Aduan Anda sedang diperiksa"),
        (_("Petugas sedang memeriksa pesan yang Anda laporkan. Kami mengabari Anda lagi begitu ada hasilnya."),),
        ticket,
    )


def _clarified_letter(state: ReportStatus, before: str, ticket: str | None) -> Letter:
    """Return the letter that a clarification answers the report, or was corrected."""
    page = state.clarification
    assert page is not None  # noqa: S101 - a clarified report has its page
    if state.change is not None and before != RECEIVED_STEP and not before.startswith("examined"):
        return _build_report_letter(
            _("Klarifikasi untuk aduan Anda dikoreksi"),
            (_("Halaman yang menjawab aduan Anda berubah. Yang berlaku sekarang:"), page.title),
            ticket,
            quote=state.change.note,
            action=_clarification_action(page),
        )
    label = page.verdict.label if page.verdict else ""
    return _build_report_letter(
        _("Aduan Anda sudah dijawab"),
        (_("Pesan yang beredar: %(verdict)s. Faktanya:", verdict=label), page.title),
        ticket,
        action=_clarification_action(page),
    )


def _closed_letter(state: ReportStatus, _before: str, ticket: str | None) -> Letter:
    """Return the letter that the report was closed without a clarification, with the officer's reason."""
    why = {
        DecisionKind.NOT_A_CLAIM: _(
            "Pesan itu berisi pendapat, kritik, keluhan, atau lelucon. Itu hak setiap warga, dan tidak kami nilai "
            "benar atau salah."
        ),
        DecisionKind.OUT_OF_SCOPE: _(
            "Pesan itu menyangkut urusan di luar Pemerintah Kota Kupang, sehingga kami tidak dapat memastikannya."
        ),
    }.get(state.kind or DecisionKind.DISMISS, "")
    said = _("Ini tidak berarti pesan itu benar. Punya keterangan baru? Anda boleh melapor lagi.")
    words = tuple(filter(None, (why, said)))
    return _build_report_letter(_("Aduan Anda ditutup tanpa klarifikasi"), words, ticket, quote=state.reason)


def _rejected_letter(state: ReportStatus, _before: str, ticket: str | None) -> Letter:
    """Return the letter that the report cannot be processed, and why."""
    said = _("Bila ini keliru, Anda boleh melapor lagi dengan keterangan yang lebih lengkap.")
    return _build_report_letter(_("Aduan Anda tidak dapat diproses"), (said,), ticket, quote=state.reason)


LetterWriter = Callable[[ReportStatus, str, str | None], Letter | None]
LETTER_WRITERS: dict[ReportStage, LetterWriter] = {
    ReportStage.EXAMINED: _examined_letter,
    ReportStage.CLARIFIED: _clarified_letter,
    ReportStage.CLOSED: _closed_letter,
    ReportStage.REJECTED: _rejected_letter,
}


def _build_report_letter(
    subject: str,
    paragraphs: tuple[str, ...],
    ticket: str | None,
    quote: str = "",
    action: tuple[str, str] | None = None,
) -> Letter:
    """Return a letter with a link to the ticket and a way to stop these letters."""
    page = public_url_for("reports.ticket", ticket=ticket) if ticket else ""
    closing = []
    if page and action:
        closing.append(_("Jalannya aduan: %(address)s", address=page))
    if page:
        closing.append(_("Tidak mau dikabari lagi, atau bukan Anda yang melapor? Di halaman itu aduan dapat dihapus."))
    return Letter(
        subject=subject,
        paragraphs=paragraphs,
        quote=quote,
        action=action or ((_("Lihat jalannya aduan"), page) if page else None),
        closing=tuple(closing),
        why=_("Anda menerima email ini karena alamat ini ditulis pada formulir aduan."),
    )


def _clarification_action(page: Clarification) -> tuple[str, str]:
    """Return the link to the clarification."""
    return _("Baca klarifikasi lengkap"), public_url_for("pages.page", slug=page.slug)
