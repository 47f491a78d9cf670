"""The datasets: their columns, each explained, and where their rows come from."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from hoax_tracker.api.open_data.public_rows import list_answered_claims, list_public_clarifications
from hoax_tracker.api.open_data.statistics_datasets import (
    HIDDEN_COUNT,
    STATISTICS_DATASETS,
    Column,
    Dataset,
    list_monthly_numbers,
)

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
    *STATISTICS_DATASETS,
)
