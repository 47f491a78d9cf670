"""The datasets: their columns, each explained, and where their rows come from.

Nothing in them tells of a person. Numbers of what people did are left out below five, and of months that are not over.
What stands on public pages is not hidden, because everybody can count it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.api.open_data.monthly_numbers import list_monthly_numbers
from hoax_tracker.api.open_data.public_rows import list_answered_claims, list_public_clarifications
from hoax_tracker.core.config.settings import Settings

Row = tuple[Any, ...]


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


HIDDEN_COUNT = _l("kosong bila kurang dari lima")
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
        list_public_clarifications,
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
        list_answered_claims,
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
)
