"""An instance with many rows at the desk, and a counter of the statements of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hoax_tracker.check.reports import submission
from hoax_tracker.clock import utc_now
from hoax_tracker.flag.model.model_files import register_shipped_model
from hoax_tracker.ingest.spreadsheets.reader import pack_table
from hoax_tracker.models import (
    Alarm,
    Assessment,
    ChannelKind,
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimLock,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Demand,
    District,
    Evidence,
    EvidenceCopy,
    EvidenceKind,
    Explainer,
    Holiday,
    Item,
    Measure,
    ModelVersion,
    MonthlyReport,
    Note,
    Notice,
    NoticeKind,
    Officer,
    OfficialChannel,
    PageCopy,
    PageMatch,
    PostsFile,
    Programme,
    Proposal,
    Question,
    Report,
    ReportAddition,
    ReportPicture,
    RisingKind,
    RoleName,
    SavedSearch,
    Source,
    Tag,
    TextTemplate,
    Topic,
    UnitTopic,
    WebhookDelivery,
    WebhookEndpoint,
    db,
)
from tests import databases, factories
from tests.conftest import settings_for
from tests.insight.report_rows import report_content
from tests.shared_app import create_test_app

NOW = factories.NOW
ROW_MODELS: dict[str, Any] = {
    **dict.fromkeys(("officer", "approver", "rekan"), Officer),
    **dict.fromkeys(("claim", "other", "others"), Claim),
    "model": ModelVersion,
    "sources": Source,
    "demands": Demand,
    "tags": Tag,
    "published": Clarification,
}
DECISION_KINDS = (DecisionKind.INVESTIGATE, DecisionKind.ASSIGN, DecisionKind.REOPEN)


@contextmanager
def count_statements() -> Iterator[list[str]]:
    """Yield the statements that the block sends, without those that begin, configure or order transactions."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asks = statement.split(None, 1)[0].lower() in ("select", "insert", "update", "delete", "with")
        if asks and "pg_advisory_xact_lock" not in statement:
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def report_ticket_digest(number: int, n: int) -> str:
    """The ticket digest of a report; the first one has that of TICKET."""
    return submission.ticket_digest(TICKET) if (number, n) == (1, 0) else f"{number}-{n}"


ROWS_OF_EACH_KIND = 40
CROWD_FILE = "crowd.json"
MAX_STATEMENTS = 15
"""Statements that a page or an act sends at most, however much there is."""
TICKET = "CDFG-HJKL-MNPQ-RTVW-XY34"
POSTS_CSV = b"waktu,teks\n2026-11-01,Air mati\n"


