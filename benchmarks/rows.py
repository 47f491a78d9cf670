"""The rows of a seeded instance, table by table, from its plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa

from benchmarks import plausible
from benchmarks.bulk import Bulk, Row
from benchmarks.plan import CLOSING_KINDS, PLAN_SPAN, PUBLIC_PAGE_STATUSES, Plan
from benchmarks.plausible import Text
from hoax_tracker.claims import priority as policy, response_targets
from hoax_tracker.clarify.content import ClarificationContent, SourceLine
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.flag.model import model_files
from hoax_tracker.ingest.parsers.canonical_url import content_key
from hoax_tracker.items.claim_text import headline_of_text
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    Base,
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Decision,
    Demand,
    Evidence,
    EvidenceKind,
    Item,
    JudgedClaim,
    ModelVersion,
    Notice,
    NoticeKind,
    Officer,
    PageMatch,
    Proposal,
    ProposalOutcome,
    Question,
    Report,
    RoleName,
    Source,
    SourceKind,
    Topic,
    UnitTopic,
    Verdict,
    clarification_claim,
    db,
    rank_of_claim,
)
from hoax_tracker.models.url_keys import page_digest
from hoax_tracker.organisation.units import require_root_unit

MODELS = (Source, Item, Report, Claim, Clarification, Demand)
COPY_SHARE = 0.06  # items with the very words of an earlier one
SOURCE_COUNT = 300
DAY = timedelta(days=1)
REASONS = [
    [
        {"kind": "phrase", "label": label, "weight": round(0.05 * n + 0.1, 4), "start": 0, "end": len(label)},
        {"kind": "cue", "label": "mendesak", "weight": 0.2, "start": None, "end": None},
    ]
    for n, label in enumerate(("sebarkan", "info dari orang dalam", "wajib bayar", "sebelum dihapus", "katanya"))
]


def table_of_model(model: type[Base]) -> sa.Table:
    """The table of a model."""
    return cast(sa.Table, model.__table__)


class Rows(Plan):
    """Writes the rows; ids follow on those that the tables hold."""

    def __init__(
        self, bulk: Bulk, items: int, claims: int, pages: int, now: datetime, number: int, key: str, seal_key: str
    ) -> None:
        super().__init__(items, claims, pages, now, number)
        self.bulk, self.key, self.audit_key = bulk, key, seal_key
        self.base = {model: bulk.highest(table_of_model(model)) for model in MODELS}
        self.events: list[tuple[datetime, int | None, str, str, dict[str, Any]]] = []

    def write(self) -> None:
        """Write everything, parents before children."""
        self.read_reference()
        self.texts = [self.claim_text(claim) for claim in range(self.claims)]
        self.asked_on = [(self.start + PLAN_SPAN * self.chance.random()).date() for _ in range(self.items // 40)]
        self.last_seen = [self.at(self.last[claim]) for claim in range(self.claims)]
        for report in range(self.reports):
            claim = self.claim_of_report[report]
            self.last_seen[claim] = max(self.last_seen[claim], self.reported_at(report))
        fill = self.bulk.fill
        fill(
            table_of_model(Source),
            "id name url home_url kind is_active interval_minutes problems failures created_at "
            "last_fetch_at last_success_at",
            self.source_rows(),
            SOURCE_COUNT,
        )
        fill(
            table_of_model(Item),
            "id source_id entry_key feed_id url page_key link_key content_key title text author language "
            "published_at fetched_at copy_of_id",
            self.item_rows(),
            self.items,
        )
        fill(
            table_of_model(Report),
            "id ticket_digest text url seen_where contact_encrypted consent_at received_at",
            self.report_rows(),
            self.reports,
        )
        fill(
            table_of_model(Assessment),
            "item_id report_id model_version_id relevance misinformation priority topic unit_id "
            "flagged reasons assessed_at",
            self.assessment_rows(),
            self.items + self.reports,
        )
        fill(
            table_of_model(Claim),
            "id title text topic unit_id told_unit_id status priority priority_parts rank demand sightings "
            "first_seen_at last_seen_at due_at created_at examined_since version",
            self.claim_rows(),
            self.claims,
        )
        fill(
            table_of_model(ClaimAppearance),
            "claim_id item_id report_id seen_at similarity opens",
            self.appearance_rows(),
            sum(self.count) + self.reports,
        )
        fill(table_of_model(Decision), "claim_id officer_id kind reason decided_at", self.decision_rows(), self.claims)
        names = "claim_id unit_id text asked_by_id asked_at due_at answer answered_by_id answered_at closed_at version"
        fill(table_of_model(Question), names, self.question_rows(), self.claims // 20)
        self.write_pages()
        fill(
            table_of_model(PageMatch), "claim_id clarification_id probability looked_at", self.match_rows(), self.claims
        )
        fill(
            table_of_model(Notice),
            "officer_id kind claim_id text made_at seen_at mailed_at",
            self.notice_rows(),
            self.claims,
        )
        names = "id text first_day last_day claim_id suggested_id set_aside_at"
        fill(table_of_model(Demand), names, self.demand_rows(), self.groups)
        fill(
            table_of_model(CheckQuery), "day digest text decision count demand_id", self.query_rows(), self.items // 40
        )
        fill(
            table_of_model(AuditEvent),
            "at officer_id action subject detail previous_hash hash seal",
            self.audit_rows(),
            len(self.events),
        )

    def write_pages(self) -> None:
        """Write clarifications and what hangs on them."""
        pages, contents = [], []
        for number in range(self.pages):
            row, content = self.page(number)
            pages.append((*row, self.confirmed if row[3] in PUBLIC_PAGE_STATUSES else None))
            contents.append(content)
        names = "id slug number status verdict topic title summary claim_quote circulated_where findings conclusion "
        names += "unit_id author_id approver_id created_at submitted_at published_at changed_at version confirmation_id"
        self.bulk.fill(table_of_model(Clarification), names, pages, self.pages)
        self.bulk.fill(clarification_claim, "clarification_id claim_id", self.link_rows(), self.claims)
        judged = ((page, claim, self.confirmed) for page, claim in self.link_rows())
        names = "clarification_id claim_id confirmation_id"
        self.bulk.fill(table_of_model(JudgedClaim), names, judged, self.claims)
        self.bulk.fill(
            table_of_model(ClarificationRevision),
            "clarification_id number kind note content author_id approver_id made_at confirmation_id",
            self.revision_rows(pages, contents),
            self.pages,
        )
        self.bulk.fill(
            table_of_model(Evidence),
            "kind title url page_key dated clarification_id added_at",
            self.evidence_rows(pages),
            self.pages * 2,
        )

    def read_reference(self) -> None:
        """Read officers, units, the model and the confirmation that rows point to."""
        with read_transaction():
            roles = {one.id: [role.name for role in one.roles] for one in db.session.scalars(sa.select(Officer))}
            shipped = sa.select(sa.func.max(Proposal.id)).where(Proposal.outcome == ProposalOutcome.SHIPPED)
            self.confirmed = db.session.scalar(shipped)
            self.unit_of = dict(db.session.execute(sa.select(UnitTopic.topic, UnitTopic.unit_id)).all())
            self.root = require_root_unit().id
            newest = sa.select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)
            self.last_hash = db.session.scalar(newest) or audit_log.FIRST_HASH
            version = cast(ModelVersion, model_files.find_active_version())
            self.version, self.lines = version.id, version.thresholds
            self.number = db.session.scalar(sa.select(sa.func.max(Clarification.number))) or 0
            db.session.rollback()
        self.officers = [key for key, names in roles.items() if RoleName.OFFICER.value in names]
        self.approvers = [key for key, names in roles.items() if RoleName.APPROVER.value in names]

    def unit(self, topic: str) -> int:
        """The unit that answers a topic."""
        return self.unit_of.get(Topic(topic), self.root)

    def claim_text(self, claim: int) -> Text:
        """What a claim asserts."""
        return plausible.vary_text(self.chance.choice(plausible.load_labelled_texts(True)), self.chance)

    def source_rows(self) -> Iterator[Row]:
        """Feeds, paused: nobody should ask addresses that do not exist."""
        for number in range(1, SOURCE_COUNT + 1):
            key = self.base[Source] + number
            home = f"https://sumber-{key}.contoh.example/"
            yield (
                key,
                f"Sumber {key}",
                f"{home}feed",
                home,
                SourceKind.FEED,
                False,
                30,
                [],
                0,
                self.start,
                self.now,
                self.now,
            )

    def item_rows(self) -> Iterator[Row]:
        """Items in the order they came."""
        ordinary, chance, written = plausible.load_labelled_texts(False), self.chance, 0
        recent: list[tuple[int, Text]] = []
        for place in range(self.items):
            key, claim, copy_of = self.base[Item] + place + 1, self.claim_of[place], None
            if claim >= 0:
                text = (
                    self.texts[claim]
                    if place == self.first[claim]
                    else plausible.forward_text(self.texts[claim], chance)
                )
            elif recent and chance.random() < COPY_SHARE:
                copy_of, text = chance.choice(recent)
            else:
                text = plausible.vary_text(chance.choice(ordinary), chance)
                if written % 50 == 0:
                    recent = [*recent[-200:], (key, text)]
                written += 1
            source = self.base[Source] + min(SOURCE_COUNT, int(chance.expovariate(1 / 60)) + 1)
            url, fetched = f"https://sumber-{source}.contoh.example/berita/{key}", self.at(place)
            link = hashlib.sha256(url.encode()).hexdigest()
            entry = hashlib.sha256(f"{key}\n{link}".encode()).hexdigest()
            published = fetched - timedelta(minutes=chance.randint(1, 600))
            words = content_key(text.title, text.text)
            yield (
                key,
                source,
                entry,
                str(key),
                url,
                page_digest(url),
                link,
                words,
                text.title,
                text.text,
                None,
                "id",
                published,
                fetched,
                copy_of,
            )

    def report_rows(self) -> Iterator[Row]:
        """What residents sent; every third left a contact."""
        sealed = encrypt_contact("pelapor@contoh.example", self.key)
        for number in range(self.reports):
            key, moment = self.base[Report] + number + 1, self.reported_at(number)
            text = plausible.forward_text(self.texts[self.claim_of_report[number]], self.chance).text
            ticket = hashlib.sha256(f"ticket {key}".encode()).hexdigest()
            has = number % 3 == 0
            yield (key, ticket, text, None, "WhatsApp", sealed if has else None, moment if has else None, moment)

    def scores(self, flagged: bool) -> tuple[float, float]:
        """Relevance and misinformation on the right side of the model's lines."""
        relevance, misinformation = self.lines["relevance"], self.lines["misinformation"]
        up, down = self.chance.random(), self.chance.random()
        if flagged:
            return relevance + (1 - relevance) * up, misinformation + (1 - misinformation) * down
        return up, misinformation * down * 0.99

    def assessment_rows(self) -> Iterator[Row]:
        """One for each item and each report."""
        topics = [topic.value for topic in Topic]
        for place in range(self.items):
            claim = self.claim_of[place]
            topic = self.texts[claim].topic if claim >= 0 else self.chance.choice(topics)
            yield self.assessment(self.base[Item] + place + 1, None, topic, claim >= 0, self.at(place))
        for number in range(self.reports):
            topic, moment = self.texts[self.claim_of_report[number]].topic, self.reported_at(number)
            yield self.assessment(None, self.base[Report] + number + 1, topic, True, moment)

    def assessment(self, item: int | None, report: int | None, topic: str, flagged: bool, moment: datetime) -> Row:
        """What the active model would have made of it."""
        relevance, misinformation = self.scores(flagged)
        priority = policy.calculate_priority(policy.build_priority_parts(relevance, misinformation, topic))
        reasons = self.chance.choice(REASONS) if flagged else []
        unit = self.unit(topic)
        return (
            item,
            report,
            self.version,
            relevance,
            misinformation,
            priority,
            Topic(topic),
            unit,
            flagged,
            reasons,
            moment,
        )

    def claim_rows(self) -> Iterator[Row]:
        """Claims in the order they were opened."""
        for claim in range(self.claims):
            text, first, status = self.texts[claim], self.at(self.first[claim]), self.status_of[claim]
            score = 0.3 + 0.7 * self.chance.random()
            parts = policy.build_priority_parts(1.0, score, text.topic, policy.ClaimSpread(self.count[claim]))
            priority = policy.calculate_priority(parts)
            open_now = status not in (ClaimStatus.NEW, ClaimStatus.DISMISSED)
            yield (
                self.base[Claim] + claim + 1,
                headline_of_text(text.title or text.text),
                text.text,
                Topic(text.topic),
                self.unit(text.topic),
                self.unit(text.topic),
                status,
                priority,
                parts.as_json(),
                rank_of_claim(priority, self.last_seen[claim]),
                0,
                0,
                first,
                self.last_seen[claim],
                response_targets.default_targets().due(priority, first),
                first,
                self.decided_at(claim) if open_now else None,
                1 + len(self.decisions(claim)),
            )

    def appearance_rows(self) -> Iterator[Row]:
        """Where each claim was seen."""
        for place in range(self.items):
            if (claim := self.claim_of[place]) >= 0:
                opens = place == self.first[claim]
                likeness = 1.0 if opens else 0.8 + 0.2 * self.chance.random()
                yield self.base[Claim] + claim + 1, self.base[Item] + place + 1, None, self.at(place), likeness, opens
        for number in range(self.reports):
            claim = self.base[Claim] + self.claim_of_report[number] + 1
            yield claim, None, self.base[Report] + number + 1, self.reported_at(number), 0.9, False

    def decision_rows(self) -> Iterator[Row]:
        """Decisions, each with its audit event."""
        for claim in range(self.claims):
            officer, moment = self.officers[claim % len(self.officers)], self.decided_at(claim)
            for kind in self.decisions(claim):
                reason = "Bukan urusan kota." if kind in CLOSING_KINDS else ""
                key = self.base[Claim] + claim + 1
                self.events.append((moment, officer, f"claim_{kind.value}", f"claim:{key}", {"reason": reason}))
                yield key, officer, kind, reason, moment
                moment = self.later(moment, DAY)

    def question_rows(self) -> Iterator[Row]:
        """What units were asked about every tenth claim that officers began with; most have answered."""
        for claim in range(0, self.claims, 10):
            if self.status_of[claim] in (ClaimStatus.NEW, ClaimStatus.DISMISSED):
                continue
            officer, asked = self.officers[claim % len(self.officers)], self.decided_at(claim)
            has = self.chance.random() < 0.9
            answered = self.later(asked, DAY) if has else None
            text, answer = (
                f"Benarkah: {self.texts[claim].title}",
                f"Tidak benar. {plausible.random_place_and_hour(self.chance)}",
            )
            yield (
                self.base[Claim] + claim + 1,
                self.unit(self.texts[claim].topic),
                text,
                officer,
                asked,
                asked + DAY,
                answer if has else None,
                officer if has else None,
                answered,
                answered,
                2 if has else 1,
            )

    def page(self, number: int) -> tuple[Row, ClarificationContent]:
        """A clarification, with its content; its audit events are noted."""
        key, status = self.base[Clarification] + number + 1, self.page_status[number]
        base = plausible.load_clarifications()[number % len(plausible.load_clarifications())]
        claim = self.answers[number][0] if self.answers[number] else 0
        author = self.officers[number % len(self.officers)]
        approver = self.chance.choice([one for one in self.approvers if one != author])
        text, place = self.texts[claim], plausible.random_place_and_hour(self.chance)
        content = ClarificationContent(
            title=f"{plausible.change_numbers(base['title'], self.chance)} ({place})"[:300],
            summary=plausible.change_numbers(base["summary"], self.chance),
            claim_quote=text.text[:1000],
            verdict=Verdict(base["verdict"].lower()),
            topic=Topic(base["topic"]),
            circulated_where="grup WhatsApp",
            circulated_since=None,
            findings="\n\n".join([base["summary"]] * 3),
            conclusion=base["summary"],
            unit_id=self.unit(base["topic"]),
            accused_unit_id=None,
            sources=tuple(
                SourceLine(f"Keterangan resmi {n}", f"https://kota.contoh.example/{key}/{n}") for n in (1, 2)
            ),
        )
        drafted = self.decided_at(claim)
        published = self.later(drafted + timedelta(minutes=30), DAY)
        changed = self.later(published, DAY) if status in PUBLIC_PAGE_STATUSES[1:] else published
        self.note_page(key, status, author, approver, (drafted, published, changed))
        public = status in PUBLIC_PAGE_STATUSES
        self.number += public
        row = (
            key,
            f"klarifikasi-{key}" if public else None,
            self.number if public else None,
            status,
            content.verdict,
            content.topic,
            content.title,
            content.summary,
            content.claim_quote,
            content.circulated_where,
            content.findings,
            content.conclusion,
            content.unit_id,
            author,
            approver if public else None,
            drafted,
            published if public else None,
            published if public else None,
            changed if public else drafted,
            4 if status in PUBLIC_PAGE_STATUSES[1:] else 3 if public else 1,
        )
        return row, content

    def note_page(
        self, key: int, status: ClarificationStatus, author: int, approver: int, moments: tuple[datetime, ...]
    ) -> None:
        """Note the audit events of a page."""
        subject, (drafted, published, changed) = f"clarification:{key}", moments
        self.events.append((drafted, author, "clarification_drafted", subject, {}))
        if status in PUBLIC_PAGE_STATUSES:
            self.events.append((published, author, "clarification_submitted", subject, {}))
            self.events.append((published, approver, "clarification_published", subject, {"reason": ""}))
        if status in PUBLIC_PAGE_STATUSES[1:]:
            self.events.append((changed, approver, f"clarification_{status.value}", subject, {"note": "Diperbarui."}))

    def link_rows(self) -> Iterator[Row]:
        """Which clarification answers which claims."""
        for number, claims in enumerate(self.answers):
            for claim in claims:
                yield self.base[Clarification] + number + 1, self.base[Claim] + claim + 1

    def revision_rows(self, pages: list[Row], contents: list[ClarificationContent]) -> Iterator[Row]:
        """Every state a public page was in."""
        for row, content in zip(pages, contents, strict=True):
            key, status, author, approver = row[0], row[3], row[13], row[14]
            if status in PUBLIC_PAGE_STATUSES:
                yield key, 1, ClarificationStatus.PUBLISHED, "", content.as_json(), author, approver, row[17], row[-1]
            if status in PUBLIC_PAGE_STATUSES[1:]:
                yield key, 2, status, "Diperbarui.", content.as_json(), author, approver, row[18], row[-1]

    def evidence_rows(self, pages: list[Row]) -> Iterator[Row]:
        """Two links for each page."""
        for row in pages:
            for n in (1, 2):
                url = f"https://kota.contoh.example/{row[0]}/{n}"
                yield EvidenceKind.LINK, f"Keterangan resmi {n}", url, page_digest(url), None, row[0], row[15]

    def match_rows(self) -> Iterator[Row]:
        """That every claim was looked at when it was new, and that no page answered it."""
        for claim in range(self.claims):
            yield self.base[Claim] + claim + 1, None, 0.0, self.at(self.first[claim])

    def notice_rows(self) -> Iterator[Row]:
        """What an officer was told of each claim that was given to a unit; the newest were not seen yet."""
        for claim in range(self.claims):
            if self.status_of[claim] is ClaimStatus.TRIAGED:
                told, officer = self.decided_at(claim), self.officers[claim % len(self.officers)]
                seen = self.later(told, DAY) if self.now - told > DAY * 2 else None
                yield officer, NoticeKind.ROUTED, self.base[Claim] + claim + 1, "", told, seen, seen

    @property
    def groups(self) -> int:
        """How many groups of questions there are."""
        return max(1, self.items // 400)

    def demand_rows(self) -> Iterator[Row]:
        """Groups of questions that count for no claim yet; every fifth is set aside."""
        for group in range(self.groups):
            days = self.asked_on[group :: self.groups]
            aside = self.now if group % 5 == 0 else None
            text = self.texts[group % self.claims].text
            yield self.base[Demand] + group + 1, text, min(days), max(days), None, None, aside

    def query_rows(self) -> Iterator[Row]:
        """What the public asked, each question once a day."""
        kinds = list(CheckDecision)
        for number, day in enumerate(self.asked_on):
            group = number % self.groups
            text = plausible.forward_text(self.texts[group % self.claims], self.chance).text
            digest = hashlib.sha256(f"{number} {text}".encode()).hexdigest()
            decision, count = self.chance.choice(kinds), self.chance.randint(1, 9)
            yield day, digest, text, decision, count, self.base[Demand] + group + 1

    def audit_rows(self) -> Iterator[Row]:
        """The events in the order of time, chained to what the log holds."""
        previous = self.last_hash
        for at, officer, action, subject, detail in sorted(self.events, key=lambda event: event[0]):
            event: Any = SimpleNamespace(
                at=at, officer_id=officer, action=action, subject=subject, detail=detail, previous_hash=previous
            )
            digest = audit_log.event_hash(event)
            yield at, officer, action, subject, detail, previous, digest, audit_log.seal_hash(digest, self.audit_key)
            previous = digest
