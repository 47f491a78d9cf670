"""The flagger's month in figures, from decisions and scores alone: the page «Penanda».

Then as sentences: what it got right, what it missed, and the one thing to do now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import log, sqrt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import gettext as _

from classifiers.text.lexicon import Lexicon
from classifiers.text.normalise import normalise_text
from hoax_tracker.clock import WITA
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import Assessment, Claim, ClaimAppearance, db

if TYPE_CHECKING:
    from hoax_tracker.flag.model.training_labels import TrainingLabel

TOP_CLAIMS = 20
HISTORY_MONTHS = 6
MONTHS_BEFORE = 3
SCORE_BINS = 5
TEXTS_LIMIT = 400
SCORES_LIMIT = 50_000
CLAIMS_LIMIT = 1_000_000
RISING_WORDS_SHOWN = 10
MIN_WORD_CLAIMS = 3
SIGNIFICANT_Z = 1.96
DRIFT_THRESHOLD = 0.15
"""A tenth of all texts in other fifths than before is chance and season; from here on the page says to look."""


@dataclass(frozen=True)
class Month:
    """A month in Kupang: its start and the start of the next, aware UTC."""

    start: datetime
    end: datetime

    def before(self) -> Month:
        """Return the previous month."""
        return month_containing(self.start - timedelta(hours=1))


@dataclass(frozen=True)
class TopPrecision:
    """Of the ``of`` most urgent machine-flagged claims: ``decided``, and of those ``worth`` a look."""

    of: int
    decided: int
    worth: int


@dataclass(frozen=True)
class CriticismShare:
    """The share of «bukan klaim» among a month's decided machine-flagged claims."""

    month: Month
    decided: int
    voices: int

    @property
    def share(self) -> float:
        """The share, 0 without decisions."""
        return self.voices / self.decided if self.decided else 0.0


@dataclass(frozen=True)
class ScoreBand:
    """A fifth of the score range with its share of texts in the month and before, 0..1."""

    low: float
    high: float
    now: float
    before: float


@dataclass(frozen=True)
class RisingWord:
    """A word more frequent in the month than before, with the number of claims that have it."""

    word: str
    now: int
    before: int


@dataclass(frozen=True)
class FlaggerMonth:
    """The month in figures; ``missed`` counts reported claims worth a look that the machine had not flagged."""

    month: Month
    top: TopPrecision
    missed: int
    reported: int
    history: list[CriticismShare]
    bands: list[ScoreBand]
    words: list[RisingWord]

    def as_json(self) -> dict[str, Any]:
        """Return them as they are cached."""
        return {
            "top": asdict(self.top),
            "missed": self.missed,
            "reported": self.reported,
            "history": [(share.month.start.isoformat(), share.decided, share.voices) for share in self.history],
            "bands": [asdict(band) for band in self.bands],
            "words": [asdict(word) for word in self.words],
        }

    @property
    def drifted(self) -> bool:
        """True where the distribution of scores moved."""
        return sum(abs(band.now - band.before) for band in self.bands) / 2 >= DRIFT_THRESHOLD


def flagger_month_from_json(month: Month, stored: Mapping[str, Any]) -> FlaggerMonth:
    """Return the cached figures of a month."""
    history = [
        CriticismShare(month_containing(datetime.fromisoformat(start)), of, voices)
        for start, of, voices in stored["history"]
    ]
    bands, words = [ScoreBand(**band) for band in stored["bands"]], [RisingWord(**word) for word in stored["words"]]
    return FlaggerMonth(
        month, TopPrecision(**stored["top"]), stored["missed"], stored["reported"], history, bands, words
    )


def flagger_month_cache_name(month: Month) -> str:
    """Return the cache key of a month."""
    return f"month:{month.start.isoformat()}"


def count_months_for_cache(now: datetime) -> dict[str, Any]:
    """Return this month's and the last month's figures by cache key."""
    from hoax_tracker.flag.model.training_labels import list_training_labels

    labels, this = list_training_labels(), month_containing(now)
    return {
        flagger_month_cache_name(month): {
            "report": build_flagger_month(month, labels).as_json(),
            "decisions": len(labels),
        }
        for month in (this, this.before())
    }


