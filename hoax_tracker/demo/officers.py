"""Officers' and residents' acts in the demo, each through the service that the pages use.

Rows written past the services would break the audit chain and the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.authority import proposals
from hoax_tracker.check.answers.question_log import count_question
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.check.counting import ReachCount, add_reach, pages_in_answer
from hoax_tracker.check.reports import submission as resident
from hoax_tracker.clarify import channels, corrections, pictures, service as clarify
from hoax_tracker.clarify.content import ClarificationContent, PagePicture, SourceLine, clarification_content
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.demo import sample_data
from hoax_tracker.demo.sample_data import draw_screenshot
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    DecisionKind,
    Item,
    Officer,
    Question,
    Topic,
    Unit,
    Verdict,
    db,
)
from hoax_tracker.review.collaboration import notes, unit_questions
from hoax_tracker.review.decisions import labels, service as review
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import make_safe_file
from hoax_tracker.review.narratives import membership

CLOSED_AFTER = timedelta(hours=30)
REASONS_WAIT = timedelta(hours=24)
BY_TELEPHONE = "telepon dengan pejabat penghubungnya, dicatat petugas PPID Utama"
ASKED_OF_SOURCES = "Benarkah kabar ini?"
READ_CHOICE = review.DecisionChoice(
    DecisionKind.DISMISS, "Sudah dibaca: tidak ada kabar yang perlu diperiksa kebenarannya."
)
CLOSING_CHOICES: dict[str | None, review.DecisionChoice] = {
    "denial": review.DecisionChoice(DecisionKind.DISMISS, "Ini bantahan atas kabarnya, bukan kabar itu sendiri."),
    "news": review.DecisionChoice(DecisionKind.DISMISS, "Berita tentang kabar yang sudah atau sedang kami periksa."),
    "criticism": review.DecisionChoice(DecisionKind.NOT_A_CLAIM),
    "satire": review.DecisionChoice(DecisionKind.NOT_A_CLAIM),
    "elsewhere": review.DecisionChoice(DecisionKind.OUT_OF_SCOPE),
}
Sample = dict[str, Any]
T = TypeVar("T")


@dataclass
class DemoDesk:
    """The officers by id, the first start, and what they made so far: pages, tickets and reports by key."""

    settings: Settings
    officer_id: int
    approver_id: int
    links: dict[str, str]
    started: datetime
    pages: dict[str, int] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    report_ids: dict[str, int] = field(default_factory=dict)

    @property
    def officer(self) -> Officer:
        """The officer's present row."""
        return _require_demo_row(db.session.get(Officer, self.officer_id))

    @property
    def approver(self) -> Officer:
        """The approver's present row."""
        return _require_demo_row(db.session.get(Officer, self.approver_id))

    def page(self, sample: Sample) -> Clarification:
        """Return the clarification drafted for the sample."""
        return _require_demo_row(db.session.get(Clarification, self.pages[sample["key"]]))

    def draft(self, sample: Sample, now: datetime) -> None:
        """Draft a clarification from the claim with most appearances."""
        claim = max(self.claims(sample, now), key=lambda candidate: len(candidate.appearances))
        self.let_unit_answer(claim, sample, now)
        key = clarify.draft_from_claim(claim.id, claim.version, officer=self.officer, now=now)
        self.pages[sample["key"]] = key
        page = self.page(sample)
        content = _sample_content(sample, self.started, page.circulated_since)
        content = self.put_picture(page, sample, content, now)
        clarify.save_draft(page.id, page.version, content, officer=self.officer, now=now)

    def put_picture(
        self, page: Clarification, sample: Sample, content: ClarificationContent, now: datetime
    ) -> ClarificationContent:
        """Add the sample's picture, if any, to the claim and to the page, where this machine can draw its verdict."""
        drawn = sample.get("picture")
        if drawn is None or not can_draw_cards():
            return content
        by: Any = {"key": self.settings.contact_key, "officer": self.officer, "now": now}
        file = make_safe_file(draw_screenshot(drawn["text"]), drawn["name"])
        key = evidence.add_evidence_file(page.claims[0].id, file, drawn["alt"], **by)
        return pictures.put_picture(page, content, PagePicture(key, drawn["alt"]), **by)

    def let_unit_answer(self, claim: Claim, sample: Sample, now: datetime) -> None:
        """Ask the unit that the page names, and record its answer by telephone."""
        unit = _require_demo_row(db.session.scalar(sa.select(Unit).where(Unit.code == sample["unit"])))
        if not unit.is_root:
            asked = unit_questions.ask_unit(claim.id, unit.id, ASKED_OF_SOURCES, officer=self.officer, now=now)
            unit_questions.answer_question(
                asked, 1, sample["summary"], source=BY_TELEPHONE, officer=self.officer, now=now
            )

    def submit(self, sample: Sample, now: datetime) -> None:
        """Let the author ask for approval."""
        page = self.page(sample)
        clarify.submit_draft(page.id, page.version, officer=self.officer, now=now)

    def approve(self, sample: Sample, now: datetime) -> None:
        """Publish the page, and link it to the other claims it answers."""
        page = self.page(sample)
        clarify.approve_draft(page.id, page.version, "", officer=self.approver, now=now)
        self.link(sample, now)

    def link(self, sample: Sample, now: datetime) -> None:
        """Link the public page to claims in other words that still wait."""
        page = self.page(sample)
        if not page.is_public:
            return
        for claim in [claim for claim in self.claims_of(sample) if claim.status in WAITING_STATUSES]:
            choice = review.DecisionChoice(DecisionKind.LINK, clarification_id=page.id)
            review.decide_claim(claim.id, claim.version, choice, officer=self.officer, now=now)
            self.confirm("decision", now)

    def confirm(self, act: str, now: datetime) -> None:
        """Let the approver confirm everything of a kind that waits, as they see it."""
        for key, seen in [(row.id, proposals.proposal_digest(row)) for row in proposals.list_open([act])]:
            proposals.confirm(key, seen, by=self.approver, now=now)

    def propose_channel(self, now: datetime) -> None:
        """Propose a website for the list of official channels; it still waits when the demo opens."""
        channels.propose_channel(None, "https://layanan.kupang.example", "Diskominfo", officer=self.officer, now=now)

    def ask(self, sample: Sample, now: datetime) -> None:
        """Ask questions as residents."""
        answer = answer_message(sample["text"], now)
        shown = pages_in_answer(answer)
        for _resident in range(sample["times"]):
            count_question(sample["text"], answer)
        day = day_in_kupang(now)
        add_reach({ReachCount(day, key, kind): sample["times"] for key, kind in shown.items()})

    def propose_correction(self, sample: Sample, now: datetime) -> None:
        """Propose the sample's correction."""
        page, correction = self.page(sample), sample["correction"]
        content = replace(clarification_content(page), **correction["changes"])
        corrections.propose_correction(
            page.id, page.version, content, correction["note"], officer=self.officer, now=now
        )

    def propose_retraction(self, sample: Sample, now: datetime) -> None:
        """Propose to retract the page."""
        page = self.page(sample)
        corrections.propose_retraction(
            page.id, page.version, sample["retraction"]["reason"], officer=self.officer, now=now
        )

    def approve_change(self, sample: Sample, now: datetime) -> None:
        """Approve the proposed change."""
        page = self.page(sample)
        corrections.approve_proposal(page.id, page.version, "", officer=self.approver, now=now)

    def decide(self, sample: Sample, now: datetime) -> None:
        """Decide about the waiting claims that hold the sample's entries or report."""
        unit = db.session.scalar(sa.select(Unit.id).where(Unit.code == sample.get("unit")))
        choice = review.DecisionChoice(DecisionKind(sample["kind"]), sample["reason"], unit_id=unit)
        for claim in [claim for claim in self.claims_of(sample) if claim.status in WAITING_STATUSES]:
            review.decide_claim(claim.id, claim.version, choice, officer=self.officer, now=now)
        self.confirm_reasons(now)

    def confirm_reasons(self, now: datetime) -> None:
        """Let the approver confirm the words for reporters; those of the last day still wait when the demo opens."""
        if now < self.started - REASONS_WAIT:
            self.confirm("closing_reason", now)

    def close_old(self, now: datetime) -> None:
        """Close, each with a reason, day-old claims that need no clarification."""
        roles = {self.links[entry.id]: entry.role for feed in sample_data.load_sample_feeds() for entry in feed.entries}
        samples = [*sample_data.load_sample_clarifications(), *sample_data.load_sample_decisions()]
        sample_claim_ids = {claim.id for sample in samples for claim in self.claims_of(sample)}
        query = sa.select(Claim).where(Claim.status == ClaimStatus.NEW, Claim.first_seen_at < now - CLOSED_AFTER)
        for claim in db.session.scalars(query.order_by(Claim.id)).all():
            if claim.id not in sample_claim_ids:
                item = claim.appearances[0].item
                choice = CLOSING_CHOICES.get(roles.get(item.url or "") if item else None, READ_CHOICE)
                review.decide_claim(claim.id, claim.version, choice, officer=self.officer, now=now)
        self.confirm_reasons(now)

    def report(self, sample: Sample, now: datetime) -> None:
        """Report a message as a resident; it joins or opens a claim at once."""
        contact = sample.get("contact")
        ticket = resident.submit_report(
            sample["text"], sample.get("url"), sample["seen_where"], contact, bool(contact), now, self.settings
        )
        pipeline.assign_waiting_reports(now)
        self.tickets[sample["key"]] = ticket
        self.report_ids[sample["key"]] = _require_demo_row(resident.find_report_by_ticket(ticket))[1].id

    def claims(self, sample: Sample, now: datetime) -> Sequence[Claim]:
        """Return the waiting claims that the sample answers; where none was flagged, a resident asks."""
        waiting = [claim for claim in self.claims_of(sample) if claim.status in WAITING_STATUSES]
        if not waiting:
            asked = {"key": f"{sample['key']}-tanya", "text": sample["claim_quote"], "seen_where": "grup keluarga"}
            self.report(asked, now - timedelta(minutes=20))
            waiting = list(self.claims_with([], [self.report_ids[asked["key"]]]))
        return waiting

    def claims_of(self, sample: Sample) -> Sequence[Claim]:
        """Return the claims that hold the sample's entries or reports."""
        reports = [self.report_ids[key] for key in sample.get("reports", ()) if key in self.report_ids]
        return self.claims_with([self.links[entry] for entry in sample["answers"]], reports)

    def claims_with(self, urls: Sequence[str], reports: Sequence[int]) -> Sequence[Claim]:
        """Return the claims with an appearance at one of the addresses or from one of the reports."""
        query = (
            sa.select(Claim)
            .join(ClaimAppearance)
            .outerjoin(Item, Item.id == ClaimAppearance.item_id)
            .where(sa.or_(Item.url.in_(urls), ClaimAppearance.report_id.in_(reports)))
            .distinct()
            .order_by(Claim.id)
        )
        return db.session.scalars(query).all()


