"""The flagger's month as sentences: what it got right, what it missed, and the one thing to do now."""

from __future__ import annotations

from flask_babel import gettext as _

from hoax_tracker.flag.monthly_report import CriticismShare, MonthlyReport

FEWEST_DECIDED = 5
"""Of fewer decided claims no share of ten is told."""
FEW_WORTH = 0.5
"""Below this share of flags that were worth a look, more decisions are what helps."""
MUCH_CRITICISM = 0.2


def describe_report(report: MonthlyReport) -> list[str]:
    """Return the sentences about flags, misses and criticism."""
    return [_describe_flags(report), _describe_misses(report), _describe_criticism(report.history[-1])]


def _describe_flags(report: MonthlyReport) -> str:
    """Return how many of ten flags were worth a look."""
    top = report.top
    if top.decided < FEWEST_DECIDED:
        return str(_("Belum cukup klaim teratas yang diputuskan untuk menilai tandanya."))
    return str(
        _("Dari sepuluh tanda, kira-kira %(worth)s memang perlu dilihat.", worth=round(10 * top.worth / top.decided))
    )


def _describe_misses(report: MonthlyReport) -> str:
    """Return what it missed of what residents reported."""
    if not report.reported:
        return str(_("Yang terlewat belum terlihat: belum ada aduan yang berakhir dengan klarifikasi."))
    if report.reported == 1:
        one = _("Mesin melewatkan satu-satunya klaim aduan warga yang perlu dilihat.")
        return str(one if report.missed else _("Mesin menandai satu-satunya klaim aduan warga yang perlu dilihat."))
    facts = {"missed": report.missed, "all": report.reported}
    return str(_("Dari %(all)s klaim aduan warga yang perlu dilihat, mesin melewatkan %(missed)s.", **facts))


def _describe_criticism(share: CriticismShare) -> str:
    """Return how much criticism was flagged."""
    if not share.decided:
        return str(_("Kritik yang ikut ditandai belum dapat dihitung: belum ada keputusan."))
    facts = {"voices": share.voices, "all": share.decided}
    return str(_("Dari %(all)s klaim bertanda yang diputuskan, %(voices)s ternyata kritik atau pendapat.", **facts))


def advise_next_step(report: MonthlyReport, is_model_proposed: bool) -> str:
    """Return the one thing to do now: what blocks everything else comes first."""
    top, criticism = report.top, report.history[-1]
    if not top.of:
        return str(_("Periksa apakah sumber masih dibaca: mesin belum menandai apa pun."))
    if is_model_proposed:
        return str(_("Ada model yang ditawarkan program: administrator membacanya di bawah dan mengusulkannya."))
    if top.decided < FEWEST_DECIDED:
        return str(_("Putuskan klaim teratas di antrean: dari situ mesin dinilai dan belajar."))
    if criticism.share > MUCH_CRITICISM:
        return str(_("Tutup kritik sebagai «bukan klaim», supaya mesin belajar membiarkannya."))
    if top.worth / top.decided < FEW_WORTH:
        return str(_("Tutup yang tidak perlu dijawab dengan alasan yang tepat, supaya mesin belajar darinya."))
    if report.drifted:
        return str(_("Lihat kata yang makin sering di bawah: mungkin ada jenis kabar baru."))
    return str(_("Tidak ada yang perlu diubah."))
