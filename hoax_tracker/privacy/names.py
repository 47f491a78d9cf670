"""Redaction of residents' texts: contacts, numbers, and names and home addresses by the words before them.

A name follows Bapak, Ibu, Oma, hubungi and the like: capitalised words that are no office and no relation, or, in text
that is all lower or upper case, words outside the list of ordinary ones (data/language/ordinary_words.txt). An address
is a street with a house number or one that somebody lives in, and numbers of RT, RW, houses and blocks. A bare street
stays: things happen there, and the question is about it. So do names of hospitals and schools. docs/privacy.md says
what cannot be caught. When in doubt more is removed than necessary: the rest only has to show what people ask about.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from classifiers.text.normalise import normalise_text
from hoax_tracker.core import paths


def _split_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MOST_WORDS = 4
# A full stop may follow the short ones; after a whole word it ends the sentence.
SHORT_TITLES = _split_words("bp bpk cp hub nn ny pdt sdr sdra sdri tn")
TITLES = SHORT_TITLES | _split_words(
    "bapa bapak bernama bu bung hubungi ibu kak kaka kakak kontak mama menghubungi nona nyonya om oma opa pak "
    "saudara saudari tanta tante tuan usi usy"
)
# What stands between the title and the name: "Pak RT Yohanis", "Ibu guru Maria".
OFFICE_WORDS = _split_words(
    "babinsa bidan camat dokter dosen dr drg guru h haji hj kader kadis kepala ketua lurah mantri pastor pdt "
    "pendeta polisi romo rt rw satpam sopir suster"
)
SHORT_OFFICES = _split_words("dr drg h hj pdt")
# Behind "nama": "nama saya Maria".
OWN_NAME_WORDS = _split_words("saya beta lengkap pelapor pengirim korban")
# With a capital they are no names either: ordinary words that are written so in letters and headings.
NO_NAMES = (
    TITLES
    | OFFICE_WORDS
    | _split_words(
        "ada admin agar agustus akan almarhum almarhumah alor anak anda angkat apa april asn atau badan bagian "
        "baik beliau besar beserta besok beta bila bisa boleh bpbd bpjs bukan bupati call center cucu dalam dan "
        "dandim dari dengan desa desember di dia dinas dinkes dinsos direktur dirut dlhk dong dukcapil februari "
        "flores gubernur hakim hamil hari harus imam indonesia ini ipar istri itu jadi jakarta jaksa jalan jangan "
        "januari jika jl jln juga juli jumat juni kabupaten kalau kalian kami kamis kandung kantor kapolda "
        "kapolres karena katong ke kecamatan kecil kelurahan kita kos kost kota kring kupang lalu lengkap mantu "
        "maret mau mei melahirkan menteri menyusui mereka mertua minggu mohon muda nanti negara nelayan no nomor "
        "november ntt oktober operator pada panggilan panitia papa para pdam pegawai pertiwi petugas piket pkh pkk "
        "pln pns posko posyandu presiden provinsi pupr puskesmas rabu rote rsud rumah sabtu sabu sakit satpol saya "
        "segera sekalian sekda sekolah sekretaris selasa semua senin september serta siapa sms soe su suami sudah "
        "sumba supaya tangga tani telepon telp terhormat tersebut tidak timor tiri tolong tua untuk uskup ustad wa "
        "wabup wakil wali walikota yang yth"
    )
)

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*")
_JOINT = re.compile(r"\s*+(?:[:.]\s*+)?")
_VERB = re.compile(r"(?:me(?:ng|ny|m|n)|di(?=\w+(?:kan|i)\Z)|ber(?=\w+an\Z))\w{4,}\Z")
_COUNTED = r"(?!\s*(?:[.,]\d|ribu|rb|juta|jt|miliar|milyar|triliun|persen|%|orang|warga|kk|tahun|kali|jam|hari))"
_NUMBER = rf"\d{{1,4}}(?:\s?[a-z]\b)?(?!\d){_COUNTED}"
_STREET = r"\b(?:jalan|jln|jl|gang|gg|lorong|lrg)\b\.?"
_NUMBERED = r"(?:\bno\b|\bnomor\b|\bnmr\b|#)\.?\s*"
_STREET_NAME = r"(?:[ \t]+[^\W\d_][\w'’.-]*){1,5}?"
_STREET_WITH_NUMBER = re.compile(
    rf"({_STREET}){_STREET_NAME}[\s,]*(?:{_NUMBERED}{_NUMBER}|(?=\br\.?[tw]\b\.?\s*\d))", re.IGNORECASE
)
_HOME_STREET = re.compile(
    r"\b((?:rumah(?:nya|\s+(?:saya|kami|kita|beta|dia))|alamat(?:nya)?|tinggal|domisili|kediaman|kost?|rumah(?!\s+di\b))\b"
    r"[\s:,]*(?:(?:saya|kami|beta|dia|di|ada|kita)\s+){0,3}"
    rf"{_STREET})((?:[ \t]+[^\W\d_][\w'’.-]*){{1,3}})",
    re.IGNORECASE,
)
_HOUSE = re.compile(rf"\b(rumah(?:nya)?)\s*,?\s*{_NUMBERED}{_NUMBER}", re.IGNORECASE)
_RT_RW = re.compile(
    rf"\b(r\.?[tw])\b\.?\s*[:/.-]?\s*(?:{_NUMBERED})?{_NUMBER}(?:\s*/\s*\d{{1,3}}(?!\d))?", re.IGNORECASE
)
_BLOCK = re.compile(rf"\b(blok)\b\.?\s*[a-z]{{1,2}}\s?[-./]?\s?(?:{_NUMBERED})?{_NUMBER}", re.IGNORECASE)


@cache
def _words_never_names() -> frozenset[str]:
    """Return capitalised words that are never names: offices, relations, and places of the city."""
    with paths.data_file_path("kupang", "districts.csv").open(encoding="utf-8", newline="") as file:
        places = {word for row in csv.DictReader(file) for word in row["name"].casefold().split()}
    return NO_NAMES | places


@cache
def load_ordinary_words() -> frozenset[str]:
    """Return the ordinary words, which are no names."""
    lines = paths.data_file_path("language", "ordinary_words.txt").read_text(encoding="utf-8").split("\n")
    return frozenset(line for line in lines if line and not line.startswith("#"))


def redact_home_addresses(text: str) -> str:
    """Return the text without house numbers, RT and RW numbers, and the streets people live in."""
    text = _STREET_WITH_NUMBER.sub(r"\1 ", text)
    text = _HOME_STREET.sub(lambda match: match[1] + _text_after_street_name(match[2]), text)
    for pattern in (_HOUSE, _RT_RW, _BLOCK):
        text = pattern.sub(r"\1 ", text)
    return text


def _text_after_street_name(words: str) -> str:
    """Return the text after a street's name, from the first ordinary word on."""
    matches = list(_WORD.finditer(words))
    rest_start = next(
        (match.start() for match in matches if is_ordinary_word(match[0], written_small=True)), len(words)
    )
    return " " + words[rest_start:]


