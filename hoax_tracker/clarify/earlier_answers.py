"""A draft begun from an earlier answer: the tenth edition of a story is answered from the ninth.

Text and sources of the earlier clarification are copied, with gaps in place of old details. Title and
verdict stay empty: what the new claim says is judged anew. The draft then goes the way of every draft, and author and
approver see from which page it began and in what the two claims differ.

Old details in the text of an earlier answer: each becomes a gap «dulu …, sekarang …» that the author has to fill.

Marked is every number, day and time, however it is spelled, even where the new claim tells the same: a gap too many
costs a moment, one too few publishes the old date. A place, agency or school stays only where the new claim names it in
the same words. Links and the numbers of sources and of lists stay. The checklist refuses a text with gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims.claim_review_markup import clarification_url
from hoax_tracker.claims.earlier_answers import ChangedDetail, find_earlier_answer, list_changed_details
from hoax_tracker.clarify.content import (
    LONGEST_SOURCE_TITLE,
    MOST_SOURCES,
    SourceLine,
    clarification_content,
    list_source_lines,
)
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.current import current_settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import (
    UNFINISHED_STATUSES,
    Claim,
    Clarification,
    ClarificationBasis,
    ClarificationStatus,
    Evidence,
    EvidenceKind,
    db,
)

BLANK = r"[^\S\n]"
FULL_MONTHS = "januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember"
SHORT_MONTHS = "jan|feb|mar|apr|jun|jul|agu|agt|ags|sep|sept|okt|nov|des"
WEEKDAYS = "senin|selasa|rabu|kamis|jumat|jum'at|sabtu|ahad"
NUMBER = r"\w*\d\w*(?:[.,:/–-]\w*\d\w*)*(?:%|,-+)?"
NUMBER_WORD = (
    r"(?:(?<!salah )satu(?!-| pun)|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|sebelas|belas|puluh(?:an)?"
    r"|(?:se)?ratus(?:an)?|(?:se)?ribu(?:an)?|(?:se)?juta(?:an)?|(?:se)?mil[iy]ar|triliun|setengah|separuh"
    r"|sehari|seminggu|sepekan|sebulan|setahun|semalam|sejam)(?!\w)"
)
RELATIVE_DAY = (
    r"(?:besok|lusa|kemarin|(?:akhir|awal|pertengahan) (?:minggu|pekan|bulan|tahun)"
    r"|(?:hari|malam|minggu|pekan|bulan|tahun) (?:ini|depan|lalu)|hari minggu)(?!\w)"
)
UNIT = (
    rf"{BLANK}*(?:%|(?:persen|prosen|rupiah|ribu|rb|juta|jt|mil[iy]ar|triliun|minggu|pekan|bulan|tahun|jam|menit|pagi"
    rf"|siang|sore|malam|wita|wib|{FULL_MONTHS}|{SHORT_MONTHS}|hari(?!{BLANK}+(?:{WEEKDAYS}))|{NUMBER}|{NUMBER_WORD})"
    rf"(?!\w))"
)
"""What belongs to the value before it: "1 Maret 2025", "500 ribu", "tiga bulan"."""
VALUE = (
    rf"(?<!\w)(?:(?:rp|idr|pukul|pkl|jam|tanggal|tgl)\.?{BLANK}*)?"
    rf"(?:{NUMBER}|{NUMBER_WORD}|{RELATIVE_DAY}|(?:{FULL_MONTHS}|{WEEKDAYS})(?!\w))(?:{UNIT})*"
)
RANGE = rf"{VALUE}(?:{BLANK}*(?:[–—-]|s[./]?d\.?|sampai(?: dengan)?|hingga){BLANK}*{VALUE})*"
GAP = re.compile(r"«dulu [^»\n]*»?")
KEPT = rf"(?:https?://|www\.)\S+|{GAP.pattern}|\[\d{{1,2}}\]|^{BLANK}*\d{{1,2}}[.)](?={BLANK})"
"""Links, gaps, and the numbers of sources and of list items."""
OLD_VALUE = re.compile(rf"(?P<kept>{KEPT})|{RANGE}", re.IGNORECASE | re.MULTILINE)
MONTH_NUMBERS = {name: str(n % 12 + 1) for n, name in enumerate(FULL_MONTHS.split("|"))}
MONTH_NUMBERS |= {name[:3]: number for name, number in MONTH_NUMBERS.items()} | {"agt": "8", "ags": "8", "sept": "9"}
PIECE = re.compile(rf"(?:\S+(?:{BLANK}+|$)){{1,80}}", re.MULTILINE)
"""A piece of a line that is short enough for the gazetteer, which reads the first words of a text only."""

CITY_NAMES = frozenset(("Pemerintah Kota Kupang", "Kota Kupang", "Kupang"))
"""Who answers every time: never marked."""


def mark_old_details(text: str, claim_text: str) -> str:
    """Return a text with gaps in place of its values, and of the names that the new claim does not tell."""
    names = sorted(set(_iterate_names(text)), key=len, reverse=True)
    names_in_claim = [name for name in names if re.search(_pattern_of(name), claim_text, re.IGNORECASE)]
    unchanged = "|".join([KEPT, *map(_pattern_of, names_in_claim)])
    gaps = "|".join([*(_pattern_of(name) for name in names if name not in names_in_claim), RANGE])
    pattern = re.compile(rf"(?P<kept>{unchanged})|{gaps}", re.IGNORECASE | re.MULTILINE)
    return pattern.sub(lambda match: match[0] if match["kept"] else f"«dulu {match[0]}, sekarang …»", text)


def list_unchanged_details(draft: str, earlier_texts: Iterable[str], claim_text: str) -> list[str]:
    """Return the values and names of a draft that an earlier text tells as well, as the draft writes them.

    Spelling does not matter, and zeros are not compared: "Rp. 500.000,-" is "500 ribu", "3/3" is "3 Maret". Rather one
    too many is returned than one too few. Names that the new claim tells are left out.
    """
    earlier = "\n".join(earlier_texts)
    known = {_keys_of(value) for value in _iterate_values(earlier)}
    names = {name.casefold() for name in _iterate_names(earlier)}
    values = [
        value for value in dict.fromkeys(_iterate_values(draft)) if any(_keys_of(value) <= keys for keys in known)
    ]
    values += [
        name
        for name in _iterate_names(GAP.sub(" ", draft))
        if name.casefold() in names and not re.search(_pattern_of(name), claim_text, re.IGNORECASE)
    ]
    return list(dict.fromkeys(values))


def _iterate_values(text: str) -> Iterator[str]:
    """Yield the values of a text outside links and gaps."""
    return (match[0] for match in OLD_VALUE.finditer(text) if not match["kept"])


def _keys_of(value: str) -> frozenset[str]:
    """Return the numbers in a value without zeros at their ends, a month by its number; its words where it has none."""
    words = re.findall(r"\d+|[^\W\d_]+", value.casefold())
    keys = {MONTH_NUMBERS.get(word, word.strip("0") if word[0].isdigit() else "") for word in words}
    return frozenset(keys - {""} or words)


def _iterate_names(text: str) -> Iterator[str]:
    """Yield the places, agencies and schools that a text names, as written there."""
    from classifiers.matcher.details import AGENCIES, SCHOOLS
    from classifiers.matcher.match import load_shipped_reader

    gazetteer = load_shipped_reader().gazetteer
    for piece in PIECE.findall(text):
        for one in gazetteer.find(piece):
            if one.kind in ("place", "office") and one.name not in CITY_NAMES:
                yield piece[one.start : one.end]
    for word in re.findall(r"\w+", text):
        if word.casefold() in AGENCIES or word.casefold() in SCHOOLS:
            yield word


def _pattern_of(phrase: str) -> str:
    """Return the pattern of a phrase as whole words, with any blanks."""
    return r"(?<!\w)" + rf"{BLANK}+".join(map(re.escape, phrase.split())) + r"(?!\w)"


CHANGES = (ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)


@dataclass(frozen=True)
class DraftBasis:
    """The clarification from which a draft was begun, and in what the new claim differs from the one it answered.

    ``unchanged``: values and names that stand in the draft as in the earlier text. ``changed_at``: when the earlier
    page was last corrected or withdrawn since, None where it was not.
    """

    earlier: Clarification
    differences: list[ChangedDetail]
    unchanged: list[str]
    changed_at: datetime | None


def require_earlier_answer(claim: Claim, clarification_id: int) -> Clarification:
    """Return the clarification if it answers another claim of the same narrative. Raises InvalidInputError."""
    page = find_earlier_answer(claim.id, clarification_id)
    if page is None:
        message = _(
            "Klarifikasi itu tidak lagi menjawab klaim lain dalam narasi yang sama. Rancangan belum dibuat. Di bawah "
            "ini keadaan terbaru."
        )
        raise InvalidInputError(f"no earlier answer {clarification_id}", user_message=message)
    return page


def fill_from_earlier(page: Clarification, claim: Claim, earlier: Clarification) -> None:
    """Fill a new draft from an earlier clarification. What the units answered this time stands first.

    The unit that the earlier claim accused counts as accused until an officer says otherwise. Gaps may make a text too
    long for its field: nothing of it is cut off, the form says so.
    """

    def take_over(text: str) -> str:
        return mark_old_details(text, claim.text)

    page.summary = take_over(earlier.summary)
    page.findings = "\n\n".join(filter(None, [page.findings, take_over(earlier.findings)]))
    page.conclusion = take_over(earlier.conclusion)
    page.accused_unit_id = page.accused_unit_id or earlier.accused_unit_id


def store_basis(page: Clarification, earlier: Clarification, now: datetime) -> None:
    """Give a stored draft the earlier sources, and note from which page it began."""
    shared = {"kind": EvidenceKind.LINK, "clarification_id": page.id, "added_at": now}
    lines = _list_earlier_sources(earlier)
    rows = [shared | {"title": line.title, "url": line.url, "dated": line.dated} for line in lines]
    db.session.execute(sa.insert(Evidence), rows)
    db.session.add(ClarificationBasis(clarification_id=page.id, earlier_id=earlier.id))


def _list_earlier_sources(earlier: Clarification) -> list[SourceLine]:
    """Return the earlier sources in their order, by which the text numbers them, and the page itself if it fits."""
    dated = day_in_kupang(earlier.published_at) if earlier.published_at else None
    title = f"Klarifikasi nomor {earlier.number}: {earlier.title}"[:LONGEST_SOURCE_TITLE]
    itself = SourceLine(title, clarification_url(earlier, current_settings()), dated)
    return [*list_source_lines(earlier), itself][:MOST_SOURCES]


def find_draft_basis(page: Clarification) -> DraftBasis | None:
    """Return from which clarification the draft was begun, with the differences; None where it began empty."""
    basis = db.session.get(ClarificationBasis, page.id)
    if basis is None:
        return None
    earlier, claim_text = basis.earlier, " ".join(claim.text for claim in page.claims) or page.claim_quote
    # What a correction took out of the earlier page may stand in the draft still.
    texts = [earlier.claim_quote, _join_texts(clarification_content(earlier).as_json())]
    texts += [_join_texts(revision.content) for revision in earlier.revisions]
    since = [one.made_at for one in earlier.revisions if one.kind in CHANGES and one.made_at >= page.created_at]
    return DraftBasis(
        earlier,
        list_changed_details(claim_text, earlier.claim_quote),
        list_unchanged_details(_join_texts(clarification_content(page).as_json()), texts, claim_text),
        max(since, default=None),
    )


def _join_texts(content: Mapping[str, Any]) -> str:
    """Return everything that an author wrote in a content as one text."""
    return "\n".join(content[name] for name in ("title", "summary", "findings", "conclusion"))


def find_withdrawn_address(page: Clarification) -> str:
    """Return the address of the clarification from which the draft was begun if it was withdrawn, else ""."""
    basis = db.session.get(ClarificationBasis, page.id) if page.status in UNFINISHED_STATUSES else None
    if basis is None or basis.earlier.status is not ClarificationStatus.RETRACTED:
        return ""
    return clarification_url(basis.earlier, current_settings())
