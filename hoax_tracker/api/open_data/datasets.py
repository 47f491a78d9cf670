"""The datasets: their columns, each explained, and where their rows come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import WITA, day_in_kupang, start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures import public_numbers
from hoax_tracker.insight.figures.desk_summary import list_page_changes
from hoax_tracker.insight.figures.month_figures import list_shown_months
from hoax_tracker.insight.figures.public_numbers import load_statistics
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    CheckQuery,
    Claim,
    ClaimAppearance,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Report,
    Unit,
    clarification_claim,
    db,
)
from hoax_tracker.privacy.small_counts import publish_count

ROWS_AT_ONCE = 1_000


def _list_public_clarifications(settings: Settings, _now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the public clarifications by number."""
    changed = (
        sa.select(ClarificationRevision.clarification_id, sa.func.max(ClarificationRevision.made_at).label("made_at"))
        .group_by(ClarificationRevision.clarification_id)
        .subquery()
    )
    texts = (Clarification.title, Clarification.claim_quote, Clarification.summary)
    query = (
        sa.select(Clarification.number, Clarification.slug, Clarification.status, *texts)
        .add_columns(Clarification.verdict, Clarification.topic, Unit.code, Clarification.circulated_since)
        .add_columns(Clarification.published_at, changed.c.made_at)
        .join(Unit, Unit.id == Clarification.unit_id)
        .outerjoin(changed, changed.c.clarification_id == Clarification.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.number)
    )
    for row in db.session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        number, slug, status, title, claim, summary, verdict, topic, unit, since, published_at, changed_at = row
        yield (
            number,
            f"{settings.base_url}/klarifikasi/{slug}",
            status.value,
            title,
            claim,
            summary,
            verdict.value,
            topic.value,
            unit,
            since.isoformat() if since else None,
            published_at.isoformat(timespec="seconds"),
            max(published_at, changed_at or published_at).isoformat(timespec="seconds"),
        )