class Crowd:
    """Two claims with the same words, each with ``many`` related rows of every kind, and rows around them.

    Rows are stored as ids, because they are written once for many tests (the fixture ``crowd``).
    """

    def __init__(self, many: int) -> None:
        self.many = many
        self.ids: dict[str, Any] = {}

    @classmethod
    def written(cls, source: Path, folder: Path) -> Path:
        """Copy an instance, write the rows into the copy, and return its folder."""
        databases.copy_instance(source, folder)
        with create_test_app(settings_for(folder)).app_context():
            crowd = cls(ROWS_OF_EACH_KIND).make()
            db.session.remove()
            db.engine.dispose()
        (folder / CROWD_FILE).write_text(json.dumps(crowd.ids), encoding="utf-8")
        return folder

    @classmethod
    def read(cls, folder: Path) -> Crowd:
        """Return the rows of an instance that is a copy of such a folder."""
        crowd = cls(ROWS_OF_EACH_KIND)
        crowd.ids = json.loads((folder / CROWD_FILE).read_text(encoding="utf-8"))
        return crowd

    def __getattr__(self, name: str) -> Any:
        """Load the row or rows with that name."""
        if name not in ROW_MODELS or name not in self.ids:
            raise AttributeError(name)
        kept, model = self.ids[name], ROW_MODELS[name]
        if isinstance(kept, int):
            return db.session.get_one(model, kept)
        return list(db.session.scalars(sa.select(model).where(model.id.in_(kept)).order_by(model.id)))

    def keep(self, name: str, rows: Any) -> None:
        """Store the ids of rows under a name."""
        self.ids[name] = [one.id for one in rows] if isinstance(rows, list) else rows.id

    def make(self) -> Crowd:
        """Write the rows."""
        register_shipped_model(utc_now())
        everything = [role for role in RoleName if role is not RoleName.AUDITOR]
        self.keep("officer", factories.make_officer("semua@kupang.example", *everything))
        self.keep("approver", factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER))
        self.keep("rekan", factories.make_officer("rekan@kupang.example", RoleName.OFFICER, unit_code="dinkes"))
        self.around()
        self.settings_of_the_city()
        self.keep("claim", self.full_claim(1))
        self.keep("other", self.full_claim(2))
        self.narratives()
        self.pages()
        db.session.commit()
        return self

    def narratives(self) -> None:
        """Put the first claim into a narrative with many others, and each of the rest into one of its own."""
        half, author = self.many // 2, self.officer
        factories.make_narrative(author, self.claim, *self.others[:half], title="Air mati")
        for claim in self.others[half:]:
            factories.make_narrative(author, claim)

    def add(self, *rows: Any) -> None:
        """Add rows and flush them."""
        db.session.add_all(rows)
        db.session.flush()

    def around(self) -> None:
        """Make sources, people, a model, other claims, questions, templates and lists."""
        some = range(self.many)
        model = ModelVersion(digest="0" * 64, name="contoh", file_name="contoh.joblib", registered_at=NOW)
        sources = [Source(name=f"Warta {n}", url=f"https://w{n}.example/feed", created_at=NOW) for n in some]
        self.add(model, *sources)
        for n in some:
            factories.make_officer(f"orang{n}@kupang.example", RoleName.OFFICER, unit_code="dinkes")
        unit_id = factories.load_unit("dinkes").id
        others = [factories.make_claim(f"Yang lain nomor {n}", unit_id=unit_id) for n in some]
        demands = [Demand(text="Benarkah air mati?", first_day=NOW.date(), last_day=utc_now().date()) for _ in some]
        tags = [Tag(name=f"label {n}") for n in range(min(self.many, 10))]
        self.add(*demands, *tags)
        for name, rows in {"model": model, "sources": sources, "others": others, "demands": demands}.items():
            self.keep(name, rows)
        self.keep("tags", tags)
        asked = [(n, demand.id) for n, demand in enumerate(demands)]
        self.add(
            *(
                CheckQuery(day=utc_now().date(), digest=f"{n}", text="air", decision=CheckDecision.NONE, demand_id=key)
                for n, key in asked
            ),
            *(
                SavedSearch(officer_id=self.ids["officer"], name=f"Daftar {n}", query="topic=water")
                for n in range(min(self.many, 20))
            ),
            *(TextTemplate(topic=topic, findings="Isi", conclusion="Isi") for topic in list(Topic)),
        )

    def settings_of_the_city(self) -> None:
        """Make what administrators maintain: districts, programmes, topics, holidays, an uploaded table."""
        some, shipped = range(self.many), factories.shipped_id()
        unit_id = factories.load_unit("dinkes").id
        self.add(
            *(District(code=f"d{n}", name=f"Kelurahan {n}", kind="kelurahan") for n in some),
            *(Programme(code=f"p{n}", name=f"Program {n}", unit_id=unit_id) for n in some),
            *(UnitTopic(topic=topic, unit_id=unit_id) for topic in Topic),
            *(Holiday(day=date(2027, 1, 1) + timedelta(n), name=f"Libur {n}") for n in some),
            *(
                MonthlyReport(
                    month=date(2000 + n, 1, 1),
                    version=1,
                    content=report_content().as_json(),
                    sent_at=NOW,
                    sent_by_id=self.ids["rekan"],
                )
                for n in some
            ),
            *(
                OfficialChannel(
                    kind=ChannelKind.DOMAIN,
                    value=f"situs{n}.example",
                    owner="Kota",
                    is_listed=True,
                    confirmation_id=shipped,
                    changed_at=NOW,
                )
                for n in some
            ),
            *(
                Proposal(
                    act="channel",
                    subject=f"channel:new:{n}",
                    values={"kind": "domain", "value": f"baru{n}.example", "owner": "Kota", "is_listed": True},
                    proposed_by_id=self.ids["officer"],
                    proposed_at=NOW,
                )
                for n in some
            ),
            *(
                Explainer(
                    slug=f"p{n}",
                    title=f"Panduan {n}",
                    summary="Isi",
                    body="Isi",
                    cues=[f"kata {n}"],
                    is_shown=True,
                    confirmation_id=shipped,
                    changed_at=NOW,
                )
                for n in some
            ),
            *(
                WebhookEndpoint(
                    id=n + 1,
                    name=f"Situs {n}",
                    url=f"https://situs{n}.example/",
                    events=["claim.flagged"],
                    sealed_secret=b"x",
                    added_at=utc_now(),
                )
                for n in some
            ),
            *(
                WebhookDelivery(
                    endpoint_id=1,
                    message_id=f"msg_{n}",
                    event="claim.flagged",
                    body="{}",
                    attempts=1,
                    posted_at=utc_now(),
                    next_try_at=utc_now(),
                )
                for n in some
            ),
            PostsFile(
                officer_id=self.ids["officer"], file_name="posts.csv", content=pack_table(POSTS_CSV), added_at=utc_now()
            ),
        )

    def full_claim(self, number: int) -> Claim:
        """Make a claim with many related rows of every kind."""
        claim = factories.make_claim(
            "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah",
            title="Air mati",
            status=ClaimStatus.INVESTIGATING,
            priority=0.95,
            unit_id=factories.load_unit("diskominfo").id,
        )
        some = range(self.many)
        items = [self.item(number, n) for n in some]
        reports = [
            Report(
                ticket_digest=report_ticket_digest(number, n),
                text="Saya terima pesan ini",
                received_at=NOW,
                told="received",
            )
            for n in some
        ]
        claim.tags.extend(self.tags)  # type: ignore[attr-defined]
        self.add(*items, *reports)
        self.add(
            *(ClaimAppearance(claim_id=claim.id, item_id=one.id, seen_at=NOW) for one in items),
            *(ClaimAppearance(claim_id=claim.id, report_id=one.id, seen_at=NOW) for one in reports),
            *(self.assessment(one.id) for one in items),
            *(PageCopy(item_id=one.id, url="https://w.example/", copied_at=NOW) for one in items),
            *(ReportPicture(report_id=one.id, sealed=b"", width=1, height=1, added_at=NOW) for one in reports),
            *(ReportAddition(report_id=one.id, text="Dari grup", digest="0" * 64, added_at=NOW) for one in reports),
            *(
                Decision(claim_id=claim.id, officer_id=self.ids["rekan"], kind=DECISION_KINDS[n % 3], decided_at=NOW)
                for n in some
            ),
            *(Note(claim_id=claim.id, officer_id=self.ids["rekan"], text="Catatan", written_at=NOW) for _ in some),
            *(
                Notice(officer_id=self.ids["officer"], kind=NoticeKind.ROUTED, claim_id=claim.id, made_at=NOW)
                for _ in some
            ),
            Alarm(
                subject=f"claim:{claim.id}",
                kind=RisingKind.CLAIM,
                claim_id=claim.id,
                measure=Measure.SEEN,
                hours=6,
                count=14,
                usual=0.2,
                raised_at=NOW,
                last_sign_at=NOW,
            ),
            *(Demand(text="Air?", first_day=NOW.date(), last_day=NOW.date(), claim_id=claim.id) for _ in some),
        )
        self.ask(claim)
        return claim

    def item(self, number: int, n: int) -> Item:
        """Return an entry of a source."""
        sources = self.ids["sources"]
        key = f"{number}{n:063}"
        return Item(
            source_id=sources[n],
            entry_key=key,
            content_key=key,
            title="Air",
            text="Air mati",
            url="https://w.example/",
            fetched_at=NOW,
        )

    def assessment(self, item_id: int) -> Assessment:
        """Return the assessment of an entry."""
        scores = {"relevance": 1.0, "misinformation": 0.8, "priority": 0.7}
        return Assessment(
            item_id=item_id,
            model_version_id=self.ids["model"],
            topic=Topic.WATER,
            flagged=True,
            assessed_at=NOW,
            **scores,
        )

    def ask(self, claim: Claim) -> None:
        """Ask the unit about the claim, and add evidence: links, and files from answers."""
        questions = [
            Question(
                claim_id=claim.id,
                unit_id=factories.load_unit("dinkes").id,
                text="Benarkah?",
                asked_by_id=self.ids["officer"],
                asked_at=NOW,
                due_at=NOW,
                answer="Tidak",
                answered_at=NOW,
                closed_at=NOW,
                answered_by_id=self.rekan.id,
            )
            for _ in range(self.many)
        ]
        self.add(*questions)
        rows = [
            Evidence(
                kind=EvidenceKind.LINK,
                title="Tautan",
                url="https://w.example/",
                claim_id=claim.id,
                question_id=question.id if n % 2 else None,
                added_by_id=self.ids["rekan"],
                added_at=NOW,
            )
            for n, question in enumerate(questions[:39])
        ]
        self.add(*rows)
        self.add(*(EvidenceCopy(evidence_id=one.id, kept_at=NOW) for one in rows))

    def pages(self) -> None:
        """Write a draft on the claim and many published pages; many new claims match the first of these."""
        author, approver = self.officer, self.approver
        fields: dict[str, Any] = {"circulated_since": date(2026, 11, 1)}
        published = [factories.make_clarification(author, approver, **fields) for _ in range(self.many)]
        self.keep("published", published)
        answered = [factories.make_claim(f"Terjawab {n}", status=ClaimStatus.CLARIFIED) for n in range(self.many)]
        published[0].claims.extend(answered)
        self.add(
            *(
                PageMatch(claim_id=one.id, clarification_id=published[0].id, probability=0.9, looked_at=utc_now())
                for one in self.others
            ),
            *(
                Evidence(
                    kind=EvidenceKind.LINK,
                    title="Rujukan",
                    url="https://w.example/",
                    clarification_id=page.id,
                    added_by_id=author.id,
                    added_at=NOW,
                )
                for page in published
                for _ in range(3)
            ),
        )

    def draft(self, **fields: Any) -> Clarification:
        """Write a draft that answers the first claim, with many sources."""
        page = factories.make_clarification(self.officer, None, claims=[self.claim], **fields)
        self.add(
            *(
                Evidence(
                    kind=EvidenceKind.LINK,
                    title="Keterangan resmi",
                    url="https://w.example/",
                    clarification_id=page.id,
                    added_by_id=self.ids["officer"],
                    added_at=NOW,
                )
                for _ in range(min(self.many, 20))
            )
        )
        db.session.commit()
        return page

    def hold(self, holder: Officer) -> None:
        """Lock the first claim for an officer."""
        now = utc_now()
        db.session.add(
            ClaimLock(claim_id=self.claim.id, officer_id=holder.id, taken_at=now, ends_at=now + timedelta(minutes=5))
        )
        db.session.commit()
