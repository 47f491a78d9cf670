"""Everything that an officer sees of one claim, read for one page.

Its appearances over time are a chart, and the same content as a sentence; where residents asked about it stands beside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import format_datetime, gettext as _, ngettext
from markupsafe import Markup, escape
from sqlalchemy.orm import contains_eager, joinedload, lazyload

from hoax_tracker.claims import locks
from hoax_tracker.claims.accused_view import describe_hidden_reports, hide_words, may_read_reports
from hoax_tracker.claims.priority import is_open_alarm
from hoax_tracker.claims.response_targets import format_duration
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.charts import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.core.web.template_filters import highlight_spans
from hoax_tracker.errors import NotFoundError
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import (
    Alarm,
    Assessment,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimLock,
    Clarification,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Demand,
    Item,
    Officer,
    Question,
    Report,
    ReportAddition,
    ReportPicture,
    Source,
    Topic,
    db,
    priority_decay_factor,
)
from hoax_tracker.notifications.chats import list_untold_reports
from hoax_tracker.review.claim_page.similar import (
    FlagReason,
    FlagSentences,
    PossibleDuplicate,
    SimilarClarification,
    build_flag_sentences,
    list_possible_duplicates,
    list_similar_fact_checks,
    own_and_similar_pages,
)
from hoax_tracker.review.collaboration.unit_questions import list_claim_questions
from hoax_tracker.review.decisions.labels import labels_column, split_label_names
from hoax_tracker.review.narratives.narrative_page import ClaimNarrative, claim_narrative_columns, read_claim_narrative


@dataclass(frozen=True)
class AskedWhere:
    """How often residents asked about a claim. Of ``forwarded``, ``often_forwarded`` went from hand to hand."""

    all: int = 0
    in_whatsapp: int = 0
    in_telegram: int = 0
    forwarded: int = 0
    often_forwarded: int = 0

    @property
    def on_web(self) -> int:
        """The questions on the web, and those of programs that ask the API."""
        return self.all - self.in_whatsapp - self.in_telegram


def _count_where_asked(claim_id: int) -> AskedWhere:
    """Return where a claim was asked about, within the time that questions are kept."""
    row = CheckQuery
    counts = (row.count, row.in_whatsapp, row.in_telegram, row.forwarded, row.often_forwarded)
    asked = sa.select(*(sa.func.coalesce(sa.func.sum(count), 0) for count in counts))
    found = db.session.execute(asked.join(Demand, Demand.id == row.demand_id).where(Demand.claim_id == claim_id)).one()
    return AskedWhere(*map(int, found))


APPEARANCES_SHOWN = 50
EMERGENCY_TOPICS = frozenset({Topic.DISASTER, Topic.HEALTH, Topic.PUBLIC_ORDER})
"""A key asks once before it decides about these."""


@dataclass(frozen=True)
class ClaimPage:
    """A claim with everything its page shows. ``first_in`` is the source it first appeared in, None for a report.

    ``hides_reasons``: the reasons tell what residents wrote, which the officer may not read. ``hidden_reports``: the
    line in place of such reports. ``untold``: the reports whose step could not be told in the chat they came from.
    """

    claim: Claim
    text: Markup
    reasons: list[FlagReason]
    hides_reasons: bool
    assessment: Assessment | None
    appearances: Sequence[ClaimAppearance]
    seen: int
    first_in: str | None
    by_source: list[tuple[str | None, int]]
    chart: TimelineChart | None
    reports: Sequence[Report]
    hidden_reports: str
    untold: Collection[int]
    similar: list[SimilarClarification]
    pages: Sequence[Clarification]
    decisions: Sequence[Decision]
    questions: Sequence[Question]
    duplicates: list[PossibleDuplicate]
    fact_checks: list[Item]
    tags: list[str]
    lock: ClaimLock | None
    alarm: Alarm | None
    narrative: ClaimNarrative | None
    asked: AskedWhere
    REPORTS = 100  # as many are shown, and as many are called junk at once

    @property
    def left(self) -> float:
        """The share of the priority that remains after ageing: 1 for a new claim, falling to 0."""
        return priority_decay_factor(self.claim.last_seen_at, utc_now())

    @property
    def why(self) -> FlagSentences:
        """Why it was flagged, in sentences."""
        asked = len(self.reports) + self.claim.demand
        return build_flag_sentences(self.reasons, self.seen, len(self.by_source), asked)

    @property
    def is_emergency(self) -> bool:
        """True where a wrong decision may cost lives."""
        return self.claim.topic in EMERGENCY_TOPICS

    @property
    def awaits_approval(self) -> bool:
        """True where the clarification of this claim awaits approval."""
        return self.draft is not None and self.draft.status is ClarificationStatus.AWAITING_APPROVAL

    @property
    def has_additions(self) -> bool:
        """True where a reporter added something to a report."""
        return any(report.additions for report in self.reports)

    @property
    def undone(self) -> set[int | None]:
        """The ids of decisions that were undone."""
        return {row.undoes_id for row in self.decisions}

    @property
    def comes_apart(self) -> bool:
        """True where the claim was merged by a decision and can be unmerged."""
        merges = (row for row in self.decisions if row.kind is DecisionKind.MERGE and row.claim_id == self.claim.id)
        return any(row.id not in self.undone for row in merges)

    @property
    def draft(self) -> Clarification | None:
        """The clarification of this claim that is not published yet."""
        unfinished = (ClarificationStatus.DRAFT, ClarificationStatus.AWAITING_APPROVAL)
        return next((page for page in self.pages if page.status in unfinished), None)


def load_claim_page(claim_id: int, officer: Officer) -> ClaimPage:
    """Return the claim's page as the officer may see it (claims/accused_view.py). Raises NotFoundError."""
    claim, lock, tags, opener, assessment, alarm, narrative = _load_claim_details(claim_id)
    subject = (opener.item or opener.report) if opener else None
    fits = subject is not None and opener is not None and (opener.opens or claim_text_of(subject) == claim.text)
    stored = assessment.reasons if assessment else []
    if not fits:
        stored = [reason | {"start": None, "end": None} for reason in stored]
    reasons, spans = _reasons_and_spans(stored)
    numbers = build_flag_sentences(reasons, 1, 1, 0).numbers
    appearances = _list_appearances(claim_id)
    alike = current_match_index().compare(claim.text)
    sightings = _list_sightings(claim_id, appearances)
    reports = _list_waiting_reports(claim_id)
    shows_reports = may_read_reports(claim, officer)
    duplicates = list_possible_duplicates(claim, officer.unit)
    pages, similar = own_and_similar_pages(claim_id, alike.published)
    marked = highlight_spans(claim.text, [span for span in spans if span[2] in numbers])
    hides_reasons = False
    if not shows_reports:
        is_of_report = assessment is not None and assessment.report_id is not None
        hides_reasons = bool(hide_words([claim], officer.unit)) or is_of_report
        marked = escape(claim.text)
    return ClaimPage(
        claim=claim,
        text=marked,
        reasons=[] if hides_reasons else reasons,
        hides_reasons=hides_reasons,
        assessment=assessment,
        appearances=appearances,
        seen=len(sightings),
        first_in=min(sightings, key=lambda sighting: sighting[1])[0] if sightings else None,
        by_source=Counter(name for name, _at in sightings).most_common(),
        chart=build_timeline_chart([seen_at for _name, seen_at in sightings]),
        reports=reports if shows_reports else (),
        hidden_reports="" if shows_reports else describe_hidden_reports(len(reports)),
        untold=list_untold_reports([one.id for one in reports if one.contact_encrypted]),
        similar=similar,
        pages=pages,
        decisions=_list_decisions(claim_id),
        questions=list_claim_questions(claim_id),
        duplicates=duplicates,
        fact_checks=list_similar_fact_checks(alike.fact_checks),
        tags=tags,
        lock=lock,
        alarm=alarm,
        narrative=narrative,
        asked=_count_where_asked(claim_id),
    )


