"""The reach of a clarification as sentences. What came after publication is never said to come from it."""

from __future__ import annotations

from flask_babel import format_date
from flask_babel import gettext as _

from hoax_tracker.claims.clarification_reach import ReachTotals
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.reach.figures import AppearanceChange, ReachSummary


def describe_readers(totals: ReachTotals) -> str:
    """Return how often the page was read, and its short address followed."""
    if totals.is_empty:
        return str(_("Belum ada yang tercatat membaca halaman ini atau mendapatnya sebagai jawaban."))
    read = _("Dibaca %(count)s kali.", count=format_number(totals.views))
    if not totals.short_visits:
        return str(read)
    short = _("Alamat pendeknya dibuka %(count)s kali.", count=format_number(totals.short_visits))
    return f"{read} {short}"


def describe_answers(totals: ReachTotals) -> str | None:
    """Return how often the check gave the page as an answer, or to compare with; None where nothing was counted."""
    if totals.is_empty:
        return None
    counts = {"answers": format_number(totals.answers), "comparisons": format_number(totals.comparisons)}
    if totals.comparisons:
        return str(
            _(
                "Pesan yang ditempel warga dijawab dengan halaman ini %(answers)s kali; "
                "%(comparisons)s kali halaman ini ditawarkan untuk dibandingkan.",
                **counts,
            )
        )
    return str(_("Pesan yang ditempel warga dijawab dengan halaman ini %(answers)s kali.", **counts))


def describe_appearances(change: AppearanceChange | None) -> str:
    """Return how often the message appeared before and after publication."""
    if change is None:
        return str(_("Tidak ada klaim yang tertaut, jadi kemunculannya tidak dihitung."))
    counts = {"before": format_number(change.before), "after": format_number(change.after)}
    if not (change.is_whole or change.before or change.after):
        never = _("Kabar ini tidak tercatat muncul dalam seminggu sebelum hari terbit, dan sesudahnya juga belum.")
        return str(never)
    if not change.is_whole:
        return str(
            _(
                "Seminggu sebelum hari terbit kabar ini tercatat muncul %(before)s kali, sesudahnya sejauh ini "
                "%(after)s kali. Baru dapat dibandingkan mulai %(day)s.",
                day=format_date(change.comparable_from, "d MMMM y"),
                **counts,
            )
        )
    if not (change.before or change.after):
        return str(_("Kabar ini tidak tercatat muncul dalam seminggu sebelum dan sesudah hari terbit."))
    if change.after == change.before:
        return str(_("Sesudah terbit, kemunculan tetap %(after)s seminggu.", **counts))
    if change.after < change.before:
        return str(_("Sesudah terbit, kemunculan turun dari %(before)s menjadi %(after)s seminggu.", **counts))
    return str(_("Sesudah terbit, kemunculan naik dari %(before)s menjadi %(after)s seminggu.", **counts))


def describe_counting(reach: ReachSummary) -> str | None:
    """Return since when readers are counted where the page is older; else None."""
    if reach.counted_since is None:
        return None
    day = format_date(reach.counted_since, "d MMMM y")
    return str(_("Pembaca dan jawaban dihitung sejak %(day)s; yang sebelumnya tidak tercatat.", day=day))


def describe_reach(reach: ReachSummary) -> list[str]:
    """Return the sentences that tell the reach."""
    told = (describe_readers(reach.totals), describe_answers(reach.totals), describe_appearances(reach.change))
    return [sentence for sentence in (*told, describe_counting(reach)) if sentence]
