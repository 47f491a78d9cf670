"""Collaboration in the demo: labels, evidence, notes, a narrative, and a question to a unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.demo.officers import DemoDesk, require_demo_row
from hoax_tracker.demo.screenshots import draw_screenshot
from hoax_tracker.models import Officer, Question, Unit, db
from hoax_tracker.review.collaboration import notes, unit_questions
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import make_safe_file
from hoax_tracker.review.narratives import membership

Sample = dict[str, Any]


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
        unit = require_demo_row(db.session.scalar(sa.select(Unit.id).where(Unit.code == sample["unit"])))
        key = unit_questions.ask_unit(claim_id, unit, sample["text"], officer=self.desk.officer, now=now)
        self.questions[sample["key"]] = key

    def answer(self, sample: Sample, now: datetime) -> None:
        """Let the unit's officer answer."""
        row = require_demo_row(db.session.get(Question, self.questions[sample["key"]]))
        unit_questions.answer_question(row.id, row.version, sample["text"], officer=self.unit_officer, now=now)

    @property
    def unit_officer(self) -> Officer:
        """The unit's officer, as the database has them now."""
        return require_demo_row(db.session.get(Officer, self.unit_officer_id))
