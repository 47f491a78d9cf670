"""Visit every route of the app on an instance with rows of every kind, and check what a page must never contain.

New routes are visited automatically. For a new URL argument ``iterate_addresses`` fails, and ``fill_instance`` must
provide a value.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import product
from typing import Any

import sqlalchemy as sa
from apiflask import APIFlask
from werkzeug.routing import Rule

from hoax_tracker.authority import proposals
from hoax_tracker.check.objections import ObjectionAnswers, submit_objection
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import compress_and_encrypt, token_digest
from hoax_tracker.ingest.spreadsheets.reader import pack_table
from hoax_tracker.models import (
    Assessment,
    ChannelKind,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Demand,
    Evidence,
    EvidenceCopy,
    EvidenceKind,
    Explainer,
    Invitation,
    Item,
    MediaFingerprint,
    ModelVersion,
    Narrative,
    Note,
    Objection,
    ObjectionOutcome,
    Officer,
    OfficerIdentity,
    OfficerSession,
    OfficialChannel,
    PageCopy,
    Passkey,
    PasswordLink,
    PostsFile,
    Proposal,
    Question,
    Report,
    ReportAddition,
    RisingKind,
    RoleName,
    Source,
    Tag,
    Topic,
    Unit,
    Verdict,
    WebhookDelivery,
    WebhookEndpoint,
    db,
)
from hoax_tracker.organisation import reference_data
from tests import factories
from tests.insight.report_rows import make_report

HOSTILE = """'"><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)" style="color:red">"""
LINK = "tautan-karangan"
"""The token of an invitation and of a link to a password."""
HOSTILE_LINK = "javascript:alert(1)//https://x.example"
Values = dict[str, Sequence[object]]