def month_containing(moment: datetime) -> Month:
    """Return the month in Kupang that contains the time."""
    start = moment.astimezone(WITA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Month(start.astimezone(UTC), (start + timedelta(days=32)).replace(day=1).astimezone(UTC))


def build_flagger_month(month: Month, labels: Sequence[TrainingLabel]) -> FlaggerMonth:
    """Return the month from all labels and from rows."""
    within = [label for label in labels if month.start <= label.decided_at < month.end]
    by_report = [label for label in within if label.by_report and label.worth]
    missed = _count_missed_claims([label.claim_id for label in by_report])
    return FlaggerMonth(
        month,
        _precision_at_top(month, labels),
        missed,
        len(by_report),
        _criticism_history(month, labels),
        _score_bands(month),
        _rising_words(month),
    )


def _precision_at_top(month: Month, labels: Sequence[TrainingLabel]) -> TopPrecision:
    """Return how many of the month's most urgent machine-flagged claims were worth a look."""
    # Put in order by an index alone, then looked at one by one until there are enough.
    within = sa.select(Claim.id, Claim.priority).where(Claim.created_at >= month.start, Claim.created_at < month.end)
    ordered = within.order_by(Claim.priority.desc(), Claim.id).limit(CLAIMS_LIMIT).subquery()
    query = (
        sa.select(ordered.c.id)
        .where(_opened_by_item_condition(ordered.c.id))
        .order_by(ordered.c.priority.desc(), ordered.c.id)
    )
    ids = db.session.scalars(query.limit(TOP_CLAIMS)).all()
    worth = {label.claim_id: label.worth for label in labels}
    decided = [worth[key] for key in ids if key in worth]
    return TopPrecision(len(ids), len(decided), sum(decided))


def _opened_claims_query(month: Month) -> sa.Select[Claim]:
    """Return the query for claims that a source's item opened in the month."""
    return sa.select(Claim).where(
        Claim.created_at >= month.start, Claim.created_at < month.end, _opened_by_item_condition(Claim.id)
    )


def _opened_by_item_condition(claim_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a source's item opened the claim."""
    return sa.exists().where(
        ClaimAppearance.claim_id == claim_id, ClaimAppearance.opens, ClaimAppearance.item_id.is_not(None)
    )


def _count_missed_claims(claim_ids: Sequence[int]) -> int:
    """Return how many of these claims were opened by a report that no model flagged."""
    flagged = (
        sa.select(ClaimAppearance.claim_id)
        .join(Assessment, Assessment.report_id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id.in_(claim_ids), Assessment.flagged)
    )
    return len(set(claim_ids) - set(db.session.scalars(flagged))) if claim_ids else 0


def _criticism_history(month: Month, labels: Iterable[TrainingLabel]) -> list[CriticismShare]:
    """Return the share of criticism by month, oldest first."""
    months = [month]
    while len(months) < HISTORY_MONTHS:
        months.append(months[-1].before())
    counts: Counter[tuple[datetime, bool]] = Counter()
    for label in labels:
        if not label.by_report:
            counts[month_containing(label.decided_at).start, label.voice] += 1
    return [
        CriticismShare(
            past_month, counts[past_month.start, True] + counts[past_month.start, False], counts[past_month.start, True]
        )
        for past_month in reversed(months)
    ]


def _score_bands(month: Month) -> list[ScoreBand]:
    """Return the shares of scores by fifths, in the month and the three before; empty where one has no scores."""
    first = month
    for _month in range(MONTHS_BEFORE):
        first = first.before()
    now, before = _score_shares(month.start, month.end), _score_shares(first.start, month.start)
    if not now or not before:
        return []
    return [
        ScoreBand(
            bin_number / SCORE_BINS,
            (bin_number + 1) / SCORE_BINS,
            now.get(bin_number, 0.0),
            before.get(bin_number, 0.0),
        )
        for bin_number in range(SCORE_BINS)
    ]


def _score_shares(start: datetime, end: datetime) -> dict[int, float]:
    """Return the share of each fifth among the newest SCORES scores of items about the city."""
    newest = (
        sa.select(Assessment.misinformation)
        .where(Assessment.assessed_at >= start, Assessment.assessed_at < end)
        .where(Assessment.item_id.is_not(None), Assessment.misinformation > 0)
        .order_by(Assessment.assessed_at.desc())
        .limit(SCORES_LIMIT)
    ).subquery()
    score = newest.c.misinformation
    fifth = sa.case(
        *((score < (bin_number + 1) / SCORE_BINS, bin_number) for bin_number in range(SCORE_BINS - 1)),
        else_=SCORE_BINS - 1,
    )
    query = sa.select(fifth, sa.func.count()).group_by(fifth)
    counts = {int(row[0]): int(row[1]) for row in db.session.execute(query)}
    total = sum(counts.values())
    return {bin_number: count / total for bin_number, count in counts.items()}


def _rising_words(month: Month) -> list[RisingWord]:
    """Return words that more of the month's claims have than earlier ones, most significant first."""
    older = Month(month.before().before().before().start, month.start)
    now, before = _words_per_claim(month), _words_per_claim(older)
    if not now or not before:
        return []
    new, old = (
        Counter(w for claim_words in now for w in claim_words),
        Counter(w for claim_words in before for w in claim_words),
    )
    sure = {
        word: rise_z_score(count, len(now), old[word], len(before))
        for word, count in new.items()
        if count >= MIN_WORD_CLAIMS
    }
    best = sorted((word for word in sure if sure[word] >= SIGNIFICANT_Z), key=lambda word: (-sure[word], word))[
        :RISING_WORDS_SHOWN
    ]
    return [RisingWord(word, new[word], old[word]) for word in best]


def _words_per_claim(month: Month) -> list[set[str]]:
    """Return the words of the month's newest claims from sources, without stop words and numbers.

    Reports are left out: they are private.
    """
    newest = (Claim.created_at.desc(), Claim.id.desc())
    query = _opened_claims_query(month).with_only_columns(Claim.text).order_by(*newest).limit(TEXTS_LIMIT)
    stop = Lexicon.from_folder(data_file_path("language")).stop_words
    return [
        {word for word in normalise_text(text[:900]).split() if word.isalpha() and len(word) > 3 and word not in stop}
        for text in db.session.scalars(query)
    ]


def rise_z_score(now: int, of_now: int, before: int, of_before: int) -> float:
    """Return by how many standard errors the log-odds of a word rose, with half a text added to each count."""
    rise = log((now + 0.5) / (of_now - now + 0.5)) - log((before + 0.5) / (of_before - before + 0.5))
    return rise / sqrt(1 / (now + 0.5) + 1 / (before + 0.5))


FEWEST_DECIDED = 5
"""Of fewer decided claims no share of ten is told."""
FEW_WORTH = 0.5
"""Below this share of flags that were worth a look, more decisions are what helps."""
MUCH_CRITICISM = 0.2


def describe_flagger_month(figures: FlaggerMonth) -> list[str]:
    """Return the sentences about flags, misses and criticism."""
    return [_describe_flags(figures), _describe_misses(figures), _describe_criticism(figures.history[-1])]


def _describe_flags(figures: FlaggerMonth) -> str:
    """Return how many of ten flags were worth a look."""
    top = figures.top
    if top.decided < FEWEST_DECIDED:
        return str(_("Belum cukup klaim teratas yang diputuskan untuk menilai tandanya."))
    return str(
        _("Dari sepuluh tanda, kira-kira %(worth)s memang perlu dilihat.", worth=round(10 * top.worth / top.decided))
    )


def _describe_misses(figures: FlaggerMonth) -> str:
    if not figures.reported:
        return str(_("Yang terlewat belum terlihat: belum ada aduan yang berakhir dengan klarifikasi."))
    if figures.reported == 1:
        one = _("Mesin melewatkan satu-satunya klaim aduan warga yang perlu dilihat.")
        return str(one if figures.missed else _("Mesin menandai satu-satunya klaim aduan warga yang perlu dilihat."))
    facts = {"missed": figures.missed, "all": figures.reported}
    return str(_("Dari %(all)s klaim aduan warga yang perlu dilihat, mesin melewatkan %(missed)s.", **facts))


def _describe_criticism(share: CriticismShare) -> str:
    """Return how much criticism was flagged."""
    if not share.decided:
        return str(_("Kritik yang ikut ditandai belum dapat dihitung: belum ada keputusan."))
    facts = {"voices": share.voices, "all": share.decided}
    return str(_("Dari %(all)s klaim bertanda yang diputuskan, %(voices)s ternyata kritik atau pendapat.", **facts))


def advise_next_step(figures: FlaggerMonth, is_model_proposed: bool) -> str:
    """Return the one thing to do now: what blocks everything else comes first."""
    top, criticism = figures.top, figures.history[-1]
    if not top.of:
        return str(_("Periksa apakah sumber masih dibaca: mesin belum menandai apa pun."))
    if is_model_proposed:
        return str(_("Ada model yang ditawarkan program: administrator membacanya di bawah dan mengusulkannya."))
    if top.decided < FEWEST_DECIDED:
        return str(_("Putuskan klaim teratas di antrean: dari situ mesin dinilai dan belajar."))
    if criticism.share > MUCH_CRITICISM:
        return str(_("Tutup kritik sebagai «bukan klaim», supaya mesin belajar membiarkannya."))
    if top.worth / top.decided < FEW_WORTH:
        return str(_("Tutup yang tidak perlu dijawab dengan alasan yang tepat, supaya mesin belajar darinya."))
    if figures.drifted:
        return str(_("Lihat kata yang makin sering di bawah: mungkin ada jenis kabar baru."))
    return str(_("Tidak ada yang perlu diubah."))
