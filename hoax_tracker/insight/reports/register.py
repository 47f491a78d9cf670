"""The numbers of the PPID's register that officers enter, and which of them must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, gettext as _, lazy_gettext as _l

from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.errors import InvalidInputError

RegisterValues = Mapping[str, Any]
"""Numbers and texts by key; None for a number that nobody entered yet, which is not 0."""
LONGEST_TEXT = 5_000
ANSWER_DAYS, EXTENDED_DAYS = 10, 17
ROUNDING = 0.06
"""An average has one decimal, so it may be so much above the true one."""
CONTACT_PATTERN = re.compile(r"@\w|\d(?:[ .-]?\d){9,}")
"""An e-mail address or handle, or ten digits: a telephone, identity or account number."""
YEARS_AND_AMOUNTS = re.compile(r"(?:(?:^|[ -])(?:(?:19|20)\d\d|[1-9]\d{0,2}(?:\.\d{3}){1,4}))+")
"""Ten digits that are nobody's: "2023 2024 2025", "1.250.000.000"."""


@dataclass(frozen=True)
class RegisterGroup:
    """Numbers that are entered together: their label by key."""

    key: str
    heading: LazyString
    help: LazyString
    labels: Mapping[str, LazyString]


WAYS = RegisterGroup(
    "permintaan",
    _l("Permintaan informasi yang diterima"),
    _l("Menurut jalan masuknya, sejak 1 Januari sampai 31 Desember."),
    {
        "way_visit": _l("Datang langsung"),
        "way_letter": _l("Surat"),
        "way_mail": _l("Email"),
        "way_site": _l("Situs atau aplikasi"),
        "way_other": _l("Jalan lain"),
    },
)
OUTCOMES = RegisterGroup(
    "hasil",
    _l("Hasil permintaan"),
    _l("Setiap permintaan dihitung satu kali. Jumlahnya sama dengan yang diterima."),
    {
        "granted": _l("Dikabulkan seluruhnya"),
        "granted_partly": _l("Dikabulkan sebagian"),
        "refused": _l("Ditolak"),
        "dropped": _l("Dicabut pemohon atau tidak dilengkapi"),
        "pending": _l("Masih diproses pada akhir tahun"),
    },
)
REASONS = RegisterGroup(
    "alasan",
    _l("Alasan penolakan"),
    _l(
        "Satu alasan utama untuk setiap permintaan yang ditolak atau dikabulkan sebagian. Huruf menurut Pasal 17 UU "
        "14/2008."
    ),
    {
        "article_17a": _l("Huruf a: penegakan hukum"),
        "article_17b": _l("Huruf b: kekayaan intelektual dan persaingan usaha"),
        "article_17c": _l("Huruf c: pertahanan dan keamanan negara"),
        "article_17d": _l("Huruf d: kekayaan alam Indonesia"),
        "article_17e": _l("Huruf e: ketahanan ekonomi nasional"),
        "article_17f": _l("Huruf f: hubungan luar negeri"),
        "article_17g": _l("Huruf g: isi akta otentik yang bersifat pribadi dan wasiat"),
        "article_17h": _l("Huruf h: rahasia pribadi"),
        "article_17i": _l("Huruf i: surat antar atau intra badan publik yang dirahasiakan"),
        "article_17j": _l("Huruf j: dilarang dibuka berdasarkan undang-undang"),
        "not_held": _l("Informasi tidak dikuasai Pemerintah Kota"),
        "reason_other": _l("Alasan lain"),
    },
)
TIMES = RegisterGroup(
    "waktu",
    _l("Waktu menjawab permintaan"),
    _l("Permintaan yang dikabulkan atau ditolak. Batasnya 10 hari kerja, dapat diperpanjang 7 hari kerja (Pasal 22)."),
    {
        "within_10": _l("Paling lama 10 hari kerja"),
        "within_17": _l("Diperpanjang, paling lama 17 hari kerja"),
        "after_17": _l("Lebih dari 17 hari kerja"),
    },
)
OBJECTIONS = RegisterGroup(
    "keberatan",
    _l("Keberatan kepada atasan PPID"),
    _l("Diajukan menurut Pasal 35; ditanggapi paling lama 30 hari kerja (Pasal 36)."),
    {
        "objections": _l("Keberatan yang diterima"),
        "objections_upheld": _l("Keberatan dikabulkan, seluruhnya atau sebagian"),
        "objections_rejected": _l("Keberatan ditolak"),
        "objections_dropped": _l("Keberatan dicabut atau gugur"),
        "objections_pending": _l("Keberatan yang belum ditanggapi"),
        "objections_within_30": _l("Ditanggapi paling lama 30 hari kerja"),
        "objections_after_30": _l("Ditanggapi sesudah 30 hari kerja"),
    },
)
DISPUTES = RegisterGroup(
    "sengketa",
    _l("Sengketa di Komisi Informasi"),
    _l("Yang diajukan pemohon pada tahun itu, dan hasilnya sampai akhir tahun."),
    {
        "disputes": _l("Sengketa yang diajukan"),
        "disputes_settled": _l("Selesai dengan mediasi"),
        "disputes_for_city": _l("Putusan menguatkan PPID"),
        "disputes_for_applicant": _l("Putusan mengabulkan pemohon, seluruhnya atau sebagian"),
        "disputes_dropped": _l("Sengketa dicabut atau gugur"),
        "disputes_pending": _l("Sengketa yang masih berjalan"),
    },
)
GROUPS = (WAYS, OUTCOMES, REASONS, TIMES, OBJECTIONS, DISPUTES)
AVERAGE_KEY, AVERAGE_LABEL = "average_days", _l("Rata-rata hari kerja sampai dijawab")
TEXTS = {"obstacles": _l("Kendala"), "recommendations": _l("Rekomendasi dan tindak lanjut")}
NUMBER_LABELS = {key: label for group in GROUPS for key, label in group.labels.items()} | {AVERAGE_KEY: AVERAGE_LABEL}