def _sample_content(sample: Sample, started: datetime, first_seen: date | None) -> ClarificationContent:
    unit = db.session.scalar(sa.select(Unit.id).where(Unit.code == sample["unit"]))
    day = _sample_day(started, sample["circulated_hours_ago"])
    return ClarificationContent(
        title=sample["title"],
        summary=sample["summary"],
        claim_quote=sample["claim_quote"],
        verdict=Verdict(sample["verdict"]),
        topic=Topic(sample["topic"]),
        circulated_where=sample["circulated_where"],
        circulated_since=min(day, first_seen) if first_seen else day,
        findings=sample["findings"],
        conclusion=sample["conclusion"],
        unit_id=_require_demo_row(unit),
        accused_unit_id=None,
        sources=tuple(
            SourceLine(source["title"], source["url"], _sample_day(started, source["hours_ago"]))
            for source in sample["sources"]
        ),
    )


def _sample_day(started: datetime, hours_ago: float) -> date:
    """Return the day in Kupang that many hours before the first start."""
    return day_in_kupang(sample_data.sample_time(started, hours_ago))


def _require_demo_row(row: T | None) -> T:
    """Return the row. Raises NotFoundError where the demo lacks it."""
    if row is None:
        raise NotFoundError("the demo's own row is missing")
    return row


