"""How the flagger did in a month, from decisions and scores alone: what officers read on the page «Penanda»."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import log, sqrt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from classifiers.text.lexicon import Lexicon
from classifiers.text.normalise import normalise
from hoax_tracker.clock import WITA
from hoax_tracker.core.paths import data
from hoax_tracker.models import Assessment, Claim, ClaimAppearance, db

if TYPE_CHECKING:
    from hoax_tracker.flag.model.training_labels import Label

TOP = 20
MONTHS = 6
BEFORE = 3
BINS = 5
TEXTS = 400
SCORES = 50_000
MOST = 1_000_000
WORDS = 10
LEAST_SEEN = 3
SURE_Z = 1.96
DRIFTED = 0.15
"""A tenth of all texts in other fifths than before is chance and season; from here on the page says to look."""


@dataclass(frozen=True)
class Month:
    """A month of Kupang: its first moment and the first of the next, aware UTC."""

    start: datetime
    end: datetime

    def before(self) -> Month:
        """Return the month before."""
        return month_of(self.start - timedelta(hours=1))


@dataclass(frozen=True)
class Top:
    """Of the ``of`` most pressing claims that the machine brought: ``decided``, and of those ``worth`` a look."""

    of: int
    decided: int
    worth: int


@dataclass(frozen=True)
class Voices:
    """Of the machine's claims decided in a month, how many were «bukan klaim»."""

    month: Month
    decided: int
    voices: int

    @property
    def share(self) -> float:
        """The share, 0 where nothing was decided."""
        return self.voices / self.decided if self.decided else 0.0


@dataclass(frozen=True)
class Band:
    """A fifth of the scores with its share of texts in the month and before, 0..1."""

    low: float
    high: float
    now: float
    before: float


@dataclass(frozen=True)
class Word:
    """A word that is more frequent in the month than before, with how many claims have it."""

    word: str
    now: int
    before: int


@dataclass(frozen=True)
class Report:
    """The page: ``missed`` counts what residents reported, the machine had not flagged, and was worth a look."""

    month: Month
    top: Top
    missed: int
    reported: int
    history: list[Voices]
    bands: list[Band]
    words: list[Word]

    def as_json(self) -> dict[str, Any]:
        """Return the page as it is kept."""
        return {
            "top": asdict(self.top),
            "missed": self.missed,
            "reported": self.reported,
            "history": [(one.month.start.isoformat(), one.decided, one.voices) for one in self.history],
            "bands": [asdict(one) for one in self.bands],
            "words": [asdict(one) for one in self.words],
        }

    @property
    def drifted(self) -> bool:
        """True where the scores lie elsewhere than before."""
        return sum(abs(one.now - one.before) for one in self.bands) / 2 >= DRIFTED


def report_from(month: Month, kept: Mapping[str, Any]) -> Report:
    """Return the page of a month that ``as_json`` kept."""
    history = [Voices(month_of(datetime.fromisoformat(at)), of, voices) for at, of, voices in kept["history"]]
    bands, words = [Band(**one) for one in kept["bands"]], [Word(**one) for one in kept["words"]]
    return Report(month, Top(**kept["top"]), kept["missed"], kept["reported"], history, bands, words)


def figures_name(month: Month) -> str:
    """Return the name under which a month's figures are kept."""
    return f"month:{month.start.isoformat()}"


def figures(now: datetime) -> dict[str, Any]:
    """Return what is kept of this month and the one before, by name."""
    from hoax_tracker.flag.model.training_labels import labels

    found, this = labels(), month_of(now)
    return {
        figures_name(month): {"report": report(month, found).as_json(), "decisions": len(found)}
        for month in (this, this.before())
    }