def make_people() -> dict[str, Officer]:
    """One person of each role."""
    roles = (RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
    made = {role.value: factories.make_officer(f"{role.value}@kupang.example", role) for role in roles}
    return made | {"none": factories.make_officer("tanpa@kupang.example")}


def fill_instance(app: APIFlask, held: dict[str, Officer]) -> Values:
    """Fill the instance; return values for URL arguments by name."""
    with write_transaction():
        reference_data.load_reference_data()
    author, approver = held["officer"], held["approver"]
    settings = app.extensions["settings"]
    contact = "warga@contoh.example"
    ticket = submit_report(
        "Info air PDAM mati total tujuh hari", "https://x.example/1", "WhatsApp", contact, True, factories.NOW, settings
    )
    claim = factories.make_claim(status=ClaimStatus.INVESTIGATING, unit_id=factories.load_unit("pdam").id, sightings=2)
    claim.claimant = "Akun Karangan"
    add_appearances(claim)
    db.session.add(Decision(claim_id=claim.id, officer_id=author.id, kind=DecisionKind.INVESTIGATE, reason="Diperiksa",
                            decided_at=factories.NOW))  # fmt: skip
    pages = [factories.make_clarification(author, approver) for _ in range(3)]
    corrected, retracted = pages[1], pages[2]
    corrected.status, retracted.status = ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED
    for page in pages:
        add_history(page, author, approver)
    pages[0].proposed_kind, pages[0].proposed_note = ClarificationStatus.RETRACTED, "Keliru"
    pages[0].proposed_by_id, pages[0].proposed_at = author.id, factories.NOW
    drafts = [factories.make_clarification(author, None, returned_reason="Kurang sumber")]
    drafts += [factories.make_clarification(author, None, status=ClarificationStatus.AWAITING_APPROVAL,
                                            submitted_at=factories.NOW)]  # fmt: skip
    claim.clarifications.append(drafts[0])
    today = factories.NOW.date()
    posts = pack_table(b"isi\nAir mati\n")
    db.session.add(PostsFile(officer_id=held["administrator"].id, file_name="ekspor.csv", content=posts,
                             added_at=factories.NOW))  # fmt: skip
    db.session.add(Demand(text="pasar oeba tutup", first_day=today, last_day=today, suggested_id=claim.id))
    proof = {"claim_id": claim.id, "added_by_id": author.id, "added_at": factories.NOW}
    link = {"kind": EvidenceKind.LINK, "title": "Bukti", "url": "https://x.example/4"}
    file = {"kind": EvidenceKind.FILE, "title": "Surat", "file_name": "surat.pdf", "digest": "0" * 64}
    key = app.extensions["settings"].contact_key
    for given, kind in ((link, "text/html"), (file, "application/pdf")):
        copy = EvidenceCopy(
            sealed=compress_and_encrypt(HOSTILE.encode(), key), media_type=kind, kept_at=factories.NOW, last_error="x"
        )
        db.session.add(Evidence(copy=copy, **given, **proof))
    told = {"told": [approver.name], "written_at": factories.NOW}
    db.session.add(Note(claim_id=claim.id, officer_id=author.id, text=HOSTILE, **told))
    claim.tags.append(Tag(name=HOSTILE[:40]))
    add_alarms(claim)
    add_narratives(claim, pages[0], author)
    add_links(held["officer"])
    add_explainers(author)
    add_channels(author)
    make_report(author, HOSTILE)
    make_report(None, HOSTILE, version=2)
    db.session.add(Passkey(officer_id=author.id, name=HOSTILE[:60], credential_id="AA", public_key=b"k", sign_count=0,
                           last_challenge=0, added_at=factories.NOW))  # fmt: skip
    db.session.add(WebhookEndpoint(name=HOSTILE, url="https://x.example/5", events=["claim.flagged"], is_active=False,
                                   added_at=factories.NOW, off_reason=HOSTILE[:120], sealed_secret=b"x"))  # fmt: skip
    db.session.flush()
    db.session.add(WebhookDelivery(endpoint_id=1, message_id="msg_1", event="claim.flagged", body="{}", attempts=1,
                                   posted_at=factories.NOW, next_try_at=factories.NOW, answered_at=factories.NOW,
                                   answer_status=500, answer_line=HOSTILE[:120], last_error="HTTP 500"))  # fmt: skip
    db.session.commit()
    objection_ticket = add_objections(pages[0].id, settings)
    digest = add_crossed_picture(pages[0], key)
    keys = [page.id for page in (*pages, *drafts)]
    known = address_values([ticket, objection_ticket], claim.id, keys, [page.slug for page in pages])
    return known | {"number": [page.number for page in pages], "digest": [digest]}


def add_crossed_picture(page: Clarification, key: str) -> str:
    """Let a page show a picture, and return the picture's digest."""
    data = b"\xff\xd8\xff" + HOSTILE.encode()
    digest = hashlib.sha256(data).hexdigest()
    page.picture = {"evidence": 1, "alt": HOSTILE, "digest": digest, "width": 480, "height": 320}
    copy = EvidenceCopy(sealed=compress_and_encrypt(data, key), media_type="image/jpeg", kept_at=factories.NOW)
    row = {"kind": EvidenceKind.FILE, "title": "", "file_name": "x.jpg", "digest": digest, "added_at": factories.NOW}
    db.session.add(Evidence(copy=copy, clarification_id=page.id, **row))
    db.session.commit()
    return digest


def add_alarms(claim: Claim) -> None:
    """Let a claim, a topic and a place that is gone rise, and another have risen."""
    factories.make_alarm(claim)
    factories.make_alarm()
    factories.make_alarm(kind=RisingKind.PLACE, subject="place:kec-alak", topic=None)
    factories.make_alarm(topic=Topic.WATER, calmed_at=factories.NOW)


def add_narratives(claim: Claim, answer: Clarification, author: Officer) -> None:
    """Put the claim into a narrative with one that has an answer, and merge another narrative into it."""
    fellow = factories.make_claim("Air PDAM mati total tiga hari mulai Kamis", status=ClaimStatus.CLARIFIED)
    fellow.clarifications.append(answer)
    narrative = factories.make_narrative(author, claim, fellow, title=HOSTILE[:200], notes=HOSTILE)
    factories.make_narrative(author, merged_into_id=narrative.id, merged_row_ids=[], title=HOSTILE[:200])


def add_explainers(author: Officer) -> None:
    """Let a lesson that residents read hold all that may hurt, and another be proposed."""
    shown = db.session.scalars(sa.select(Explainer).order_by(Explainer.title)).first()
    assert shown is not None
    shown.title, shown.summary, shown.body = HOSTILE[:200], HOSTILE, f"{HOSTILE}\n\n[x]({HOSTILE_LINK})"
    texts = {"title": HOSTILE[:200], "summary": HOSTILE, "body": HOSTILE, "cues": [HOSTILE], "is_shown": True}
    proposals.propose("explainer", "explainer:new:0", texts, by=author, now=factories.NOW)


def add_channels(author: Officer) -> None:
    """Let an official channel and a proposed one hold all that may hurt."""
    db.session.add(OfficialChannel(kind=ChannelKind.DOMAIN, value="x.example", owner=HOSTILE, is_listed=True,
                                   confirmation_id=factories.shipped_id(), changed_at=factories.NOW))  # fmt: skip
    values = {"kind": "social_account", "value": HOSTILE[:120], "owner": HOSTILE, "is_listed": True}
    proposals.propose("channel", "channel:new:0", values, by=author, now=factories.NOW)


def add_objections(page_id: int, settings: Settings) -> str:
    """Let one objection to a page be upheld and another wait; return the ticket of the one that waits."""
    for ground, address in (("verdict", "198.51.100.1"), ("fact", "198.51.100.2")):
        given = ObjectionAnswers(ground, HOSTILE)
        ticket = submit_objection(page_id, given, factories.NOW, settings, address=address)
    row = db.session.scalars(sa.select(Objection).order_by(Objection.id)).first()
    assert row is not None
    row.outcome, row.reason = ObjectionOutcome.CORRECT, HOSTILE
    row.decided_at, row.working_days = utc_now(), 3
    db.session.commit()
    return ticket


def add_links(officer: Officer) -> None:
    """Add an open invitation, an open password link, and another session of the officer."""
    digest, ends = token_digest(LINK), utc_now() + timedelta(days=1)
    db.session.add(Invitation(email="undangan@kupang.example", name=HOSTILE, unit_id=officer.unit_id, roles=["officer"],
                              token_digest=digest, invited_at=factories.NOW, expires_at=ends))  # fmt: skip
    db.session.add(OfficerIdentity(officer_id=officer.id, issuer="https://masuk.example", subject=HOSTILE[:60],
                                   joined_at=factories.NOW))  # fmt: skip
    db.session.add(PasswordLink(officer_id=officer.id, token_digest=digest, made_at=factories.NOW, expires_at=ends))
    db.session.add(OfficerSession(officer_id=officer.id, token_digest="0" * 64, begun_at=utc_now(), seen_at=utc_now(),
                                  network="203.0.113.0/24", browser="Chrome/Android"))  # fmt: skip


def address_values(tickets: list[str], claim_id: int, pages: list[int], slugs: list[str | None]) -> Values:
    """Return values for URL arguments."""
    claims = db.session.scalars(sa.select(Claim.id).order_by(Claim.id)).all()
    return {
        "ticket": tickets,
        "token": ["tidak-ada", LINK],
        "invitation_id": db.session.scalars(sa.select(Invitation.id)).all(),
        "session_id": [1],
        "browser_id": [1],
        "name": ["kota"],
        "number": [1, 9],
        "claim_id": claims,
        "addition_id": db.session.scalars(sa.select(ReportAddition.id)).all(),
        "report_id": db.session.scalars(sa.select(Report.id)).all()[:1],
        "alarm_id": [1],
        "objection_id": db.session.scalars(sa.select(Objection.id)).all(),
        "narrative_id": db.session.scalars(sa.select(Narrative.id)).all(),
        "clarification_id": pages,
        "slug": slugs,
        "source_id": db.session.scalars(sa.select(Source.id)).all()[:1],
        "decision_id": db.session.scalars(sa.select(Decision.id)).all()[:1],
        "item_id": db.session.scalars(sa.select(PageCopy.item_id)).all(),
        "upload_id": db.session.scalars(sa.select(PostsFile.id)).all(),
        "fingerprint_id": db.session.scalars(sa.select(MediaFingerprint.id)).all(),
        "evidence_id": db.session.scalars(sa.select(Evidence.id).where(Evidence.claim_id.is_not(None))).all(),
        "saved_id": [1],
        "note_id": db.session.scalars(sa.select(Note.id)).all()[:1],
        "question_id": db.session.scalars(sa.select(Question.id)).all()[:1],
        "officer_id": db.session.scalars(sa.select(Officer.id)).all()[:1],
        "unit_id": db.session.scalars(sa.select(Unit.id)).all()[:1],
        "district_id": [9],
        "programme_id": [1],
        "webhook_id": db.session.scalars(sa.select(WebhookEndpoint.id)).all(),
        "delivery_id": db.session.scalars(sa.select(WebhookDelivery.id)).all(),
        "version_id": db.session.scalars(sa.select(ModelVersion.id)).all()[:1],
        "demand_id": db.session.scalars(sa.select(Demand.id)).all()[:1],
        "passkey_id": db.session.scalars(sa.select(Passkey.id)).all(),
        "explainer_id": db.session.scalars(sa.select(Explainer.id)).all()[:1],
        "channel_name": ["telegram", "whatsapp"],
        "channel_id": db.session.scalars(sa.select(OfficialChannel.id)).all(),
        "guide": db.session.scalars(sa.select(Explainer.slug).where(Explainer.is_shown)).all()[:2],
        "proposal_id": db.session.scalars(sa.select(Proposal.id)).all(),
        "identity_id": db.session.scalars(sa.select(OfficerIdentity.id)).all(),
        "value": ["water"],
        "code": ["en"],
        "filename": ["site.css"],
        "act": [],
        "file_format": ["csv", "xlsx"],
        "day": ["2027-02-06"],
        "month": ["2026-10"],
        "year": [str(utc_now().year)],
        "version": [1, 2],
        "file_kind": ["pdf", "xlsx"],
    }


def add_appearances(claim: Claim) -> None:
    """Give the claim an appearance in a failing source, with an assessment and reasons."""
    source = Source(name="Kabar", url="https://kabar.example/feed", home_url="https://kabar.example/", failures=3,
                    last_error="x", problems=["Entri 3: tanpa judul"], created_at=factories.NOW)  # fmt: skip
    version = ModelVersion(digest="d", name="m", file_name="m", registered_at=factories.NOW)
    db.session.add_all([source, version])
    db.session.flush()
    item = Item(source_id=source.id, entry_key="1", content_key="1", url="https://kabar.example/1", title="Kabar",
                text=claim.text, author="Akun", fetched_at=factories.NOW)  # fmt: skip
    report = Report(ticket_digest="x", text="Dari grup", url="https://x.example/2", received_at=factories.NOW)
    db.session.add_all([item, report])
    db.session.flush()
    db.session.add(PageCopy(item_id=item.id, url="https://kabar.example/1", html=zlib.compress(HOSTILE.encode()),
                            digest="0" * 64, text=claim.text, text_now="Lain", copied_at=factories.NOW,
                            changed_at=factories.NOW, looked_at=factories.NOW, trouble="x"))  # fmt: skip
    reasons = [{"kind": "place", "label": HOSTILE, "weight": 0.3, "start": 0, "end": 6}]
    db.session.add_all([
        ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=factories.NOW),
        ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=factories.NOW),
        ReportAddition(report_id=report.id, text="Dari grup RT", digest="0" * 64, added_at=factories.NOW),
        Assessment(item_id=item.id, model_version_id=version.id, relevance=0.9, misinformation=0.8, priority=0.7,
                   topic=claim.topic, flagged=True, reasons=reasons, assessed_at=factories.NOW),
    ])  # fmt: skip


