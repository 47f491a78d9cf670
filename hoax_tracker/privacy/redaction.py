"""Redaction of residents' questions: contacts, numbers, names and addresses are removed (names.py).

When in doubt more is removed than necessary: the rest only has to show what people ask about.
"""

from __future__ import annotations

import re
import unicodedata

from classifiers.text.normalise import normalise_text
from hoax_tracker.privacy.names import redact_home_addresses, redact_person_names

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
_NIK_IN_LINK = re.compile(rf"((?i:(?<![a-z])(?:no[_-]?)?(?:nik|ktp)[a-z_-]*[=/:])){_NIK.pattern}")
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
    """
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
