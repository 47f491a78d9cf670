"""Prefilled text of a draft: which units were asked about the claim, when, and what they answered.

A template has gaps «…» for its author. In a sentence that says who was asked, «siapa …» and «tanggal …» are filled from
the questions on the claim. A gap without data stays, and the checklist refuses the text. The text is Indonesian in
every interface language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from babel.dates import format_date, format_datetime
from babel.lists import format_list

from hoax_tracker.claims.unit_answers import counts_as_answer, outside_source_column
from hoax_tracker.clock import WITA
from hoax_tracker.models import Question, Unit, db

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
    """Return the text for a gap."""
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