class DemoOffice:
    """The officers, and the officer of one unit; ``questions`` holds the questions by key."""

    def __init__(self, desk: DemoDesk, unit_officer_id: int) -> None:
        self.desk, self.unit_officer_id = desk, unit_officer_id
        self.questions: dict[str, int] = {}

    def act(self, sample: Sample, now: datetime) -> None:
        """Apply the sample to each of its claims."""
        acts: dict[str, Callable[[Sample, int, datetime], Any]] = {
            "label": self.label,
            "file": self.file,
            "link": self.link,
            "note": self.note,
            "ask": self.ask,
            "narrative": self.put_into_narrative,
        }
        if sample["act"] == "answer":
            self.answer(sample, now)
            return
        for claim_id in self.claim_ids(sample)[:1]:
            acts[sample["act"]](sample, claim_id, now)

    def claim_ids(self, sample: Sample) -> Sequence[int]:
        """Return the ids of the claims that hold the sample's entries."""
        return [claim.id for claim in self.desk.claims_of(sample)]

    def label(self, sample: Sample, claim_id: int, now: datetime) -> None:
        """Let the officer label the claim."""
        labels.add_labels(claim_id, sample["text"], officer=self.desk.officer, now=now)

    def file(self, sample: Sample, claim_id: int, now: datetime) -> None:
        """Let the officer add a screenshot, drawn here."""
        safe_file = make_safe_file(draw_screenshot(sample["text"]), sample["name"])
        key = self.desk.settings.contact_key
        evidence.add_evidence_file(claim_id, safe_file, sample["title"], key=key, officer=self.desk.officer, now=now)

    def link(self, sample: Sample, claim_id: int, now: datetime) -> None:
        """Let the officer add the address of an entry."""
        address = self.desk.links[sample["entry"]]
        evidence.add_evidence_link(claim_id, address, sample["title"], officer=self.desk.officer, now=now)

    def note(self, sample: Sample, claim_id: int, now: datetime) -> None:
        """Let one of them write a note."""
        writers = {"officer": self.desk.officer, "approver": self.desk.approver, "unit": self.unit_officer}
        notes.write_note(claim_id, sample["text"], officer=writers[sample["by"]], now=now)

    def put_into_narrative(self, sample: Sample, claim_id: int, now: datetime) -> None:
        """Let the officer put the claim and an earlier edition of its story into a narrative, and name that."""
        officer, earlier = self.desk.officer, self.desk.claims_of({"answers": sample["earlier"]})
        details: dict[str, Any] = {"title": sample["title"], "notes": sample["text"], "officer": officer, "now": now}
        narrative_id = membership.start_narrative(claim_id, **details)
        for claim in earlier:
            if claim.id != claim_id:
                membership.add_claim(claim.id, narrative_id, officer=officer, now=now)

    def ask(self, sample: Sample, claim_id: int, now: datetime) -> None:
        """Let the officer ask a unit."""
        unit = _require_demo_row(db.session.scalar(sa.select(Unit.id).where(Unit.code == sample["unit"])))
        key = unit_questions.ask_unit(claim_id, unit, sample["text"], officer=self.desk.officer, now=now)
        self.questions[sample["key"]] = key

    def answer(self, sample: Sample, now: datetime) -> None:
        """Let the unit's officer answer."""
        row = _require_demo_row(db.session.get(Question, self.questions[sample["key"]]))
        unit_questions.answer_question(row.id, row.version, sample["text"], officer=self.unit_officer, now=now)

    @property
    def unit_officer(self) -> Officer:
        """The unit's officer, as the database has them now."""
        return _require_demo_row(db.session.get(Officer, self.unit_officer_id))
