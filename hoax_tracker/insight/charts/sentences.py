"""The statistics as sentences. They use the published numbers alone."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import ngettext

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.web.template_filters import format_number, month_name
from hoax_tracker.insight.figures.public_numbers import PublicMonth, Statistics
from hoax_tracker.models import Verdict


def describe_count(count: int | None) -> str:
    """Return a published count in words: what it hides, and that it is rounded."""
    return str(_("kurang dari 5") if count is None else _("sekitar %(count)s", count=format_number(count)))


def _describe_published(count: int) -> str:
    """Return how many clarifications, which is exact."""
    return str(ngettext("%(count)s klarifikasi", "%(count)s klarifikasi", count, count=format_number(count)))


def describe_present_month(statistics: Statistics) -> str:
    """Return the month's reports, what was published, and how soon."""
    month = statistics.months[-1]
    sentence = _(
        "Bulan ini %(reports)s aduan masuk dan %(published)s terbit.",
        reports=describe_count(month.reports),
        published=_describe_published(month.published),
    )
    if month.times is None:
        return str(sentence)
    half = _("Separuh jawaban atas aduan terbit dalam %(hours)s jam.", hours=format_number(month.times.median_h, 1))
    return f"{sentence} {half}"


def describe_trend(statistics: Statistics) -> str:
    """Return how the reports of the last whole month compare with those of the month before."""
    ended = statistics.months[:-1]
    if len(ended) < 2:
        return str(_("Aduan dan klarifikasi setiap bulan"))
    before, last = ended[-2:]
    facts = {"month": name_month(last), "now": describe_count(last.reports), "before": describe_count(before.reports)}
    if (last.reports or 0) > (before.reports or 0):
        return str(_("Aduan naik pada %(month)s: %(now)s, sebulan sebelumnya %(before)s", **facts))
    if (last.reports or 0) < (before.reports or 0):
        return str(_("Aduan turun pada %(month)s: %(now)s, sebulan sebelumnya %(before)s", **facts))
    return str(_("Aduan pada %(month)s sebanyak bulan sebelumnya: %(now)s", **facts))


def describe_chart(statistics: Statistics) -> str:
    """Return what the chart of months shows, for people who do not see it."""
    first, last = statistics.months[0], statistics.months[-1]
    sentence = _(
        "Dari %(first)s sampai %(last)s: aduan %(before)s lalu %(now)s, "
        "klarifikasi %(published_before)s lalu %(published)s.",
        first=name_month(first),
        last=name_month(last),
        before=describe_count(first.reports),
        now=describe_count(last.reports),
        published_before=format_number(first.published),
        published=format_number(last.published),
    )
    return str(sentence)


def describe_answered(statistics: Statistics) -> str | None:
    """Return how many of the reports are answered, as a sum of the published numbers; None where all are hidden."""
    reports, answered = (
        _sum_shown(month.reports for month in statistics.months),
        _sum_shown(month.answered for month in statistics.months),
    )
    if not reports:
        return None
    if not answered:
        few = _("Dari %(reports)s aduan, kurang dari 5 sudah dijawab klarifikasi.", reports=describe_count(reports))
        return str(few)
    sentence = _(
        "Dari %(reports)s aduan, %(answered)s sudah dijawab klarifikasi (%(share)s %%).",
        reports=describe_count(reports),
        answered=describe_count(answered),
        share=min(100, round(100 * answered / reports)),
    )
    return str(sentence)


def describe_truth(statistics: Statistics) -> str:
    """Return how often the message was true."""
    true = dict(statistics.verdicts).get(Verdict.BENAR, 0)
    if not statistics.published:
        return str(_("Putusan atas pesan yang beredar"))
    return str(
        ngettext(
            "%(count)s dari %(all)s pesan yang dijawab ternyata benar",
            "%(count)s dari %(all)s pesan yang dijawab ternyata benar",
            true,
            count=format_number(true),
            all=format_number(statistics.published),
        )
    )


def describe_withdrawn(statistics: Statistics) -> str:
    """Return that verdicts of pages withdrawn since are counted as they were published; "" where none was withdrawn."""
    return _("Yang kemudian ditarik ikut terhitung, menurut putusan waktu terbit.") if statistics.withdrawn else ""


def describe_times(statistics: Statistics) -> str:
    """Return within which hours half and nine tenths of the answers came."""
    if statistics.times is None:
        return str(_("Berapa lama sampai dijawab"))
    return str(
        _(
            "Separuh jawaban terbit dalam %(half)s jam, sembilan dari sepuluh dalam %(most)s jam",
            half=format_number(statistics.times.median_h, 1),
            most=format_number(statistics.times.nine_tenths_h, 1),
        )
    )


def describe_changes(statistics: Statistics) -> str:
    """Return how often the city was wrong. Some of it mends what was published before the shown months."""
    if not (statistics.corrected or statistics.withdrawn):
        return str(_("Belum ada klarifikasi yang dikoreksi atau ditarik"))
    return str(
        _(
            "%(all)s, %(corrected)s koreksi, dan %(withdrawn)s penarikan",
            all=_describe_published(statistics.published),
            corrected=format_number(statistics.corrected),
            withdrawn=format_number(statistics.withdrawn),
        )
    )


def describe_objections(statistics: Statistics) -> str:
    """Return how many objections residents raised against pages, and how many changed one."""
    numbers = statistics.objections
    if not numbers.received:
        return str(_("Belum ada keberatan atas klarifikasi"))
    return str(
        ngettext(
            "%(num)s keberatan atas klarifikasi, %(changed)s mengubah halaman",
            "%(num)s keberatan atas klarifikasi, %(changed)s mengubah halaman",
            numbers.received,
            changed=format_number(numbers.changed),
        )
    )


def describe_open_claims(statistics: Statistics) -> str:
    """Return how many claims are examined and not answered yet."""
    claims = statistics.open_claims
    if claims.total is None and claims.by_topic:
        return str(_("Yang sedang diperiksa dan belum dijawab"))
    return str(_("Belum dijawab: %(count)s kabar sedang diperiksa", count=describe_count(claims.total)))


def describe_questions(statistics: Statistics) -> str:
    """Return how many messages residents checked this month, and how many had no answer."""
    month = statistics.months[-1]
    sentence = _(
        "Bulan ini warga memeriksa %(asked)s pesan; %(open)s di antaranya belum ada klarifikasinya.",
        asked=describe_count(month.questions),
        open=describe_count(month.questions_open),
    )
    return str(sentence)


def name_month(month: PublicMonth) -> str:
    """Return the name of a month: "November 2026"."""
    return month_name(start_of_day(month.month))


def _sum_shown(counts: Iterable[int | None]) -> int:
    return sum(count or 0 for count in counts)
