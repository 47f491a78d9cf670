"""Approved wordings: other wordings of the claim that a page answers, approved together with the page.

A message in such a wording is stamped, so each must state exactly the quoted claim: the same details, the same stance
(classifiers/matcher/wording.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.wording import OtherClaim, other_claim

MOST = 5
LONGEST = 300
_SHOWN = 40


def faults_of(wordings: Iterable[str], quote: str, fact: str) -> dict[str, str]:
    """Return the faults of the wordings, by wording; those without a fault are left out."""
    faults = {wording: fault_of(wording, quote, fact) for wording in wordings}
    return {wording: fault for wording, fault in faults.items() if fault}


def fault_of(wording: str, quote: str, fact: str) -> str:
    """Return why a text states another claim than the quote, or an empty string."""
    other = other_claim(wording, quote, fact, load_shipped_reader())
    return str(_words_for(other)) if other else ""


def _words_for(other: OtherClaim) -> Any:
    """Return the message to the author of a text that states another claim."""
    if other.fault == "differs":
        details = {"yours": other.yours, "theirs": other.theirs}
        return _("Menyebut «%(yours)s», kutipannya «%(theirs)s». Samakan dengan kutipan.", **details)
    if other.fault == "added":
        return _("Menyebut «%(yours)s», kutipannya tidak. Hapus rincian itu.", yours=other.yours)
    if other.fault == "left_out":
        return _("Belum menyebut «%(theirs)s», padahal faktanya bergantung pada itu.", theirs=other.theirs)
    if other.fault == "denies":
        return _("Menyangkal yang dinyatakan kutipan, atau sebaliknya. Tulis kabarnya, bukan bantahannya.")
    if other.fault == "aside":
        return _("Terbaca seperti bantahan, berita, atau pengumuman. Tulis kabarnya seperti warga mengirimnya.")
    return _("Belum berisi kabar. Tulis kabarnya, atau hapus centangnya.")


def summary_of(faults: dict[str, str]) -> str:
    """Return the faults as one text, each with the beginning of its wording."""
    return " ".join(f"«{beginning(wording)}»: {fault}" for wording, fault in faults.items())


def beginning(text: str) -> str:
    """Return the first words of a text."""
    return text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + "…"


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Return typed texts as single lines, without empty ones and repeats."""
    lines = (" ".join(text.split()) for text in texts)
    return tuple({line.casefold(): line for line in lines if line}.values())
