"""How many statements a page of the desk sends to the database: as many with many rows as with few, and few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimLock,
    ClaimStatus,
    Decision,
    DecisionKind,
    Item,
    Note,
    Notice,
    NoticeKind,
    Officer,
    Question,
    RoleName,
    Source,
    TextTemplate,
    Topic,
    clarification_claim,
    db,
)
from tests import factories
from tests.review.test_service import make_report

MOST = 15
MOST_OF_AN_ACT = 25  # an act reads who acts and what it is about anew, and writes a decision, its audit and notices
SignIn = Callable[[Officer], FlaskClient]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the statements that the block sends; beginnings, settings and turns of transactions do not count."""
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


def fill(officer: Officer, many: int) -> Claim:
    """Make claims, and one with that many reports, decisions and pages."""
    claim = factories.make_claim("Air mati tujuh hari", status=ClaimStatus.INVESTIGATING, priority=0.95)
    for _ in range(many):
        factories.make_claim("Yang lain", unit_id=factories.unit("dinkes").id)
        make_report(claim)
        kind = DecisionKind.INVESTIGATE
        db.session.add(Decision(claim_id=claim.id, officer_id=officer.id, kind=kind, decided_at=factories.NOW))
        factories.make_clarification(officer, None, claims=[claim])
    db.session.commit()
    return claim


def rich(officer: Officer, approver: Officer) -> Claim:
    """A claim with some of everything: entries of sources, reports, drafts, questions, notes, likenesses, a holder."""
    claim = fill(officer, 6)
    claim.accused_unit_id, claim.title = factories.unit("pdam").id, "Air mati"
    claim.text = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
    factories.make_clarification(officer, approver)
    factories.make_claim(claim.text, status=ClaimStatus.TRIAGED)
    other = factories.make_officer("rekan@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    source = Source(name="Warta", url="https://warta.example/feed", created_at=factories.NOW)
    db.session.add(source)
    db.session.flush()
    for number in range(60):
        key = f"{number:064}"
        item = Item(
            source_id=source.id, entry_key=key, content_key=key, title="Air", text="Air mati", fetched_at=factories.NOW
        )
        db.session.add(item)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=factories.NOW, opens=number == 0))
        if number % 15 == 0:
            about = {"text": "Benarkah?", "asked_by_id": officer.id, "asked_at": factories.NOW, "due_at": factories.NOW}
            db.session.add(Question(claim_id=claim.id, unit_id=factories.unit("dinkes").id, **about))
            db.session.add(Note(claim_id=claim.id, officer_id=other.id, text="Catatan", written_at=factories.NOW))
            db.session.add(TextTemplate(topic=list(Topic)[number // 15], findings="Isi", conclusion="Isi"))
            db.session.add(
                Notice(officer_id=officer.id, kind=NoticeKind.ROUTED, claim_id=claim.id, made_at=factories.NOW)
            )
    until = utc_now() + timedelta(minutes=5)
    db.session.add(ClaimLock(claim_id=claim.id, officer_id=other.id, taken_at=utc_now(), ends_at=until))
    db.session.commit()
    return claim


PAGES = [
    "/petugas/",
    "/petugas/?q=air",
    "/petugas/?status=dismissed",
    "/petugas/klaim/{id}",
    "/petugas/klaim/{id}/isi",
    "/petugas/klaim/{id}/tanya",
    "/petugas/klaim/{id}/kembalikan",
    "/petugas/pertanyaan/1",
    "/petugas/untuk-anda",
    "/petugas/ditanyakan/",
    "/petugas/cari/?q=air",
    "/petugas/klarifikasi/",
    "/petugas/klarifikasi/1",
    "/petugas/klarifikasi/1/sunting",
    "/petugas/klarifikasi/7",
    "/petugas/klarifikasi/7/koreksi",
    "/petugas/sumber/",
    "/petugas/penanda/",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_sends_more(path: str, officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    claim = rich(officer, approver)
    browser, address = sign_in(officer), path.format(id=claim.id)
    browser.get(address)  # the match index reads its files once
    db.session.remove()  # as in a process that serves: nothing is known from the making of the rows
    with counted() as sent:
        assert browser.get(address).status_code == 200
    assert len(sent) <= MOST, "\n\n".join(sent)


ACTS: dict[str, dict[str, str]] = {
    "periksa": {},
    "tutup": {"decision": "dismiss", "reason": "Kabar lama"},
    "teruskan": {"unit_id": "{unit}"},
    "tautkan": {"clarification": "7"},
    "sampah": {"report": "1"},
    "catatan": {"text": "Sudah ditanyakan"},
    "label": {"label": "air"},
    "tanya": {"unit_id": "{unit}", "text": "Benarkah?"},
    "kerjakan": {},
}


@pytest.mark.parametrize("act", ACTS)
def test_no_act_sends_more(act: str, officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    claim = rich(officer, approver)
    claim.status = ClaimStatus.NEW
    db.session.execute(sa.delete(ClaimLock))
    db.session.execute(sa.delete(clarification_claim))
    db.session.commit()
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    token = factories.csrf_of(browser.get(f"{path}/isi").get_data(as_text=True))
    known = {"unit": factories.unit("dinkes").id}
    sent_fields = {name: value.format(**known) for name, value in ACTS[act].items()}
    version = str(claim.version)
    db.session.remove()
    with counted() as sent:
        given = {"csrf_token": token, "version": version, **sent_fields}
        answer = browser.post(f"{path}/{act}", data=given, headers={"X-Requested-With": "fetch"})
    assert answer.status_code < 400, answer.get_data(as_text=True)
    assert len(sent) <= MOST_OF_AN_ACT, "\n\n".join(sent)
