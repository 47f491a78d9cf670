"""Whom to call where a message is about an emergency, by words that the office lists for each contact.

A message may name a danger or an illness and be about school, money, an office or a meeting: "Besok semua TK libur
karena DBD" asks about school, its answer comes first, and nobody there is ill. Where people are in danger, no other
matter counts: "murid pingsan di sekolah" is no question about school, and of a fire nobody asks for the sake of a fee.
In doubt it is about the danger, because one line too many costs little.

The words that tell this are ours, Indonesian and Kupang Malay; tests/check/answers/emergency_sentences.csv measures
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import has_request_context, request

from classifiers.text.normalise import word_tokens
from hoax_tracker.check.answers.care import asks_for_help
from hoax_tracker.check.answers.explainers import find_cues
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.match_index import HEAD_CHARACTERS
from hoax_tracker.models import ChannelKind
from hoax_tracker.organisation.public_contacts import ShownContacts, load_shown_contacts

MONEY = """
    anggaran asuransi bansos bantuan bayar biaya blt bpjs cair dana denda dibayar dikorupsi dipungut donasi gaji gratis
    hadiah harga honor iuran korupsi membayar miliar minta_uang pajak pbb pembayaran pungutan rekening retribusi rp
    rupiah santunan sumbangan tarif transfer undian
"""
SCHOOL = """
    belajar_di_rumah belajar_dari_rumah daring diliburkan kurikulum libur liburan meliburkan ppdb pulang_cepat
    pulang_jam rapor seragam sonde_masok sonde_masuk spmb tetap_masuk tidak_masuk ujian ulangan
"""
MEETING = """
    kegiatan latihan lokakarya lomba musrenbang musyawarah pelatihan penyuluhan pertemuan rapat seminar simulasi
    sosialisasi undangan upacara webinar
"""
OFFICE = """
    cpns daftar_cepat daftar_di daftar_lewat dibangun drainase fogging imunisasi kartu kelambu loker lowongan mendaftar
    pembangunan pendaftaran pppk proyek syarat tender vaksin vaksinasi
"""
HAPPENING = """
    hanyut kebakaran kecelakaan kejang keracunan ledakan meledak pingsan sekarat tabakar tenggelam terbakar terjebak
    tertimbun
"""
PEOPLE_IN_DANGER = """
    aer_naik_terus aer_su_naik air_naik_terus air_sudah_naik ambulan ambulans butuh_bantuan butuh_pertolongan
    demam_tinggi di_atap digigit gigit hanyut kejang keracunan kirim_bantuan luka masih_di_dalam meledak
    minta_bantuan minta_dijemput minta_jemput minta_tolong mohon_bantuan muntah panas_tinggi perlu_bantuan pingsan
    pung_rumah rumah_kami rumah_saya sekarat sesak sonde_sadar tenggelam terjebak terluka tertimbun tidak_sadar
    tolong_bantuan tolong_beta tolong_kami tolong_katong tolong_saya tunggu_bantuan
