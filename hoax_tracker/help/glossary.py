"""The words of the trade, explained, and linked where they stand in a help text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from flask import url_for
from flask_babel import LazyString, get_locale, lazy_gettext as _l, lazy_pgettext
from markupsafe import Markup, escape


@dataclass(frozen=True)
class Term:
    """A word with its meaning; ``anchor`` is its place on the page of words."""

    anchor: str
    word: LazyString
    meaning: LazyString


GLOSSARY = (
    Term(
        "klaim",
        lazy_pgettext("glossary", "klaim"),
        _l("Satu hal yang dikatakan benar dan dapat diperiksa. Banyak pesan dapat memuat klaim yang sama."),
    ),
    Term(
        "pengklaim",
        lazy_pgettext("glossary", "pengklaim"),
        _l("Siapa yang mengatakannya, bila diketahui. Hanya dibaca petugas."),
    ),
    Term(
        "kemunculan",
        lazy_pgettext("glossary", "kemunculan"),
        _l("Satu tempat di mana klaim terlihat: unggahan, berita, atau aduan."),
    ),
    Term(
        "klaster",
        lazy_pgettext("glossary", "klaster narasi"),
        _l("Banyak bunyi dari satu klaim yang sama, dikumpulkan mesin."),
    ),
    Term("aduan", lazy_pgettext("glossary", "aduan"), _l("Pesan yang dikirim warga untuk diperiksa, dengan bukti.")),
    Term(
        "pelapor",
        lazy_pgettext("glossary", "pelapor"),
        _l("Warga yang mengirim aduan. Kontaknya dienkripsi dan hanya dibuka dengan alasan."),
    ),
    Term(
        "tiket",
        lazy_pgettext("glossary", "nomor tiket"),
        _l("Nomor rahasia untuk melihat jawaban atas satu aduan. Yang memegang nomornya dapat membukanya."),
    ),
    Term(
        "antrean",
        lazy_pgettext("glossary", "antrean"),
        _l("Klaim yang menunggu keputusan petugas, yang paling mendesak di atas."),
    ),
    Term(
        "penanda",
        lazy_pgettext("glossary", "penanda"),
        _l("Tanda dari mesin: perlu ditinjau. Mesin tidak pernah mengatakan hoaks."),
    ),
    Term(
        "penilaian",
        lazy_pgettext("glossary", "penilaian"),
        _l("Hitungan mesin mengapa sebuah kiriman perlu ditinjau, beserta alasannya."),
    ),
    Term(
        "putusan",
        lazy_pgettext("glossary", "putusan"),
        _l(
            "Nilai petugas atas sebuah klaim: "
            "Benar, Sebagian benar, Kurang konteks, Menyesatkan, Hoaks, Penipuan, Satire, atau Belum terbukti."
        ),
    ),
    Term(
        "bukan-klaim",
        lazy_pgettext("glossary", "bukan klaim"),
        _l("Pendapat, kritik, keluhan, atau sindiran. Tidak dinilai benar atau salah."),
    ),
    Term(
        "di-luar",
        lazy_pgettext("glossary", "bukan wewenang kota"),
        _l("Kabar tentang hal yang bukan urusan pemerintah kota. Ditutup dengan petunjuk siapa yang berwenang."),
    ),
    Term(
        "klarifikasi",
        lazy_pgettext("glossary", "klarifikasi"),
        _l("Halaman resmi kota yang menjawab satu klaim. Ditulis satu orang, disetujui orang lain."),
    ),
    Term(
        "cek-fakta",
        lazy_pgettext("glossary", "hasil cek fakta"),
        _l("Bagian klarifikasi: apa yang diperiksa, kepada siapa, dan hasilnya."),
    ),
    Term("kesimpulan", lazy_pgettext("glossary", "kesimpulan"), _l("Bagian klarifikasi: apa artinya bagi warga.")),
    Term("rujukan", lazy_pgettext("glossary", "rujukan"), _l("Dokumen atau halaman yang membuktikan isi klarifikasi.")),
    Term(
        "koreksi",
        lazy_pgettext("glossary", "koreksi"),
        _l("Perubahan pada halaman yang sudah terbit. Pembaca melihat apa yang berubah dan mengapa."),
    ),
    Term(
        "penarikan",
        lazy_pgettext("glossary", "penarikan"),
        _l("Klarifikasi tidak berlaku lagi. Halamannya tetap ada, dengan cap Ditarik dan alasannya."),
    ),
    Term(
        "rancangan",
        lazy_pgettext("glossary", "rancangan"),
        _l("Klarifikasi yang masih ditulis. Warga belum melihatnya."),
    ),
    Term(
        "perangkat-daerah",
        lazy_pgettext("glossary", "perangkat daerah"),
        _l("Unit pemerintah kota yang menjawab: dinas, badan, bagian, kecamatan, kelurahan, puskesmas, atau BUMD."),
    ),
    Term(
        "ppid-utama",
        lazy_pgettext("glossary", "PPID Utama"),
        _l("Pejabat informasi kota, di Dinas Komunikasi dan Informatika. Membagi klaim dan menerbitkan jawaban."),
    ),
    Term(
        "ppid-pelaksana",
        lazy_pgettext("glossary", "PPID Pelaksana"),
        _l("Pejabat informasi di setiap perangkat daerah. Menjawab pertanyaan tentang unitnya."),
    ),
    Term(
        "sumber", lazy_pgettext("glossary", "sumber"), _l("Situs, kanal, atau akun yang dibaca program menurut jadwal.")
    ),
    Term(
        "log-audit",
        lazy_pgettext("glossary", "log audit"),
        _l("Catatan semua tindakan petugas, berantai sehingga perubahan terlihat."),
    ),
    Term(
        "kode-kedua", lazy_pgettext("glossary", "kode kedua"), _l("Enam angka dari HP yang diketik sesudah kata sandi.")
    ),
)


def link_terms(text: str) -> Markup:
    """Return the text, escaped, with the first place of each explained word leading to its meaning."""
    locale = str(get_locale())
    linked: set[str] = set()

    def link(match: re.Match[str]) -> str:
        anchor = _anchors(locale)[match[0].lower()]
        if anchor in linked:
            return match[0]
        linked.add(anchor)
        return f'<a href="{url_for("desk_help.index", _anchor=anchor)}">{match[0]}</a>'

    linked_text = _word_pattern(locale).sub(link, str(escape(text)))
    return Markup(linked_text)  # noqa: S704 - the text is escaped, and words and anchors are ours


@cache
def _anchors(_locale: str) -> dict[str, str]:
    """Return the place of each word; kept for each language."""
    return {str(term.word).lower(): term.anchor for term in GLOSSARY}


@cache
def _word_pattern(locale: str) -> re.Pattern[str]:
    """Return what finds the words: whole ones, the longest first."""
    words = sorted(_anchors(locale), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
