"""The tables of the public statistics (insight/figures/tables.py) as datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from flask_babel import lazy_gettext as _l

from hoax_tracker.api.open_data.dataset import HIDDEN_COUNT, Column, Dataset, Row
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures import tables
from hoax_tracker.insight.figures.months import list_shown_months
from hoax_tracker.insight.figures.page_changes import list_page_changes
from hoax_tracker.insight.figures.public_numbers import load_statistics

REPORTS = Column("reports", "integer", _l("aduan warga, %(rule)s", rule=HIDDEN_COUNT))
PUBLISHED = Column("published", "integer", _l("klarifikasi yang terbit"))
TOPIC = Column("topic", "string", _l("topik; namanya di /api/v1/topics"))
HOURS = (
    Column("median_h", "number", _l("separuh jawaban terbit dalam sekian jam, kosong bila kurang dari lima jawaban")),
    Column("nine_tenths_h", "number", _l("sembilan dari sepuluh terbit dalam sekian jam, kosong seperti di atas")),
)
SETTLED = _l("Bulan yang sudah dihitung tuntas, dari dua belas bulan terakhir.")


def _list_table_rows(table: tables.StatisticsTable) -> Callable[[Settings, datetime], Iterator[Row]]:
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
        _list_table_rows(tables.MONTHS),
    ),
    Dataset(
        "statistik-putusan",
        _l("Statistik: putusan"),
        _l("Klarifikasi dua belas bulan terakhir menurut putusannya."),
        (Column("verdict", "string", _l("putusan; artinya di /api/v1/verdicts")), PUBLISHED),
        _list_table_rows(tables.VERDICTS),
    ),
    Dataset(
        "statistik-perangkat-daerah",
        _l("Statistik: perangkat daerah"),
        _l("Yang terbit dalam dua belas bulan terakhir, dan berapa lama sejak aduan pertama."),
        (Column("unit", "string", _l("kode perangkat daerah; namanya di /api/v1/units")), PUBLISHED, *HOURS),
        _list_table_rows(tables.UNITS),
    ),
    Dataset(
        "statistik-topik", _l("Statistik: topik"), SETTLED, (TOPIC, REPORTS, PUBLISHED), _list_table_rows(tables.TOPICS)
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
        _list_table_rows(tables.PLACES),
    ),
    Dataset(
        "statistik-belum-dijawab",
        _l("Statistik: belum dijawab"),
        _l("Kabar yang sedang diperiksa sekarang. Topik dengan kurang dari lima kabar tidak ada di dalamnya."),
        (TOPIC, Column("claims", "integer", _l("kabar, dibulatkan ke lima terdekat"))),
        _list_table_rows(tables.OPEN_CLAIMS),
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
