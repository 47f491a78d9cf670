"""Telephone numbers and bank accounts in a text, in all ways of writing that are common in Indonesia.

Money, dates, clock times and identity numbers are no telephone numbers. Digits are an account only after a word such as
"rekening" or a bank's name, or before "a.n."; without one they are compared with the list, and where it lacks them, no
more is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

MIN_ACCOUNT_DIGITS, MAX_ACCOUNT_DIGITS = 9, 18
CONTEXT_LENGTH = 48

# Telephones copy a contact between invisible marks of direction, with hyphens that do not break.
_INVISIBLE_MARKS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DASHES = dict.fromkeys(range(0x2010, 0x2016), "-") | {0x2212: "-"}
_DIGITS = re.compile(r"(?<![\w])(?<!\d[.,])\+?\(?\+?\d(?:[ \u00a0]{0,2}[().-]{0,2}[ \u00a0]{0,2}\d){7,29}(?![\w])")
_DATE_OR_CLOCK = re.compile(
    r"(?<![\d.])(?:\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}|[0-2]?\d[.:][0-5]\d)(?![\d.]*\d)"
)
_MOBILE = re.compile(r"08[1-9]\d{7,10}")
_FIXED = re.compile(r"0(?:[2-79]\d{7,9}|80\d{7,9})")
_FOREIGN = re.compile(r"\+[1-9]\d{8,14}")
_NEXT_NUMBER = re.compile(r"[ \u00a0](?=\+|\(?0[2-9]|62[ -]?[28])")
_MONEY = re.compile(r"(?:\brp\.?|\bidr)\s*$", re.IGNORECASE)
_IDENTITY = re.compile(r"\b(?:nik|ktp|kk|npwp|nisn|nip|bpjs|resi|tiket)\b[^\d\n]{0,20}$", re.IGNORECASE)
_BANK = (
    r"(?:bank|bpd)\s+(?:ntt|jatim|jateng|dki|bali|papua|jago|mega|raya|neo|artos)|bri|bni|bca|btn|bsi|mandiri|bukopin|cimb|"
    r"danamon|permata|seabank|muamalat|ocbc|panin|maybank|sinarmas"
)
_ACCOUNT_WORD = re.compile(r"\b(?:(?:no)?rek(?:ening)?|virtual\s+account|va)\b[^\d\n]{0,30}$", re.IGNORECASE)
_BANK_WORD = re.compile(rf"\b(?:bank|{_BANK})\b[^\d\n]{{0,30}}$", re.IGNORECASE)
_TELEPHONE_WORD = re.compile(
    r"\b(?:wa|whatsapp|telp|tlp|telepon|hp|hub|hubungi|kontak|call|sms|cs)\b[^\d\n]{0,15}$", re.IGNORECASE
)
_HOLDER_WORD = re.compile(r"^\W{0,4}(?:a\s?[./]\s?n\b|an\.|atas\s+nama)", re.IGNORECASE)
_BANK_NAME = re.compile(rf"\b(?:{_BANK})\b", re.IGNORECASE)


class WrittenNumber(NamedTuple):
    """Digits of a text: ``digits`` in normal form, ``banks`` the bank's names beside an account.

    ``is_sure``: words around an account say that it is one.
    """

    written: str
    digits: str
    is_telephone: bool
    banks: frozenset[str] = frozenset()
    is_sure: bool = True


def find_numbers(text: str) -> Iterator[WrittenNumber]:
    """Yield the telephone numbers and bank accounts of a text."""
    plain = _DATE_OR_CLOCK.sub("\u2026", write_plainly(text))
    for match in _DIGITS.finditer(plain):
        before = plain[max(0, match.start() - CONTEXT_LENGTH) : match.start()].rpartition("\n")[2]
        after = plain[match.end() : match.end() + CONTEXT_LENGTH].partition("\n")[0]
        if not _MONEY.search(before) and not _IDENTITY.search(before):
            yield from _read_number(match[0], before, after)


def write_plainly(text: str) -> str:
    """Return a text without invisible marks, with plain digits and hyphens."""
    return _INVISIBLE_MARKS.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES)


def _read_number(written: str, before: str, after: str) -> Iterator[WrittenNumber]:
    """Yield what a run of digits is, with the words before and after it."""
    digits = re.sub(r"\D", "", written)
    is_account_size = MIN_ACCOUNT_DIGITS <= len(digits) <= MAX_ACCOUNT_DIGITS
    telephone = normalise_telephone(written)
    if is_account_size and _is_called_account(before, after, may_be_telephone=bool(telephone)):
        yield WrittenNumber(written, digits, False, _bank_names(f"{before} {after}"))
    elif telephone:
        yield WrittenNumber(written, telephone, True)
    elif telephones := list(_find_telephones(written)):
        yield from telephones
    elif is_account_size:
        yield WrittenNumber(written, digits, False, _bank_names(before), is_sure=False)


def _is_called_account(before: str, after: str, *, may_be_telephone: bool) -> bool:
    """Tell whether the words around digits call them an account. A bank has telephones, too."""
    if _HOLDER_WORD.search(after):
        return True
    if may_be_telephone:
        return _ACCOUNT_WORD.search(before) is not None and not _TELEPHONE_WORD.search(before)
    return (_ACCOUNT_WORD.search(before) or _BANK_WORD.search(before)) is not None


def _find_telephones(written: str) -> Iterator[WrittenNumber]:
    """Yield the telephone numbers of a run of digits in which another number or a day follows after a blank."""
    for piece in _NEXT_NUMBER.split(written):
        groups = piece.split()
        for count in range(len(groups), 0, -1):
            if telephone := normalise_telephone(shorter := " ".join(groups[:count])):
                yield WrittenNumber(shorter, telephone, True)
                break


def normalise_telephone(written: str) -> str:
    """Return a number as it is dialled in Indonesia ("0812…"), a foreign one with "+"; "" for no telephone number."""
    digits = re.sub(r"\D", "", written)
    has_plus = written.lstrip("( ").startswith("+")
    national = re.sub(r"^(?:00)?62(?:\(?0\)?)?", "0", digits)
    if not has_plus and digits.startswith("0") and not digits.startswith("0062"):
        national = digits
    if _MOBILE.fullmatch(national) or _FIXED.fullmatch(national):
        return national if not has_plus or digits.startswith("62") else f"+{digits}"
    return f"+{digits}" if has_plus and _FOREIGN.fullmatch(f"+{digits}") and not digits.startswith("62") else ""


def _bank_names(text: str) -> frozenset[str]:
    """Return the banks that a text names, each in one form: "ntt" for "Bank NTT" and "BPD NTT"."""
    names = (re.sub(r"\s+", " ", match[0].lower()) for match in _BANK_NAME.finditer(text))
    return frozenset(name.removeprefix("bank ").removeprefix("bpd ") for name in names)