def redact_person_names(text: str) -> str:
    """Return the text without names that follow a title, or a word such as "hubungi"."""
    parts, last = [], 0
    for start, end in person_name_spans(text):
        parts.append(text[last:start])
        last = end
    return " ".join([*parts, text[last:]])


def person_name_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of names, in order."""
    # Where the text has small letters and capitals, a capital says something.
    mixed = text != text.upper() and text != text.lower()
    words = list(_WORD.finditer(text))
    number = 0
    while number < len(words):
        number += 1
        title, first = normalise_word(words[number - 1][0]), number
        next_word = (
            normalise_word(words[first][0])
            if first < len(words) and _is_after_title(text, *words[first - 1 : first + 1])
            else ""
        )
        is_own = title == "nama" and next_word in OWN_NAME_WORDS
        if title not in TITLES and not is_own:
            continue
        by_office = next_word in OFFICE_WORDS
        first += by_office or is_own
        last = _end_of_name(text, words, first, mixed, by_office)
        if last > first:
            yield words[first].start(), words[last - 1].end()
            number = last


def _end_of_name(text: str, words: Sequence[re.Match[str]], first: int, mixed: bool, by_office: bool) -> int:
    """Return the index after the name that begins at word ``first``; ``first`` itself where no name begins.

    ``by_office``: an office precedes and may belong to a place: "Pak Lurah Kuanino".
    """
    last = first
    while last < min(len(words), first + MOST_WORDS):
        word, goes_on = words[last][0], last > first
        if not (_is_part_of_name if goes_on else _is_after_title)(text, *words[last - 1 : last + 1]):
            break
        is_capital = mixed and word[0].isupper()
        if (
            not goes_on
            and ":" in text[words[last - 1].end() : words[last].start()]
            and _is_listed_word(normalise_word(word))
        ):
            break  # "bapa mama: Akta lahir …" begins a sentence
        if goes_on and mixed and words[first][0][0].isupper() and not is_capital:
            break
        is_small = not is_capital or _is_all_capitals(word) or (by_office and not goes_on)
        if (mixed and _is_abbreviation(word)) or is_ordinary_word(word, written_small=is_small):
            break
        last += 1
    return last


def _is_after_title(text: str, before: re.Match[str], after: re.Match[str]) -> bool:
    """Tell whether a word follows a title: directly, after a colon, or after the full stop of an abbreviated one."""
    gap = text[before.end() : after.start()]
    if "." in gap and normalise_word(before[0]) not in SHORT_TITLES | SHORT_OFFICES:
        return False
    return "\n" not in gap and _JOINT.fullmatch(gap) is not None


def _is_part_of_name(text: str, before: re.Match[str], after: re.Match[str]) -> bool:
    """Tell whether two words belong to one name: a blank between them, or the full stop of an initial."""
    gap = text[before.end() : after.start()]
    if "." in gap:
        return len(before[0]) <= 2 and _JOINT.fullmatch(gap) is not None
    return gap.strip(" \t") == ""


def _is_all_capitals(word: str) -> bool:
    """Tell whether a word of several letters is written in capitals."""
    return len(word) > 1 and word.isupper()


def _is_abbreviation(word: str) -> bool:
    """Tell whether a word in capitals is an office's abbreviation such as UPTD: these have fewer vowels than names."""
    return _is_all_capitals(word) and 3 * sum(letter in "AEIOUY" for letter in word) < len(word)


