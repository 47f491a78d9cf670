"""Suggested wordings of a claim for the author of its page: none counts until officers approve it.

1. Sentences from reports, posts and questions at the page's claims, without personal data, each cut to the one that
   states the claim.
2. The quote's own sentence in everyday and in formal words, from our own word lists. No model generates text.

A suggestion must state the same claim and add something that the matcher would not recognise anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.wording import is_same_wording, other_claim
from classifiers.text.near_duplicate import COPY_LIKENESS, build_sketch, sketch_likeness
from classifiers.text.rewording import EverydayWords, replaced, spelled_locally, spelled_out
from hoax_tracker.clarify.content import ClarificationContent
from hoax_tracker.clarify.wordings import LONGEST, MOST
from hoax_tracker.core import paths
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import ClaimAppearance, Clarification, Demand, Item, Report, db
from hoax_tracker.privacy.names import redact_personal_data

FROM_REPORT, FROM_QUESTION, FROM_POST = _l("Dari aduan warga"), _l("Dari pertanyaan warga"), _l("Dari unggahan")
EVERYDAY, FORMAL = _l("Kutipan dalam bahasa sehari-hari"), _l("Kutipan dalam bahasa resmi")
LOOKED_AT = 15
"""Texts of each kind that are looked at, the newest: a claim may stand in thousands of posts."""
SENTENCES = 10
"""Sentences of a text that are looked at: who tells a claim does so near the top."""
FROM_PEOPLE = 4
FEWEST_STEMS = 3
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
ALIKE = 0.3
"""Share of words, by weight, that a sentence and the quote have in common where both tell one claim."""


@dataclass(frozen=True)
class Suggestion:
    """A text, and a phrase that says where it comes from."""

    text: str
    source: Any


def suggested(page: Clarification, content: ClarificationContent) -> list[Suggestion]:
    """Return at most five wordings that the page lacks, people's own words first."""
    if not content.claim_quote.strip():
        return []
    keys, existing = [claim.id for claim in page.claims], [content.claim_quote, *content.wordings]
    existing += [claim.text for claim in page.claims]
    suggestions: list[Suggestion] = []
    for candidate in _people_wrote(keys):
        text = _telling_sentence(redact_personal_data(candidate.text), content)
        if text and is_new(text, [*existing, *(other.text for other in suggestions)]):
            suggestions.append(Suggestion(text, candidate.source))
        if len(suggestions) == FROM_PEOPLE:
            break
    for candidate in reworded(content):
        if is_new(candidate.text, [*existing, *(other.text for other in suggestions)]):
            suggestions.append(candidate)
    return suggestions[:MOST]


def _people_wrote(claim_ids: Sequence[int]) -> Iterator[Suggestion]:
    """Yield the original texts about some claims: reports, questions, posts, each newest first."""
    at_claims = ClaimAppearance.claim_id.in_(claim_ids)
    order = (ClaimAppearance.seen_at.desc(), ClaimAppearance.id.desc())
    reports = sa.select(Report).join(ClaimAppearance, ClaimAppearance.report_id == Report.id).where(at_claims)
    items = sa.select(Item).join(ClaimAppearance, ClaimAppearance.item_id == Item.id).where(at_claims)
    asked = sa.select(Demand.text).where(Demand.claim_id.in_(claim_ids)).order_by(Demand.id.desc())
    for report in db.session.scalars(reports.order_by(*order).limit(LOOKED_AT)):
        yield Suggestion(claim_text_of(report), FROM_REPORT)
    yield from (Suggestion(text, FROM_QUESTION) for text in db.session.scalars(asked.limit(LOOKED_AT)))
    for item in db.session.scalars(items.order_by(*order).limit(LOOKED_AT)):
        yield Suggestion(claim_text_of(item), FROM_POST)


def _telling_sentence(text: str, content: ClarificationContent) -> str:
    """Return the sentence of a text that covers most of the claim, else a short text whole, else an empty string."""
    quote = content.claim_quote
    for pieces in (SENTENCE_END.split(text)[:SENTENCES], [text]):
        lines = (" ".join(piece.split()) for piece in pieces)
        fitting = [line for line in lines if 0 < len(line) <= LONGEST and _tells_the_claim(line, content)]
        if fitting:
            return max(fitting, key=lambda line: shared(line, quote)[0])
    return ""


def _tells_the_claim(text: str, content: ClarificationContent) -> bool:
    """Tell whether a text can be a wording of the quote, as far as a program sees."""
    reader = load_shipped_reader()
    both, least = shared(text, content.claim_quote)
    if len(reader.read(text).known) < FEWEST_STEMS or both < ALIKE * least:
        return False
    return other_claim(text, content.claim_quote, content.fact, reader) is None


def shared(first: str, other: str) -> tuple[float, float]:
    """Return the weight of the words two texts share, and the total weight of the lighter text."""
    weights = Weights(load_match_model().background)
    ours, theirs = (load_shipped_reader().read(text).known for text in (first, other))
    return weights.sum(ours & theirs), min(weights.sum(ours), weights.sum(theirs))


def is_new(text: str, existing: Sequence[str]) -> bool:
    """Tell whether a text differs from all known ones in words, not only in spelling."""
    reader, asked = load_shipped_reader(), build_sketch(text)
    return not any(
        is_same_wording(text, wording, reader) or sketch_likeness(asked, build_sketch(wording)) >= COPY_LIKENESS
        for wording in existing
    )


def reworded(content: ClarificationContent) -> Iterator[Suggestion]:
    """Yield the quote's sentence that states the claim, in everyday and in formal words.

    A word is replaced only where the sentence still states the claim.
    """
    core, lexicon = _telling_sentence(content.claim_quote, content), load_shipped_reader().lexicon
    if not core:
        return
    words = EverydayWords.from_folder(paths.data_file_path("language"))
    everyday = spelled_locally(in_words(core, words.everyday, content), lexicon)
    formal = in_words(spelled_out(core, lexicon), words.formal, content)
    for text, source in ((everyday, EVERYDAY), (formal, FORMAL)):
        if _tells_the_claim(text, content):
            yield Suggestion(text[:1].upper() + text[1:], source)


def in_words(text: str, words: Mapping[str, str], content: ClarificationContent) -> str:
    """Return a text with all known phrases replaced, the longest first."""
    for phrase in sorted(words, key=len, reverse=True):
        changed = replaced(text, phrase, words[phrase])
        if changed != text and _tells_the_claim(changed, content):
            text = changed
    return text
