"""Prefilled text of a draft: whom the office asked and what they answered, or an earlier answer to the same story.

A template has gaps «…» for its author. In a sentence that says who was asked, «siapa …» and «tanggal …» are filled from
the questions on the claim. A gap without data stays, and the checklist refuses the text. The text is Indonesian in
every interface language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from flask_babel import gettext as _

from classifiers.matcher.details import AGENCIES, SCHOOLS
from classifiers.matcher.match import load_shipped_reader
from hoax_tracker.claims.claim_review_markup import clarification_url
from hoax_tracker.claims.earlier_answers import ChangedDetail, find_earlier_answer, list_changed_details
from hoax_tracker.claims.unit_answers import counts_as_answer, outside_source_column
from hoax_tracker.clarify.content import (
    LONGEST_SOURCE_TITLE,
    MOST_SOURCES,
    SourceLine,
    clarification_content,
    list_source_lines,
)
from hoax_tracker.clock import WITA, day_in_kupang
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import (
    UNFINISHED_STATUSES,
    Claim,
    Clarification,
    ClarificationBasis,
    ClarificationStatus,
    Evidence,
    EvidenceKind,
    Question,
    Unit,
    db,
)

TEMPLATE_GAP = re.compile(r"«(?P<what>siapa|tanggal)\b[^»\n]*(?:…|\.\.\.)[^»\n]*»")
PARAGRAPH_BREAK = re.compile(r"\r?\n[ \t]*\r?\n")
WORD_PATTERN = re.compile(r"\w+")
CITY_SUFFIX = " Kota Kupang"
MIN_ANSWER_WORDS = 3


@dataclass(frozen=True)
class AskedUnit:
    """A unit that was asked, when, and its answer, if any; ``outside``: by what one from outside is known."""

    unit: str
    short_name: str
    at: datetime
    answer: str | None = None
    answered_at: datetime | None = None
    outside: str = ""

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text names the unit, also in short or without the city."""
        return any(
            re.search(rf"\b{re.escape(name)}\b", text)
            for name in (self.short_name, self.unit.removesuffix(CITY_SUFFIX))
        )


def list_asked_units(claim_ids: Sequence[int]) -> list[AskedUnit]:
    """Return the units that answered questions about the claims or still have to, oldest question first."""
    query = (
        sa.select(
            Unit.name,
            Unit.short_name,
            Question.asked_at,
            Question.answer,
            Question.answered_at,
            outside_source_column(),
        )
        .join(Unit, Unit.id == Question.unit_id)
        .where(Question.claim_id.in_(claim_ids), sa.or_(counts_as_answer(), Question.closed_at.is_(None)))
        .order_by(Question.id)
    )
    return [AskedUnit(*row) for row in db.session.execute(query)]


def begin_findings(template: str, asked: Sequence[AskedUnit]) -> str:
    """Return the initial findings: the units' answers follow the paragraph that says who was asked."""
    paragraphs = PARAGRAPH_BREAK.split(template) if template else []
    written = [fill_paragraph(paragraph, asked) for paragraph in paragraphs]
    place = next((n + 1 for n, paragraph in enumerate(written) if paragraph != paragraphs[n]), 0)
    return "\n\n".join([*written[:place], *_answer_sentences(asked), *written[place:]])


def _answer_sentences(asked: Sequence[AskedUnit]) -> list[str]:
    """Return the units' answers, each as a sentence with unit and day."""
    return [
        f"Menurut {asked_unit.unit} pada {_format_day(asked_unit.answered_at)}{_format_outside(asked_unit)}: "
        f"{asked_unit.answer}"
        for asked_unit in asked
        if asked_unit.answered_at
    ]


def _format_outside(asked_unit: AskedUnit) -> str:
    """Return by what an answer from outside of the program is known, as it stands on the page."""
    return f" (dijawab di luar program: {asked_unit.outside})" if asked_unit.outside else ""


def missing_answers(text: str, asked: Sequence[AskedUnit], since: datetime) -> list[str]:
    """Return the sentences of answers after ``since`` that the text lacks.

    An answer of a word or two may occur anywhere, so it counts as present only beside its unit.
    """
    normalised = _normalise_words(text)
    fresh = [asked_unit for asked_unit in asked if asked_unit.answered_at and asked_unit.answered_at > since]
    whole = [
        sentence
        for asked_unit, sentence in zip(fresh, _answer_sentences(fresh), strict=True)
        if not _is_answer_repeated(asked_unit, normalised)
    ]
    return [sentence for sentence in whole if _normalise_words(sentence) not in normalised]


def _is_answer_repeated(asked_unit: AskedUnit, normalised: str) -> bool:
    """Tell whether a text contains an answer that is long enough to be recognised."""
    answer = _normalise_words(asked_unit.answer or "")
    return len(answer.split()) >= MIN_ANSWER_WORDS and answer in normalised


def _normalise_words(text: str) -> str:
    """Return the words of a text between single blanks, so that only whole words match in it."""
    return f" {' '.join(WORD_PATTERN.findall(text.casefold()))} "


def fill_paragraph(paragraph: str, asked: Sequence[AskedUnit]) -> str:
    """Return the paragraph with units and dates filled in where it says that somebody was asked.

    Where the template names a unit, the date is that of the question to this unit.
    """
    if "tanya" not in paragraph.casefold():
        return paragraph
    by_name = "«siapa" not in paragraph
    about = [asked_unit for asked_unit in asked if not by_name or asked_unit.is_named_in(paragraph)]
    return TEMPLATE_GAP.sub(lambda gap: _fill_gap(gap, about), paragraph) if about else paragraph


def _fill_gap(gap: re.Match[str], asked: Sequence[AskedUnit]) -> str:
    if gap["what"] == "siapa":
        return _format_enumeration([asked_unit.unit for asked_unit in asked])
    return _format_enumeration(
        [
            _format_day_and_time(asked_unit.at) if " jam" in gap[0] else _format_day(asked_unit.at)
            for asked_unit in asked
        ]
    )


def _format_enumeration(parts: Sequence[str]) -> str:
    """Return the parts without repeats: "A, B, dan C"."""
    return format_list(list(dict.fromkeys(parts)), locale="id")


def _format_day(moment: datetime) -> str:
    """Return the day in Kupang: "24 November 2026"."""
    return format_date(moment.astimezone(WITA), "d MMMM y", locale="id")


def _format_day_and_time(moment: datetime) -> str:
    """Return the day and the time in Kupang: "24 November 2026 pukul 14.05 WITA"."""
    return format_datetime(moment.astimezone(WITA), "d MMMM y 'pukul' HH.mm 'WITA'", tzinfo=WITA, locale="id")


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