def is_ordinary_word(word: str, *, written_small: bool) -> bool:
    """Tell whether a word cannot be part of a name."""
    normalised = normalise_word(word)
    if normalised in _words_never_names():
        return True
    if not written_small:
        return False
    parts = normalised.split("-")  # "marah-marah", "se-kota"
    return len(normalised) < 2 or _VERB.match(normalised) is not None or all(_is_listed_word(part) for part in parts)


def _is_listed_word(word: str) -> bool:
    """Tell whether a word is on the list of ordinary words."""
    return word in load_ordinary_words() or word.removesuffix("nya") in load_ordinary_words()


def normalise_word(word: str) -> str:
    """Return a word in the form of the lists."""
    return word.casefold().strip(".'’-")


KEPT_CHARACTERS = 1_000
# As many digits in a row are a phone, identity or account number, or may be one.
LONG_NUMBER = 7

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_EMAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63})+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<!\w)@\w{2,}")
_DIGITS = re.compile(r"\+?\(?\d(?:[\s().,/:–-]{0,3}\d)*")
# Read from the start of a run only: from each of its signs, it would take the square of the run's length.
_CUT_NUMBER = re.compile(r"(?<![\d\s().,/:–+-])[\d\s().,/:–+-]++\Z")
_DATE = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{4}-\d{2}-\d{2}")
_MONEY_BEFORE = re.compile(r"\brp\.?\s*$", re.IGNORECASE)
_NIK = re.compile(
    r"(?<!\d)([1-9]\d[ .-]?\d{2})[ .-]?\d{2}[ .-]?(?:[04][1-9]|[1256]\d|[37][01])[ .-]?(?:0[1-9]|1[0-2])[ .-]?\d{2}"
    r"[ .-]?\d{4}(?!\d)"
)
_SIXTEEN_DIGITS = r"(?<!\d)(\d(?:[ .-]?\d){3})(?:[ .-]?\d){12}(?!\d)"
_IDENTITY_LABEL = r"(?i:\b(?:nik|e-?ktp|ktp|kk|kartu keluarga|induk kependudukan)\b)"
_LABELLED_NIK = re.compile(
    rf"({_IDENTITY_LABEL}[^\d\n]{{0,30}}){_SIXTEEN_DIGITS}|{_SIXTEEN_DIGITS}(?=[^\w\n]{{0,4}}{_IDENTITY_LABEL})"
)
_NIK_IN_LINK = re.compile(rf"((?i:(?<![a-z])(?:no[_-]?)?(?:nik|ktp|kk)[a-z_-]*[=/:])){_SIXTEEN_DIGITS}")
_MONEY = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:,\d{2})?|\d+")
# "a.n. Maria Bere", "a/n", "an.", "atas nama": whoever follows, up to five words.
_HOLDER = re.compile(
    r"\b(?:a\s?[./]\s?n\b\.?|an\.|atas\s+nama)\s*:?\s*(?:[^\W\d_][^\W_'’.-]*['’.-]*\s*){1,5}", re.IGNORECASE
)