"""


NEAR_CHARACTERS = 120
"""About twenty words: a sentence or two."""


def _compile_phrases(listed: str) -> re.Pattern[str]:
    """Return a pattern for any of the listed words and phrases, whole, between blanks."""
    phrases = (re.escape(phrase.replace("_", " ")) for phrase in listed.split())
    return re.compile(rf" (?:{'|'.join(phrases)}) ")


_OTHER_MATTER = _compile_phrases(MONEY + SCHOOL + MEETING + OFFICE)
_ASKS_WHAT_IT_IS = re.compile(
    r"^ (?:(?:min|admin|kak|kaka|pak|bu|halo|tolong) )?(?:apa itu|apakah itu|apa sih|apa artinya|apa arti|apa beda|arti"
    r"|(?:apa|bagaimana|gmn|gimana) (?:\S+ )?(?:gejala|ciri|penyebab|cara|mencegah|pencegahan)|cara mencegah"
    r"|pengertian|gejala|ciri ciri|what is|what are|how to prevent|symptoms of) "
)
_CLOSED = re.compile(r" (?:kampus|kantor|paud|sd|sekolah|skola|sma|smk|smp|tk) (?:\S+ ){0,4}(?:di)?tutup ")
_PEOPLE_IN_DANGER = _compile_phrases(PEOPLE_IN_DANGER)
_HAPPENING = _compile_phrases(HAPPENING)
_NOT_NOW = re.compile(
    r" (?:asuransi|bahaya|bantuan|cegah|dana|donasi|korban|latihan|lomba|mencegah|pelatihan|pencegahan|penyuluhan"
    r"|santunan|simulasi|soal|tentang) (?:\S+ )?$"
)
_SUFFERS = re.compile(r"(?<! yang) (?:kena|sakit|terserang) $")
_OF_SOMEBODY = re.compile(
    r" (?:adik|anak|bapa|bapak|beta|cucu|ibu|istri|kakak|kaka|kakek|mama|nenek|oma|opa|saya|suami|tetangga)"
    r" (?!.*karena)(?:\S+ ){0,3}$"
)

_PEOPLE = re.compile(
    r" (?:ada|banyak|puluhan|ratusan|\d+|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh)"
    r" (?:ana|anak|balita|bayi|ibu|murid|orang|siswa|warga|yang (?:sakit|kena)) "
)
_COUNTED = re.compile(r" (?:angka|data|jumlah|kasus|waspada|hindari|imbau|cegah|mencegah|pencegahan) ")
"""Words of a report on an illness, or of advice against it."""


def _is_about_danger(words: str, places: Sequence[int]) -> bool:
    """Tell whether a text that names a danger at the ``places`` is about it; the words have blanks around them."""
    if _PEOPLE_IN_DANGER.search(words) or any(_is_suffered(words, place) for place in places):
        return True
    if any(_is_happening(words, place) for place in places):
        return True
    if _ASKS_WHAT_IT_IS.search(words):
        return False
    return not all(_is_beside_other_matter(words, place) for place in places)


def _is_happening(words: str, place: int) -> bool:
    """Tell whether an accident stands at a place: "kebakaran", not "simulasi kebakaran"."""
    return bool(_HAPPENING.match(words, place)) and not _NOT_NOW.search(words[max(0, place - 40) : place + 1])


def _is_suffered(words: str, place: int) -> bool:
    """Tell whether somebody has what stands at a place: "kena dbd", "anak saya dbd"."""
    before = words[max(0, place - 40) : place + 1]
    return bool(_SUFFERS.search(before) or _OF_SOMEBODY.search(before))


def _is_beside_other_matter(words: str, place: int) -> bool:
    """Tell whether another matter stands near a place; far away in a long message it says nothing of that place."""
    near = words[max(0, place - NEAR_CHARACTERS) : place + NEAR_CHARACTERS]
    return bool(_OTHER_MATTER.search(near) or _CLOSED.search(near))


CONTACTS_ENVIRON_KEY = "hoax_tracker.shown_contacts"


@dataclass(frozen=True)
class EmergencyHelp:
    """Whom to call first, and the ``contacts`` beside it of whom a message holds a word; each is named once.

    ``pages``: (name, address) of those whose site is on the list of official channels.
    """

    contacts: list[dict[str, Any]]
    first_call: dict[str, Any] | None
    pages: tuple[tuple[str, str], ...] = ()


def find_emergency_help(text: str) -> EmergencyHelp | None:
    """Return whom to call where the message is about a danger or somebody ill, or asks for help; else None."""
    contacts = find_emergency_contacts(text)
    if not contacts and not asks_for_help(text):
        return None
    callable_contacts = (contact for contact in (*contacts, *office_contacts().emergency) if contact["telephone"])
    first, pages = next(callable_contacts, None), tuple(_list_official_pages(contacts))
    shown = {name for name, _address in pages} | ({first["name"]} if first else set())
    others = [one for one in contacts if one["name"] not in shown and _institution_of(one) not in shown]
    return EmergencyHelp([one for one in others if _is_within_reach(one)], first, pages)


def _institution_of(contact: dict[str, Any]) -> str:
    """Return what a contact's name begins with: "BPBD" of "BPBD Kota Kupang"."""
    return str(contact["name"]).split(maxsplit=1)[0]


def _is_within_reach(contact: dict[str, Any]) -> bool:
    """Tell whether residents can do something with a contact: call it, or go there. An institution has a number."""
    return bool(contact["telephone"]) or not _institution_of(contact).isupper()


def _list_official_pages(contacts: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (name, address) of each contact whose site is listed: its owner begins with the name, such as "BMKG"."""
    sites = office_contacts().listed.get(ChannelKind.DOMAIN, ())
    for contact in contacts:
        name = _institution_of(contact)
        site = next((site for site in sites if name.isupper() and site.owner.split(maxsplit=1)[:1] == [name]), None)
        if site is not None:
            yield name, f"https://{site.value}/"


def find_help_beside(answer: CheckAnswer, text: str) -> EmergencyHelp | None:
    """Return whom to call beside the answer to a message; nobody where it is the city's own words."""
    return None if answer.agrees else find_emergency_help(text)


def find_emergency_contacts(text: str) -> list[dict[str, Any]]:
    """Return the emergency contacts of which a message about a danger holds a listed word, in the office's order."""
    words = f" {' '.join(word_tokens(text[:HEAD_CHARACTERS]))} "
    placed = [(contact, find_cues(words, contact["cues"])) for contact in office_contacts().emergency]
    places = [place for _contact, cue_places in placed for place in cue_places]
    if not places or not _is_about_danger(words, places):
        return []
    contacts = [contact for contact, cue_places in placed if cue_places]
    is_illness = not any(contact["telephone"] or _institution_of(contact).isupper() for contact in contacts)
    return [] if is_illness and not _is_anybody_ill(words, places) else contacts


def _is_anybody_ill(words: str, places: Sequence[int]) -> bool:
    """Tell whether a message that names an illness tells of somebody ill: neither "DBD" nor "kasus DBD naik" does."""
    if _PEOPLE_IN_DANGER.search(words) or any(_is_suffered(words, place) for place in places):
        return True
    return bool(_PEOPLE.search(words)) and not _COUNTED.search(words)


def office_contacts() -> ShownContacts:
    """Return what residents are told, read once for a page: it stands in the footer, too."""
    if not has_request_context():
        return load_shown_contacts()
    if CONTACTS_ENVIRON_KEY not in request.environ:
        request.environ[CONTACTS_ENVIRON_KEY] = load_shown_contacts()
    contacts: ShownContacts = request.environ[CONTACTS_ENVIRON_KEY]
    return contacts