def add_history(page: Clarification, author: Officer, approver: Officer) -> None:
    """Give a public page a source and two revisions."""
    link = {"kind": EvidenceKind.LINK, "title": "Sumber", "url": "https://x.example/3", "dated": date(2026, 11, 1)}
    db.session.add(Evidence(clarification_id=page.id, added_at=factories.NOW, **link))
    people = {"author_id": author.id, "approver_id": approver.id, "made_at": factories.NOW}
    states = [(ClarificationStatus.PUBLISHED, "", HOSTILE), (ClarificationStatus.CORRECTED, "Angka", "Baru")]
    for number, (kind, note, title) in enumerate(states, 1):
        content = {"title": title, "verdict": Verdict.HOAKS.value if number == 1 else Verdict.SEBAGIAN_BENAR.value}
        db.session.add(
            ClarificationRevision(
                clarification_id=page.id, number=number, kind=kind, note=note, content=content, **people
            )
        )


def make_hostile() -> None:
    """Put markup into every text that people, feeds or officers write, and a script into every link."""
    kept = {"email", "password", "fs_uniquifier", "code", "slug", "kind", "file_name", "query", "description"}
    for mapper in db.Model.registry.mappers:
        table = mapper.local_table
        if table.name in ("audit_event", "role", "rate_limit", "check_query") or "id" not in table.c:
            continue
        for column in table.c:
            if not isinstance(column.type, sa.String) or isinstance(column.type, sa.Enum) or column.name in kept:
                continue
            if "url" in column.name:
                change = HOSTILE_LINK + sa.cast(table.c.id, sa.String)
            elif column.type.length is None or column.type.length > 110:
                change = HOSTILE + sa.cast(table.c.id, sa.String)
            else:
                continue
            db.session.execute(sa.update(table).where(column.is_not(None)).values({column: change}))
    db.session.execute(sa.update(Source).values(problems=[HOSTILE], last_error=HOSTILE))
    db.session.commit()