def redact_personal_data(text: str) -> str:
    """Return the text without names, home addresses, e-mail addresses, handles and long numbers.

    Dates and prices stay.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = redact_home_addresses(_HANDLE.sub(" ", _EMAIL.sub(" ", text)))
    return _DIGITS.sub(_keep_date_or_price, redact_person_names(_HOLDER.sub(" ", text)))


def mask_identity_numbers(text: str) -> str:
    """Return the text with the end of every NIK masked: no examination needs it, and it is often somebody else's.

    A NIK has 16 digits: six of the region, day of birth (plus 40 for women), month, year, and a serial number.
    https://id.wikipedia.org/wiki/Nomor_Induk_Kependudukan
    Sixteen digits that the text calls a NIK, KTP or KK are masked whatever their date: somebody may have mistyped one.
    """
    text = _LABELLED_NIK.sub(lambda match: (match[1] or "") + (match[2] or match[3]) + "•" * 12, text)
    return _NIK.sub(lambda match: match[1] + "•" * 12, text)


def mask_link_identity_numbers(link: str) -> str:
    """Return a web address with a NIK masked where the address calls it one; other long numbers identify posts."""
    return _NIK_IN_LINK.sub(lambda match: match[1] + match[2] + "•" * 12, link)


def redact_question(text: str) -> str:
    """Return the stored form of a question: its beginning, normalised, without personal data."""
    head = text[: 4 * KEPT_CHARACTERS]
    if len(head) < len(text):
        head = _CUT_NUMBER.sub("", head)
    # Cut again: NFKC makes up to 18 characters of one.
    return normalise_text(redact_personal_data(head)[: 4 * KEPT_CHARACTERS])[:KEPT_CHARACTERS].strip()


def _keep_date_or_price(match: re.Match[str]) -> str:
    number = match[0]
    if sum(map(str.isdigit, number)) < LONG_NUMBER or _DATE.fullmatch(number):
        return number
    is_price = _MONEY.fullmatch(number) and _MONEY_BEFORE.search(match.string[: match.start()][-6:])
    return number if is_price else " "