def _list_answered_claims(_settings: Settings, _now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the claims that public clarifications answer, by number; the claim's words and who made it are left out."""
    seen = (
        sa.select(
            ClaimAppearance.claim_id,
            sa.func.count(ClaimAppearance.item_id).label("items"),
            sa.func.count(ClaimAppearance.report_id).label("reports"),
        )
        .group_by(ClaimAppearance.claim_id)
        .subquery()
    )
    query = (
        sa.select(Clarification.number, Claim.topic, Claim.first_seen_at, Claim.last_seen_at)
        .add_columns(seen.c["items"], seen.c.reports)
        .select_from(clarification_claim)
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .join(Claim, Claim.id == clarification_claim.c.claim_id)
        .outerjoin(seen, seen.c.claim_id == Claim.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.number, Claim.id)
    )
    for number, topic, first, last, items, reports in db.session.execute(query):
        counts = (publish_count(items or 0), publish_count(reports or 0))
        yield (number, topic.value, *(_write_month(moment) for moment in (first, last)), *counts)


def _write_month(moment: datetime) -> str:
    """Return the month of a moment in Kupang."""
    return f"{moment.astimezone(WITA):%Y-%m}"


Row = tuple[Any, ...]
HIDDEN_COUNT = _l("dibulatkan ke lima terdekat, kosong bila kurang dari lima")


@dataclass(frozen=True)
class Column:
    """A column; ``kind`` is its type in the words of JSON Schema, "date" and "date-time" included."""

    name: str
    kind: str
    meaning: Any


@dataclass(frozen=True)
class Dataset:
    """A dataset; ``list_rows`` yields its rows, whose values are in the order of the columns."""

    name: str
    title: Any
    description: Any
    columns: tuple[Column, ...]
    list_rows: Callable[[Settings, datetime], Iterator[Row]]


REPORTS = Column("reports", "integer", _l("aduan warga, %(rule)s", rule=HIDDEN_COUNT))
PUBLISHED = Column("published", "integer", _l("klarifikasi yang terbit"))
TOPIC = Column("topic", "string", _l("topik; namanya di /api/v1/topics"))
HOURS = (
    Column("median_h", "number", _l("separuh jawaban terbit dalam sekian jam, kosong bila kurang dari lima jawaban")),
    Column("nine_tenths_h", "number", _l("sembilan dari sepuluh terbit dalam sekian jam, kosong seperti di atas")),
)
SETTLED = _l("Bulan yang sudah dihitung tuntas, dari dua belas bulan terakhir.")


def _list_table_rows(table: public_numbers.StatisticsTable) -> Callable[[Settings, datetime], Iterator[Row]]:
    """Return what yields the rows of a table."""
    return lambda settings, now: table.list_rows(load_statistics(settings, now))


def _list_change_rows(settings: Settings, now: datetime) -> Iterator[Row]:
    """Yield every correction and withdrawal of the last twelve months, newest first."""
    months = list_shown_months(now)
    for change in list_page_changes(months[0], months[-1]):
        kind, url = (
            "withdrawn" if change.is_withdrawal else "corrected",
            f"{settings.base_url}/klarifikasi/{change.slug}",
        )
        yield change.made_at.isoformat(timespec="seconds"), kind, change.number, url, change.note


STATISTICS_DATASETS = (
    Dataset(
        "statistik-bulan",
        _l("Statistik: per bulan"),
        _l("Dua belas bulan terakhir, juga yang belum berakhir, seperti di /statistik."),
        (
            Column("month", "string", _l("bulan (tahun-bulan)")),
            REPORTS,
            Column("answered", "integer", _l("aduan yang sudah dijawab saat dihitung, %(rule)s", rule=HIDDEN_COUNT)),
            Column("questions", "integer", _l("pesan yang diperiksa warga, %(rule)s", rule=HIDDEN_COUNT)),
            Column(
                "questions_open",
                "integer",
                _l("yang belum ada klarifikasinya di antaranya, %(rule)s", rule=HIDDEN_COUNT),
            ),
            PUBLISHED,
            Column("corrected", "integer", _l("koreksi yang terbit")),
            Column("withdrawn", "integer", _l("klarifikasi yang ditarik")),
            *HOURS,
        ),
        _list_table_rows(public_numbers.MONTHS),
    ),
    Dataset(
        "statistik-putusan",
        _l("Statistik: putusan"),
        _l("Klarifikasi dua belas bulan terakhir menurut putusannya."),
        (Column("verdict", "string", _l("putusan; artinya di /api/v1/verdicts")), PUBLISHED),
        _list_table_rows(public_numbers.VERDICTS),
    ),
    Dataset(
        "statistik-perangkat-daerah",
        _l("Statistik: perangkat daerah"),
        _l("Yang terbit dalam dua belas bulan terakhir, dan berapa lama sejak aduan pertama."),
        (Column("unit", "string", _l("kode perangkat daerah; namanya di /api/v1/units")), PUBLISHED, *HOURS),
        _list_table_rows(public_numbers.UNITS),
    ),
    Dataset(
        "statistik-topik",
        _l("Statistik: topik"),
        SETTLED,
        (TOPIC, REPORTS, PUBLISHED),
        _list_table_rows(public_numbers.TOPICS),
    ),
    Dataset(
        "statistik-kecamatan",
        _l("Statistik: kecamatan"),
        SETTLED,
        (
            Column("place", "string", _l("kode kecamatan yang disebut; namanya di /api/v1/places")),
            REPORTS,
            PUBLISHED,
        ),
        _list_table_rows(public_numbers.PLACES),
    ),
    Dataset(
        "statistik-belum-dijawab",
        _l("Statistik: belum dijawab"),
        _l("Kabar yang sedang diperiksa sekarang. Topik dengan kurang dari lima kabar tidak ada di dalamnya."),
        (TOPIC, Column("claims", "integer", _l("kabar, dibulatkan ke lima terdekat"))),
        _list_table_rows(public_numbers.OPEN_CLAIMS),
    ),
    Dataset(
        "statistik-koreksi",
        _l("Statistik: koreksi"),
        _l("Setiap koreksi dan penarikan dalam dua belas bulan terakhir, dengan alasannya."),
        (
            Column("made_at", "date-time", _l("waktunya")),
            Column("kind", "string", _l("corrected: dikoreksi; withdrawn: ditarik")),
            Column("number", "integer", _l("nomor klarifikasi")),
            Column("url", "string", _l("alamat halamannya")),
            Column("note", "string", _l("alasannya")),
        ),
        _list_change_rows,
    ),
)


CHANGES = (ClarificationStatus.PUBLISHED, ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)


def list_monthly_numbers(settings: Settings, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each month: the changes of pages, and what residents did where enough did it."""
    changes = Counter(
        (_write_month(made_at), kind)
        for made_at, kind in db.session.execute(sa.select(ClarificationRevision.made_at, ClarificationRevision.kind))
    )
    today = day_in_kupang(now)
    kept_since = (now - settings.query_retention).date()
    for first in _list_months(min((month for month, _kind in changes), default=""), today):
        end = _next_month(first)
        month = f"{first:%Y-%m}"
        questions = publish_count(_count_questions(first, end)) if first > kept_since else None
        yield (
            month,
            *(changes[month, kind] for kind in CHANGES),
            publish_count(_count_reports(first, end)),
            questions,
        )


def _list_months(first: str, today: date) -> Iterator[date]:
    """Yield the first days of the months from ``first`` (year-month, "" for none) on that are over today."""
    month = date.fromisoformat(f"{first}-01") if first else today
    while _next_month(month) <= today:
        yield month
        month = _next_month(month)


def _next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _count_reports(first: date, end: date) -> int:
    """Return how many reports came in a span of days, without junk."""
    start, stop = (start_of_day(day) for day in (first, end))
    query = sa.select(sa.func.count()).where(Report.received_at >= start, Report.received_at < stop)
    return db.session.scalar(query.where(Report.is_junk.is_(False))) or 0


def _count_questions(first: date, end: date) -> int:
    """Return how many messages were checked in a span of days."""
    query = sa.select(sa.func.sum(CheckQuery.count)).where(CheckQuery.day >= first, CheckQuery.day < end)
    return int(db.session.scalar(query) or 0)


DATASETS = (
    Dataset(
        "klarifikasi",
        _l("Klarifikasi"),
        _l("Klarifikasi Pemerintah Kota Kupang yang berlaku. Yang ditarik tidak ada di dalamnya."),
        (
            Column("number", "integer", _l("nomor resmi, tidak pernah berubah")),
            Column("url", "string", _l("alamat halamannya")),
            Column("status", "string", _l("published: terbit; corrected: terbit dan pernah dikoreksi")),
            Column("title", "string", _l("faktanya, satu kalimat")),
            Column("claim", "string", _l("klaim yang dijawab, dikutip sebagaimana beredar")),
            Column("summary", "string", _l("ringkasan jawaban")),
            Column("verdict", "string", _l("putusan; artinya di /api/v1/verdicts")),
            Column("topic", "string", _l("topik; namanya di /api/v1/topics")),
            Column("unit", "string", _l("kode perangkat daerah yang menjawab; namanya di /api/v1/units")),
            Column("circulated_since", "date", _l("hari sejak klaim beredar, kosong bila tidak diketahui")),
            Column("published_at", "date-time", _l("waktu terbit")),
            Column("changed_at", "date-time", _l("waktu perubahan terakhir")),
        ),
        _list_public_clarifications,
    ),
    Dataset(
        "klaim",
        _l("Klaim yang dijawab"),
        _l("Klaim yang dijawab klarifikasi, tanpa kata-katanya dan tanpa siapa yang mengunggah atau melaporkannya."),
        (
            Column("number", "integer", _l("nomor klarifikasi yang menjawabnya")),
            Column("topic", "string", _l("topik; namanya di /api/v1/topics")),
            Column("first_month", "string", _l("bulan pertama kali terlihat")),
            Column("last_month", "string", _l("bulan terakhir kali terlihat")),
            Column(
                "appearances", "integer", _l("banyaknya kemunculan di sumber yang dibaca, %(rule)s", rule=HIDDEN_COUNT)
            ),
            Column("reports", "integer", _l("banyaknya aduan warga, %(rule)s", rule=HIDDEN_COUNT)),
        ),
        _list_answered_claims,
    ),
    Dataset(
        "bulanan",
        _l("Angka bulanan"),
        _l("Angka tiap bulan yang sudah lewat, menurut waktu Kupang."),
        (
            Column("month", "string", _l("bulan (tahun-bulan)")),
            Column("published", "integer", _l("klarifikasi yang terbit")),
            Column("corrected", "integer", _l("koreksi yang terbit")),
            Column("withdrawn", "integer", _l("klarifikasi yang ditarik")),
            Column("reports", "integer", _l("aduan warga, %(rule)s", rule=HIDDEN_COUNT)),
            Column(
                "questions",
                "integer",
                _l("pesan yang diperiksa warga, %(rule)s atau bila catatannya sudah dihapus", rule=HIDDEN_COUNT),
            ),
        ),
        list_monthly_numbers,
    ),
    *STATISTICS_DATASETS,
)