def _load_claim_details(
    claim_id: int,
) -> tuple[
    Claim, ClaimLock | None, list[str], ClaimAppearance | None, Assessment | None, Alarm | None, ClaimNarrative | None
]:
    """Return the claim, its lock, labels, the item or report that opened it, newest assessment, open alarm, narrative.

    After a split the opening appearance may belong to another claim. The oldest appearance that remains then takes its
    place. Raises NotFoundError.
    """
    appeared, judged = ClaimAppearance, Assessment
    same = sa.or_(judged.item_id == appeared.item_id, judged.report_id == appeared.report_id)
    parts = (Claim.unit, Claim.merged_into, appeared.item, appeared.report)
    row = db.session.execute(
        sa.select(Claim, ClaimLock, labels_column(), appeared, judged, Alarm, *claim_narrative_columns(Claim.id))
        .select_from(Claim)
        .outerjoin(ClaimLock, sa.and_(ClaimLock.claim_id == Claim.id, locks.is_deciding_officer(ClaimLock.officer_id)))
        .outerjoin(Alarm, sa.and_(Alarm.claim_id == Claim.id, is_open_alarm()))
        .outerjoin(appeared, appeared.claim_id == Claim.id)
        .outerjoin(judged, same)
        .where(Claim.id == claim_id)
        .options(*(joinedload(part) for part in parts), joinedload(ClaimLock.officer).lazyload(Officer.roles))
        .order_by(appeared.opens.desc().nulls_last(), appeared.id, judged.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFoundError(f"claim {claim_id}")
    claim, lock, tags, opener, assessment, alarm, *narrative = row
    return claim, lock, split_label_names(tags), opener, assessment, alarm, read_claim_narrative(narrative)


def _reasons_and_spans(stored: list[dict[str, Any]]) -> tuple[list[FlagReason], list[tuple[int, int, str]]]:
    """Return the reasons in the order they are shown, and their spans in the text with the same numbers.

    The topic, which older models stored as a reason, is left out: the page shows it elsewhere.
    """
    shown_reasons = [reason for reason in stored if reason["weight"] or reason.get("start") is not None]
    spans = [
        (reason["start"], reason["end"], str(number))
        for number, reason in enumerate(shown_reasons, 1)
        if reason.get("start") is not None and reason.get("end") is not None
    ]
    return [FlagReason(reason["label"], reason["weight"]) for reason in shown_reasons], spans


def _list_appearances(claim_id: int) -> Sequence[ClaimAppearance]:
    """Return the newest appearances with their item, source and report."""
    query = (
        sa.select(ClaimAppearance)
        .where(ClaimAppearance.claim_id == claim_id)
        .options(
            joinedload(ClaimAppearance.item).joinedload(Item.source),
            joinedload(ClaimAppearance.report),
        )
        .order_by(ClaimAppearance.seen_at.desc(), ClaimAppearance.id.desc())
        .limit(APPEARANCES_SHOWN)
    )
    return db.session.scalars(query).all()


def _list_sightings(claim_id: int, newest: Sequence[ClaimAppearance]) -> list[tuple[str | None, datetime]]:
    """Return (source name, time) of every appearance; the name is None for residents' reports.

    ``newest`` holds the appearances already loaded for the page, which are usually all of them.
    """
    if len(newest) < APPEARANCES_SHOWN:
        sightings = [
            (appearance.item.source.name if appearance.item else None, appearance.seen_at) for appearance in newest
        ]
        return sorted(sightings, key=lambda sighting: sighting[0] or "")
    query = (
        sa.select(Source.name, ClaimAppearance.seen_at)
        .select_from(ClaimAppearance)
        .outerjoin(Item, Item.id == ClaimAppearance.item_id)
        .outerjoin(Source, Source.id == Item.source_id)
        .where(ClaimAppearance.claim_id == claim_id)
        .order_by(Source.name)
    )
    return [(name, seen_at) for name, seen_at in db.session.execute(query)]


def _list_waiting_reports(claim_id: int) -> Sequence[Report]:
    """Return the residents' reports that wait for an answer to the claim, oldest first, with what was added to them."""
    query = (
        sa.select(Report)
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.claim_id == claim_id, Report.rejected_at.is_(None))
        .options(_picture_load_option(Report.picture), _picture_load_option(Report.additions, ReportAddition.picture))
        .order_by(Report.received_at, Report.id)
    )
    return db.session.scalars(query).unique().all()


def _picture_load_option(*path: Any) -> Any:
    """Return the load option that tells whether a report or an addition has a screenshot, without loading the image."""
    option = joinedload(path[0])
    for step in path[1:]:
        option = option.joinedload(step)
    return option.load_only(ReportPicture.id, ReportPicture.report_id, ReportPicture.addition_id)


def _list_decisions(claim_id: int) -> Sequence[Decision]:
    """Return the decisions about the claim, and those about others that involved it, newest first."""
    own = sa.select(Decision.id).where(Decision.claim_id == claim_id)
    others = sa.select(Decision.id).where(Decision.other_claim_id == claim_id)
    query = (
        sa.select(Decision)
        .join(Decision.officer)
        .where(Decision.id.in_(sa.union_all(own, others)))
        .options(contains_eager(Decision.officer).options(joinedload(Officer.unit), lazyload(Officer.roles)))
        .order_by(Decision.id.desc())
    )
    return db.session.scalars(query).all()


MAX_BARS = 13
STEP_HOURS = (1, 2, 3, 6, 12, 24, 48, 168, 336, 730, 2190, 8760)


@dataclass(frozen=True)
class TimelineChart:
    """The columns, a heading, and a sentence that says the same to people who do not see the chart."""

    columns: ColumnChart
    heading: str
    words: str


def build_timeline_chart(times: Sequence[datetime]) -> TimelineChart | None:
    """Return the chart of appearances, or None where all fall on one moment."""
    local = sorted(time.astimezone(WITA) for time in times)
    if len(local) < 2 or local[-1] - local[0] < timedelta(minutes=1):
        return None
    step = _choose_bar_step(local[0], local[-1])
    start = _start_of_step(local[0], step)
    counts = Counter(int((time - start) / step) for time in local)
    highest = max(counts.values())
    peak = min(place for place, count in counts.items() if count == highest)
    labels = _axis_labels(start, step, max(counts))
    columns = [
        Column((_draw_count(counts[place], place == peak),), labels.get(place, "")) for place in range(max(counts) + 1)
    ]
    heading = ngettext("%(num)d kemunculan", "%(num)d kemunculan", len(local))
    heading = _("%(count)s dalam %(time)s", count=heading, time=format_duration(local[-1] - local[0]))
    words = _describe_chart(heading, start + peak * step, step, highest)
    return TimelineChart(draw_columns(columns, words, places=MAX_BARS), heading, words)


def _draw_count(count: int, is_peak: bool) -> ColumnValue:
    """Return the bar of a count, with the number over it where it is more than one."""
    return ColumnValue(count or None, str(count) if count > 1 else "", is_peak)


def _choose_bar_step(first: datetime, last: datetime) -> timedelta:
    """Return the shortest time step whose bars fit the drawing."""
    steps = (timedelta(hours=hours) for hours in STEP_HOURS)
    fits = (step for step in steps if (last - _start_of_step(first, step)) / step < MAX_BARS)
    return next(fits, (last - first) / (MAX_BARS - 1))


def _start_of_step(first: datetime, step: timedelta) -> datetime:
    """Return the start of the time step that contains the moment. Steps shorter than a day count from midnight."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if step >= timedelta(days=1) else midnight + (first - midnight) // step * step


def _axis_labels(start: datetime, step: timedelta, last: int) -> dict[int, str]:
    """Return a label for every third or fourth place, by place."""
    pattern = _("HH.mm") if step < timedelta(days=1) else "d MMM" if step < timedelta(days=300) else "MMM y"
    every = 4 if last > 6 else 3
    places = range(0, min(last, MAX_BARS - 2) + 1, every)
    return {place: str(format_datetime(start + place * step, pattern)) for place in places}


def _describe_chart(heading: str, peak: datetime, step: timedelta, highest: int) -> str:
    sentence = _(
        "%(heading)s. Paling ramai sejak %(when)s selama %(time)s: %(count)s.",
        heading=heading,
        when=format_datetime(peak, _("d MMMM y, HH.mm 'WITA'")),
        time=format_duration(step),
        count=highest,
    )
    return str(sentence)