REFUSED_KEYS = ("granted_partly", "refused")
DECIDED_KEYS = ("granted", *REFUSED_KEYS)
OBJECTION_OUTCOMES = ("objections_upheld", "objections_rejected")
AGREEMENTS: tuple[tuple[Iterable[str], Iterable[str], LazyString], ...] = (
    (OUTCOMES.labels, WAYS.labels,
     _l("Hasil permintaan berjumlah %(first)s, sedangkan yang diterima %(second)s.")),
    (REASONS.labels, REFUSED_KEYS,
     _l("Alasan penolakan berjumlah %(first)s, sedangkan yang ditolak dan dikabulkan sebagian %(second)s.")),
    (TIMES.labels, DECIDED_KEYS,
     _l("Waktu menjawab berjumlah %(first)s permintaan, sedangkan yang dikabulkan dan ditolak %(second)s.")),
    ((*OBJECTION_OUTCOMES, "objections_dropped", "objections_pending"), ("objections",),
     _l("Hasil keberatan berjumlah %(first)s, sedangkan keberatan yang diterima %(second)s.")),
    (("objections_within_30", "objections_after_30"), OBJECTION_OUTCOMES,
     _l("Waktu menanggapi berjumlah %(first)s keberatan, sedangkan yang dikabulkan dan ditolak %(second)s.")),
    (tuple(DISPUTES.labels)[1:], ("disputes",),
     _l("Hasil sengketa berjumlah %(first)s, sedangkan sengketa yang diajukan %(second)s.")),
)  # fmt: skip
"""Two sums that must be the same, and what is said where they are not."""


def empty_register() -> dict[str, Any]:
    """Return a register in which nothing is entered."""
    return dict.fromkeys(NUMBER_LABELS) | dict.fromkeys(TEXTS, "")


def require_valid_register(values: RegisterValues) -> None:
    """Raise InvalidInputError for a text that is too long, or that holds somebody's number or address."""
    for key in TEXTS:
        if len(values[key]) > LONGEST_TEXT:
            message = _("Paling banyak %(most)s huruf.", most=LONGEST_TEXT)
            raise InvalidInputError(f"long {key}", user_message=message, field=key)
        if any(not YEARS_AND_AMOUNTS.fullmatch(found) for found in CONTACT_PATTERN.findall(values[key])):
            message = _(
                "Di sini ada alamat email atau nomor yang panjang. Laporan ini tidak memuat data pribadi siapa pun."
            )
            raise InvalidInputError(f"personal data in {key}", user_message=message, field=key)


def list_missing(values: RegisterValues) -> list[str]:
    """Return the keys of the numbers that are still to be entered."""
    is_average_needed = sum_filled(values, DECIDED_KEYS) != 0
    return [key for key in NUMBER_LABELS if values[key] is None and (key != AVERAGE_KEY or is_average_needed)]


def list_disagreements(values: RegisterValues) -> list[str]:
    """Return in words which numbers contradict each other, as far as they are entered."""
    faults = []
    for first_keys, second_keys, words in AGREEMENTS:
        first, second = sum_filled(values, first_keys), sum_filled(values, second_keys)
        if first is not None and second is not None and first != second:
            faults.append(str(words) % {"first": format_number(first), "second": format_number(second)})
    average, longest = values[AVERAGE_KEY], _find_longest_average(values)
    if average is not None and longest is not None and average > longest + ROUNDING:
        words = _("Rata-ratanya %(average)s hari kerja, padahal menurut waktu menjawab paling lama %(longest)s.")
        faults.append(words % {"average": format_number(average, 1), "longest": format_number(longest, 1)})
    return faults


def _find_longest_average(values: RegisterValues) -> float | None:
    """Return the average of answers that all took as long as their class allows; None where one has no end."""
    answered = sum_filled(values, ("within_10", "within_17"))
    if answered is None or values["after_17"] != 0:
        return None
    return float(ANSWER_DAYS * values["within_10"] + EXTENDED_DAYS * values["within_17"]) / max(answered, 1)


def sum_filled(values: RegisterValues, keys: Iterable[str]) -> int | None:
    """Return the sum of the numbers, None where one is missing."""
    numbers = [values[key] for key in keys]
    return None if None in numbers else sum(numbers)