def month_of(moment: datetime) -> Month:
    """Return the month in Kupang in which a moment lies."""
    start = moment.astimezone(WITA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Month(start.astimezone(UTC), (start + timedelta(days=32)).replace(day=1).astimezone(UTC))


def report(month: Month, found: Sequence[Label]) -> Report:
    """Return the month from labels (all there are) and from the rows."""
    within = [one for one in found if month.start <= one.decided_at < month.end]
    by_report = [one for one in within if one.by_report and one.worth]
    missed = unflagged([one.claim_id for one in by_report])
    return Report(
        month, top(month, found), missed, len(by_report), history(month, found), bands(month), rising_words(month)
    )


def top(month: Month, found: Sequence[Label]) -> Top:
    """Return how many of the month's most pressing claims of the machine were worth a look."""
    # Put in order by an index alone, then looked at one by one until there are enough.
    within = sa.select(Claim.id, Claim.priority).where(Claim.created_at >= month.start, Claim.created_at < month.end)
    ordered = within.order_by(Claim.priority.desc(), Claim.id).limit(MOST).subquery()
    query = sa.select(ordered.c.id).where(by_item(ordered.c.id)).order_by(ordered.c.priority.desc(), ordered.c.id)
    ids = db.session.scalars(query.limit(TOP)).all()
    worth = {one.claim_id: one.worth for one in found}
    decided = [worth[key] for key in ids if key in worth]
    return Top(len(ids), len(decided), sum(decided))


def opened(month: Month) -> sa.Select[Claim]:
    """Return the query for claims that an entry of a source opened in the month."""
    return sa.select(Claim).where(Claim.created_at >= month.start, Claim.created_at < month.end, by_item(Claim.id))


def by_item(claim_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """Return the condition that an entry of a source opened the claim."""
    return sa.exists().where(
        ClaimAppearance.claim_id == claim_id, ClaimAppearance.opens, ClaimAppearance.item_id.is_not(None)
    )


def unflagged(claim_ids: Sequence[int]) -> int:
    """Return how many of these claims were opened by a report that no model flagged."""
    flagged = (
        sa.select(ClaimAppearance.claim_id)
        .join(Assessment, Assessment.report_id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id.in_(claim_ids), Assessment.flagged)
    )
    return len(set(claim_ids) - set(db.session.scalars(flagged))) if claim_ids else 0


def history(month: Month, found: Iterable[Label]) -> list[Voices]:
    """Return the share of criticism month by month, oldest first."""
    months = [month]
    while len(months) < MONTHS:
        months.append(months[-1].before())
    counts: Counter[tuple[datetime, bool]] = Counter()
    for one in found:
        if not one.by_report:
            counts[month_of(one.decided_at).start, one.voice] += 1
    return [
        Voices(one, counts[one.start, True] + counts[one.start, False], counts[one.start, True])
        for one in reversed(months)
    ]


def bands(month: Month) -> list[Band]:
    """Return the shares of scores by fifths, in the month and in the three before; empty where one has none."""
    first = month
    for _ in range(BEFORE):
        first = first.before()
    now, before = shares(month.start, month.end), shares(first.start, month.start)
    if not now or not before:
        return []
    return [Band(at / BINS, (at + 1) / BINS, now.get(at, 0.0), before.get(at, 0.0)) for at in range(BINS)]


def shares(start: datetime, end: datetime) -> dict[int, float]:
    """Return the share of each fifth among the scores of entries about the city, of the newest SCORES."""
    newest = (
        sa.select(Assessment.misinformation)
        .where(Assessment.assessed_at >= start, Assessment.assessed_at < end)
        .where(Assessment.item_id.is_not(None), Assessment.misinformation > 0)
        .order_by(Assessment.assessed_at.desc())
        .limit(SCORES)
    ).subquery()
    score = newest.c.misinformation
    fifth = sa.case(*((score < (at + 1) / BINS, at) for at in range(BINS - 1)), else_=BINS - 1)
    query = sa.select(fifth, sa.func.count()).group_by(fifth)
    counts = {int(row[0]): int(row[1]) for row in db.session.execute(query)}
    total = sum(counts.values())
    return {at: count / total for at, count in counts.items()}


def rising_words(month: Month) -> list[Word]:
    """Return the words that more of the month's claims have than those before, surest first."""
    older = Month(month.before().before().before().start, month.start)
    now, before = words_of(month), words_of(older)
    if not now or not before:
        return []
    new, old = Counter(w for one in now for w in one), Counter(w for one in before for w in one)
    sure = {word: z_of(count, len(now), old[word], len(before)) for word, count in new.items() if count >= LEAST_SEEN}
    best = sorted((word for word in sure if sure[word] >= SURE_Z), key=lambda word: (-sure[word], word))[:WORDS]
    return [Word(word, new[word], old[word]) for word in best]


def words_of(month: Month) -> list[set[str]]:
    """Return the words of the newest claims from sources in the month, without stop words and numbers.

    Reports are left out: they are private letters.
    """
    newest = (Claim.created_at.desc(), Claim.id.desc())
    query = opened(month).with_only_columns(Claim.text).order_by(*newest).limit(TEXTS)
    stop = Lexicon.from_folder(data("language")).stop_words
    return [
        {word for word in normalise(text[:900]).split() if word.isalpha() and len(word) > 3 and word not in stop}
        for text in db.session.scalars(query)
    ]


def z_of(now: int, of_now: int, before: int, of_before: int) -> float:
    """Return how many standard errors the log-odds of a word rose, with half a text added to each count."""
    rise = log((now + 0.5) / (of_now - now + 0.5)) - log((before + 0.5) / (of_before - before + 0.5))
    return rise / sqrt(1 / (now + 0.5) + 1 / (before + 0.5))
