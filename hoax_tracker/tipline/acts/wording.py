"""What the machine says of itself: greetings, help, and what it does not do. Short and calm."""

from __future__ import annotations

from datetime import datetime

from flask_babel import get_locale, gettext as _, ngettext

from hoax_tracker.clock import WITA
from hoax_tracker.tipline.conversation.passages import Offer, Passage

MORNING_UNTIL, NOON_UNTIL, AFTERNOON_UNTIL = 10, 15, 18
"""Hours of the day in Kupang at which *pagi*, *siang* and *sore* end."""


def _name_time_of_day(now: datetime) -> str:
    """Return the greeting for the hour in Kupang."""
    hour = now.astimezone(WITA).hour
    if hour < MORNING_UNTIL:
        return str(_("Selamat pagi."))
    if hour < NOON_UNTIL:
        return str(_("Selamat siang."))
    return str(_("Selamat sore.") if hour < AFTERNOON_UNTIL else _("Selamat malam."))


def introduce(now: datetime) -> Passage:
    """Return the two lines of a first contact: who answers, that it is a machine, and what is kept."""
    who = _(
        "Ini mesin penjawab PPID Kota Kupang, bukan orang. Teruskan kabar yang Anda ragukan, nanti kami carikan "
        "jawaban kota."
    )
    retention = _(
        "Percakapan dihapus sesudah 30 hari, gambar langsung dihapus. Ketik «hapus data saya» atau «berhenti» kapan "
        "saja."
    )
    return Passage((f"{_name_time_of_day(now)} {who}", retention), offers=(_help_offer(), _other_language_offer()))


def _help_offer() -> Offer:
    return Offer("help", _("Cara memeriksa"))


def _other_language_offer() -> Offer:
    """Return the button for the other language, in that language."""
    return Offer("id", "Bahasa Indonesia") if str(get_locale()) == "en" else Offer("en", "English")


def greet(now: datetime) -> Passage:
    """Return a greeting that says what to do."""
    words = _("Teruskan kabar yang Anda ragukan, atau tulis isinya satu kalimat.")
    return Passage((f"{_name_time_of_day(now)} {words}",), offers=(_help_offer(), _other_language_offer()))


def answer_thanks() -> Passage:
    """Return the answer to thanks."""
    return Passage((_("Sama-sama. Ada kabar lain yang meragukan? Teruskan saja ke sini."),))


def explain() -> Passage:
    """Return the help: what can be sent, and the words that work at any time."""
    send = _(
        "Teruskan pesan yang meragukan, kirim tangkapan layar, atau tulis isinya satu kalimat. Satu atau dua kata "
        "mencari klarifikasi."
    )
    report = _(
        "Belum ada jawaban? Tulis «laporkan», dan petugas memeriksanya. Tulis nomor tiket atau «tiket» untuk melihat "
        "jalannya."
    )
    always = _("Kapan saja: «berhenti» (tidak dikabari lagi), «hapus data saya», «English».")
    return Passage((send, report, always))


def confirm_stop() -> Passage:
    """Return what follows from *berhenti*."""
    return Passage(
        (
            _("Baik, kami tidak akan mengabari Anda lagi. Menulis ke sini tetap boleh, dan tetap dijawab."),
            _("Ingin dikabari lagi? Tulis «kabari lagi». Ingin semuanya dihapus? Tulis «hapus data saya»."),
        )
    )


def confirm_resume() -> Passage:
    """Return that news is told again."""
    return Passage((_("Baik, kami mengabari Anda lagi bila aduan Anda maju atau jawaban kami berubah."),))


def ask_erasure(reports: int) -> Passage:
    """Return what would be erased; nothing is erased before the person says so once more."""
    parts = [_("Yang dihapus: seluruh percakapan ini dan siapa Anda.")]
    if reports:
        parts.append(
            ngettext(
                "Juga %(num)d aduan yang Anda buat di sini: petugas tidak memeriksanya lagi untuk Anda.",
                "Juga %(num)d aduan yang Anda buat di sini: petugas tidak memeriksanya lagi untuk Anda.",
                reports,
            )
        )
    parts.append(_("Yang sudah dihapus tidak dapat dikembalikan."))
    return Passage(
        (" ".join(map(str, parts)),), offers=(Offer("erase", _("Hapus semuanya")), Offer("keep", _("Batal")))
    )


def confirm_erasure() -> Passage:
    """Return that everything is erased, as this line will be."""
    return Passage((_("Semua data Anda di sini sudah dihapus. Menulis lagi berarti mulai dari awal."),))


def confirm_language() -> Passage:
    """Return that the language was changed, in the new one."""
    return Passage((_("Baik, kami menjawab dalam bahasa Indonesia."),))


def decline(kind: str, *, is_reported: bool = False) -> Passage:
    """Return kindly that something is not read, and what to do instead; to report it its words are needed."""
    if is_reported:
        how = _("Untuk melaporkannya, tulis dulu isinya satu kalimat, lalu ketik «laporkan».")
        return Passage((how, _("Berkasnya tidak disimpan; hanya sidiknya (SHA-256) ikut dengan laporan.")))
    instead = _("Tulis isinya satu kalimat saja, misalnya: “air Kali Dendeng tercemar”. Nanti kami periksa.")
    if kind in ("audio", "video"):
        return Passage((_("Rekaman ini belum kami kenal, dan kami tidak mendengarkannya."), instead))
    if kind == "call":
        return Passage((_("Mesin ini tidak dapat menerima panggilan."), instead))
    return Passage((_("Kiriman seperti ini tidak dapat kami baca."), instead))


def decline_picture(why: str = "") -> Passage:
    """Return that a picture was not read, and what to do instead."""
    words = why or _("Gambar itu tidak dapat kami baca di sini.")
    return Passage((words, _("Tulis kalimat yang ada di gambar itu, nanti kami periksa.")))


def ask_for_news() -> Passage:
    """Return what to send, where a message said nothing that can be checked."""
    return Passage(
        (_("Kabar mana yang ingin diperiksa? Teruskan pesannya, atau tulis isinya satu kalimat."),),
        offers=(_help_offer(),),
    )


def ask_for_the_others() -> Passage:
    """Return that a batch was too large."""
    return Passage((_("Sisanya belum kami periksa: kirim lagi, paling banyak lima sekaligus."),))


def ask_which(words: str) -> str:
    """Return the question above a list that a search found."""
    return str(_("Jawaban kota tentang “%(words)s”. Yang mana?", words=words))


def page_gone() -> Passage:
    """Return that a page is no longer public."""
    return Passage((_("Jawaban itu tidak berlaku lagi. Kirim pesannya sekali lagi, nanti kami periksa."),))


def thank_for_answer() -> Passage:
    """Return thanks for "ya, ini"."""
    return Passage((_("Terima kasih. Bagikan faktanya kepada yang mengirim, supaya berhenti beredar."),))


def thank_for_sighting(*, is_new: bool) -> Passage:
    """Return thanks for "saya juga terima"."""
    if is_new:
        return Passage((_("Tercatat: Anda juga menerimanya. Terima kasih."),))
    return Passage((_("Dari Anda sudah tercatat hari ini. Terima kasih."),))


def nothing_waits() -> Passage:
    """Return that what a button asked for was read already."""
    return Passage((_("Tidak ada kabar lain yang menunggu. Tulis «tiket» untuk melihat aduan Anda."),))


def apologise() -> Passage:
    """Return what is said where answering failed again and again."""
    return Passage((_("Maaf, mesin ini sedang terganggu dan pesan Anda belum terjawab. Kirim sekali lagi nanti."),))
