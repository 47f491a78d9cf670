"""Decide whether two messages tell one claim, as answers are: by the pair reader, and no typed detail differs.

What joins a claim gets that claim's answer, unseen: a message that changes one detail must not join. Of the claims only
the nearest in words is read, as a thousand feeds must not wait; without onnxruntime words alone decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from classifiers.matcher.agreement import Agreement, explain_agreement, named_differences
from classifiers.matcher.details import Difference
from classifiers.matcher.document import Document, Page
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.judging import Judge, PairJudgement, loses_stamp, shipped_judge
from classifiers.matcher.match import Matcher, load_shipped_reader, read_page
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.reading import Reading
from classifiers.matcher.shown_pages import SHOWN_FROM
from classifiers.matcher.stance import Told
from classifiers.matcher.wording import drop_small_talk, is_same_wording
from classifiers.text.near_duplicate import build_sketch

WORTH_READING = 0.3
"""Likeness by words alone from which the nearest claim is read; three of 368 repeats lie below."""

LEAST_COPIED, MOST_ADDED = 12, 8
"""Words in a row that a forward has of a claim, and how many may stand before and behind in one of the two: "Dapat dari
grup sebelah, tolong dibaca"."""
LEAST_SHARED = 3
"""Words with content that both tell at least: "7 hari" tells no claim."""

ReadPage = Callable[[Document], Page]


@dataclass(frozen=True)
class Same:
    """The claim that a text tells or is about; ``likeness`` (0..1): the chance of it, 1 for the same words."""

    id: str
    likeness: float


@dataclass(frozen=True)
class _Nearest:
    """The claim nearest to a text in words, its likeness by words alone, and the weights of words among the claims."""

    page: Page
    likeness: float
    weights: Weights


def find_same_claim(text: str, claims: Sequence[Document], *, page_of: ReadPage = read_page) -> Same | None:
    """Return which of the claims (the nearest few of an index) a text tells, or None.

    In other words it joins where an answer would be stamped: what joins is told the claim's verdict later, unseen.
    ``page_of``: returns a claim as read; an index has it already, and reading takes long.
    """
    if copied := _find_copied_claim(text, claims):
        return Same(copied.id, 1.0)
    # The cheapest test first: most near claims name another place or amount.
    message = load_shipped_reader().read(text)
    near = (page for page in map(page_of, claims) if len(message.known & page.claimed) >= LEAST_SHARED)
    pages = [page for page in near if not loses_stamp(message, page)]
    nearest = _find_nearest_claim(text, pages)
    if nearest is None:
        return None
    judge = shipped_judge()
    if judge.reader is None and not _tells_no_more(text, message, nearest.page):
        return None
    repeat = _judge_nearest(text, nearest, judge).repeat
    return Same(nearest.page.id, repeat) if repeat >= judge.curves.repeated_from else None


def find_related_claim(
    text: str, claims: Sequence[Document], *, page_of: ReadPage = read_page, by_words: bool = False
) -> Same | None:
    """Return which of the claims a text is about, whatever it tells of it; ``by_words``: without the pair reader."""
    nearest = _find_nearest_claim(text, list(map(page_of, claims)))
    if nearest is None:
        return None
    judge = shipped_judge(uses_reader=False if by_words else None)
    relevance = judge.curves.relevance_of(nearest.likeness, _judge_nearest(text, nearest, judge))
    return Same(nearest.page.id, relevance) if relevance >= SHOWN_FROM else None


def _tells_no_more(text: str, message: Reading, page: Page) -> bool:
    """Tell whether a text names nothing that a claim lacks, and both or neither deny: words alone miss these."""
    return build_sketch(text).denies == bool(page.denied) and message.names <= page.names


def _find_copied_claim(text: str, claims: Sequence[Document]) -> Document | None:
    """Return the claim whose words a text has, small talk and another opening aside."""
    asked, reader = build_sketch(text), load_shipped_reader()
    return next((claim for claim in claims if asked.words and build_sketch(claim.claim) == asked), None) or next(
        (
            claim
            for claim in claims
            if is_same_wording(text, claim.claim, reader) or _is_copy(reader.read(text), reader.read(claim.claim))
        ),
        None,
    )


def _is_copy(message: Reading, claim: Reading) -> bool:
    """Tell whether one text is the other with a few words before or behind that neither deny nor tell a detail."""
    if message.negations != claim.negations or _details_of(message) != _details_of(claim):
        return False
    ours, theirs = (drop_small_talk(text.plain.split()) for text in (message, claim))
    start, other_start, size = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    behind, other_behind = len(ours) - start - size, len(theirs) - other_start - size
    if min(start, other_start) or min(behind, other_behind):
        return False  # where both go on, each in its own words, one tells something else
    return size >= LEAST_COPIED and start + other_start + behind + other_behind <= MOST_ADDED


def _details_of(text: Reading) -> frozenset[tuple[str, str | float]]:
    # "Dari tetangga saya" tells where a message comes from.
    return frozenset((detail.kind, detail.value) for detail in text.details if detail.kind != "side")


def _find_nearest_claim(text: str, pages: Sequence[Page]) -> _Nearest | None:
    """Return the page that is likeliest by words alone, unless it is not worth reading.

    Each is weighed as if it stood alone: which others a text is compared with depends on what came in before, and the
    same texts are to become the same claims in whatever order they arrive.
    """
    nearest: _Nearest | None = None
    for page in pages:
        matcher = Matcher([page])
        best = matcher.best(text)
        if best and best[1] >= WORTH_READING and (nearest is None or best[1] > nearest.likeness):
            nearest = _Nearest(page, best[1], matcher.index.weights)
    return nearest


def _judge_nearest(text: str, nearest: _Nearest, judge: Judge) -> PairJudgement:
    message = load_shipped_reader().read(text)
    telling = Told.of(message.words, message.marks)
    return judge.judge(message, telling, nearest.page, nearest.likeness, nearest.weights)


def differing_details(text: str, claim: Document) -> tuple[Difference, ...]:
    """Return the details that a text and a claim tell differently."""
    return named_differences(load_shipped_reader().read(text), read_page(claim))


def explain_claim_agreement(text: str, claim: Document) -> Agreement:
    """Return in words where a text and a claim agree and differ."""
    weights = Weights(load_match_model().background)
    return explain_agreement(load_shipped_reader().read(text), read_page(claim), weights)