def iterate_addresses(app: APIFlask, known: Values, method: str = "GET") -> Iterator[tuple[Rule, str]]:
    """Yield every route with the method and each address of it; fail for a URL argument without a value."""
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if method not in (rule.methods or ()):
                continue
            names = sorted(rule.arguments)
            missing = [name for name in names if name not in known]
            assert not missing, f"{rule}: tests/walk.py does not know what can stand for {missing}"
            choices = [list_route_acts(rule) if name == "act" else known[name] for name in names]
            for chosen in product(*choices):
                yield rule, adapter.build(rule.endpoint, dict(zip(names, chosen, strict=True)), method=method)


def list_route_acts(rule: Rule) -> list[str]:
    """Return the acts that a route accepts."""
    inner = rule.rule.split("):act>", 1)[0].rsplit("<any(", 1)[1]
    return [one.strip().strip("'") for one in inner.split(",")]


class Reader(HTMLParser):
    """Reads a page as a browser does, and collects what would run or load."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check an element."""
        given: dict[str, Any] = {name: value or "" for name, value in attrs}
        if tag in ("style", "iframe", "object", "embed", "base", "applet", "frame"):
            self.faults.append(f"<{tag}>")
        if tag == "script" and not given.get("src") and given.get("type") != "application/ld+json":
            self.faults.append("an inline script")
        if tag == "meta" and "http-equiv" in given:
            self.faults.append("meta http-equiv")
        self.faults += [f"{name} of <{tag}>" for name in given if name == "style" or name.startswith("on")]
        for name in ("href", "src", "action", "formaction", "poster", "srcset", "xlink:href"):
            address = given.get(name, "").strip().lower()
            if address.startswith(("javascript:", "data:", "vbscript:")):
                self.faults.append(f"{name}={address[:40]}")
            loads = name == "src" or (tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"))
            if loads and address and (not address.startswith("/") or address.startswith("//")):
                self.faults.append(f"<{tag}> loads {address[:60]}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a self-closing element."""
        self.handle_starttag(tag, attrs)


def page_faults(page: str) -> list[str]:
    """Return what a page contains that the policy would block, or that an attacker may have inserted."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.faults
