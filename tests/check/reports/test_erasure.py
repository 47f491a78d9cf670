"""A reporter's erasure removes report or contact from rows, files, index and outbox, and nothing of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.check.answers.known_wordings import find_near_claims
from hoax_tracker.check.reports.erasure import erase_report, forget_contact
from hoax_tracker.check.reports.submission import find_report_by_ticket, submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import NotFoundError
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    Claim,
    ClaimAccusation,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    Evidence,
    EvidenceKind,
    Item,
    Officer,
    OutgoingMail,
    Report,
    Source,
    db,
)
from hoax_tracker.review.decisions.merge import merge_claims
from hoax_tracker.review.decisions.service import DecisionChoice, decide_claim
from tests import factories
from tests.check.conftest import MARKET, kept
from tests.desk_search.rows import make_item, make_source
from tests.factories import count_rows, only_row

CONTACT = "tanam-5512@surel.example"
RETOLD = "Jembatan Liliba dijaga mulai besok, semua pengendara motor dan mobil wajib bayar lima ribu"
PLANTED = f"Kata tanamkhusus: {RETOLD}"


def take(settings: Settings, now: datetime, text: str = PLANTED) -> str:
    """Take a report with a contact, and let the worker give it to a claim."""
    ticket = submit_report(text, "https://kiriman.example/tanam", "WhatsApp", CONTACT, True, now, settings)
    pipeline.assign_waiting_reports(now)
    return ticket


def number_of(table: type) -> int:
    """How many rows there are."""
    return kept(lambda: count_rows(table))


def examine(officer: Officer, now: datetime) -> int:
    """Let an officer examine the one claim; return its id."""
    claim = only_row(Claim)
    key, version = claim.id, claim.version
    decide_claim(key, version, DecisionChoice(DecisionKind.INVESTIGATE), officer=officer, now=now)
    return key


def found_in_files(folder: Path, *words: str) -> list[str]:
    """The files below a folder that hold one of the words, in any case."""
    held = {path: path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()}
    return [str(path) for path, data in held.items() if any(word.lower().encode() in data for word in words)]


def test_a_report_that_nobody_touched_goes_with_its_claim(
    shipped_model: None, settings: Settings, now: datetime
) -> None:
    ticket = take(settings, now)
    assert number_of(Claim) == 1
    erase_report(ticket, now)
    for table in (Report, Claim, ClaimAppearance, Assessment, OutgoingMail):
        assert number_of(table) == 0, table
    assert find_report_by_ticket(ticket) is None
    event = db.session.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.officer_id) == ("report_erased", None)
    assert "tanam" not in str(event.detail)


def test_whom_it_accused_goes_with_it(shipped_model: None, settings: Settings, now: datetime) -> None:
    ticket = take(settings, now, "Lurah Namosain minta uang dua ratus ribu untuk surat pindah")
    assert number_of(ClaimAccusation) > 0
    erase_report(ticket, now)
    for table in (Report, Claim, ClaimAccusation):
        assert number_of(table) == 0, table


@pytest.mark.sqlite
def test_nothing_of_it_is_left_in_any_file(
    shipped_model: None, settings: Settings, officer: Officer, now: datetime
) -> None:
    ticket = take(settings, now)
    examine(officer, now)
    assert find_near_claims(PLANTED).find_under_review(PLANTED) is not None
    current_match_index().keep(after=0)
    db.session.rollback()
    folder = settings.data_folder
    assert found_in_files(folder, "tanamkhusus"), "the search finds it while it is there"
    assert found_in_files(folder / "index", "tanamkhusus"), "in the index too"
    erase_report(ticket, now)
    db.session.remove()
    assert found_in_files(folder, "tanamkhusus", "kiriman.example/tanam", CONTACT) == []


def test_a_case_that_officers_began_is_emptied_and_closed(
    shipped_model: None, settings: Settings, officer: Officer, now: datetime
) -> None:
    ticket = take(settings, now)
    examine(officer, now)
    erase_report(ticket, now)
    claim = only_row(Claim)
    assert (claim.title, claim.text) == ("Aduan ini dihapus oleh pelapornya.",) * 2
    assert claim.status is ClaimStatus.DISMISSED
    assert len(claim.decisions) == 1
    assert find_near_claims(PLANTED).find_under_review(PLANTED) is None


def test_a_claim_that_others_reported_stays_in_their_words(
    shipped_model: None, settings: Settings, officer: Officer, now: datetime
) -> None:
    first = take(settings, now)
    take(settings, now, RETOLD)
    assert number_of(Claim) == 1
    examine(officer, now)
    erase_report(first, now)
    claim = only_row(Claim)
    assert claim.text == RETOLD
    assert "tanamkhusus" not in claim.title
    assert claim.status is ClaimStatus.INVESTIGATING
    assert number_of(Report) == 1


def test_who_stated_what_was_erased_is_erased_too(
    shipped_model: None, settings: Settings, officer: Officer, now: datetime
) -> None:
    first = take(settings, now)
    take(settings, now, RETOLD)
    key = examine(officer, now)
    with write_transaction():
        db.session.get_one(Claim, key).claimant = "Akun Tanam"
    erase_report(first, now)
    assert only_row(Claim).claimant is None


def test_the_name_goes_where_the_claim_was_merged_into(
    shipped_model: None, settings: Settings, officer: Officer, now: datetime
) -> None:
    ticket = take(settings, now)
    mine = only_row(Claim)
    mine.claimant = "Akun Tanam"
    other = factories.make_claim("Pasar Oeba ditutup", claimant=None)
    make_item(make_source(), "Pasar Oeba ditutup", other)
    merge_claims(mine.id, mine.version, other.id, into_version=other.version, officer=officer, now=now)
    assert other.claimant == "Akun Tanam"
    erase_report(ticket, now)
    db.session.expire_all()
    assert [claim.claimant for claim in db.session.scalars(sa.select(Claim))] == [None, None]
    assert "Akun Tanam" not in str(list(db.session.scalars(sa.select(Decision.changes))))
    assert other.text == "Pasar Oeba ditutup"


def test_a_claim_that_stood_in_a_feed_keeps_its_words(shipped_model: None, settings: Settings, now: datetime) -> None:
    ticket = take(settings, now)
    with write_transaction():
        source = Source(name="Kabar", created_at=now)
        db.session.add(source)
        db.session.flush()
        item = Item(source_id=source.id, entry_key="1", content_key="1", title="Jembatan", text=MARKET, fetched_at=now)
        db.session.add(item)
        db.session.flush()
        key = db.session.scalars(sa.select(Claim.id)).one()
        db.session.add(ClaimAppearance(claim_id=key, item_id=item.id, seen_at=now))
    erase_report(ticket, now)
    assert only_row(Claim).text == f"Jembatan\n{MARKET}"


def test_what_hangs_on_a_report_goes(shipped_model: None, settings: Settings, now: datetime) -> None:
    ticket = take(settings, now)
    with write_transaction():
        key = db.session.scalars(sa.select(Report.id)).one()
        link = {"kind": EvidenceKind.LINK, "title": "Tanam", "url": "https://x.example"}
        db.session.add(Evidence(report_id=key, added_at=now, **link))
        db.session.add(OutgoingMail(key="k", report_id=key, sealed=b"x", posted_at=now, next_try_at=now))
    erase_report(ticket, now)
    assert (number_of(Evidence), number_of(OutgoingMail)) == (0, 0)


def test_the_contact_alone_can_go(shipped_model: None, settings: Settings, now: datetime) -> None:
    ticket = take(settings, now)
    with write_transaction():
        key = db.session.scalars(sa.select(Report.id)).one()
        db.session.add(OutgoingMail(key="k", report_id=key, sealed=b"x", posted_at=now, next_try_at=now))
    forget_contact(ticket, now)
    row = db.session.scalars(sa.select(Report)).one()
    assert (row.contact_encrypted, row.ticket_encrypted, row.contact_purged_at) == (None, None, now)
    assert row.text == PLANTED
    assert number_of(OutgoingMail) == 0


@pytest.mark.parametrize("act", [erase_report, forget_contact])
def test_a_guessed_ticket_erases_nothing(
    shipped_model: None, settings: Settings, now: datetime, act: Callable[[str, datetime], None]
) -> None:
    take(settings, now)
    with pytest.raises(NotFoundError):
        act("CCCC-DDDD-FFFF-GGGG-HHHH", now)
    assert number_of(Report) == 1


def test_the_page_says_what_goes_and_does_it(
    shipped_model: None, client: FlaskClient, settings: Settings, now: datetime
) -> None:
    ticket = take(settings, now)
    assert f"/lapor/{ticket}/hapus" in client.get(f"/lapor/{ticket}").text
    page = client.get(f"/lapor/{ticket}/hapus")
    assert "Yang dihapus sekarang juga" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.post(f"/lapor/{ticket}/hapus", data={"apa": "kontak"}).status_code == 303
    assert "Kontak Anda sudah dihapus." in client.get(f"/lapor/{ticket}").text
    assert "Hapus kontak saja" not in client.get(f"/lapor/{ticket}/hapus").text
    assert "sudah dihapus" in client.post(f"/lapor/{ticket}/hapus", data={"apa": "aduan"}).text
    assert client.get(f"/lapor/{ticket}").status_code == 404
    assert client.post(f"/lapor/{ticket}/hapus", data={"apa": "aduan"}).status_code == 404


def test_a_copy_holds_everything_but_the_contact(
    shipped_model: None, client: FlaskClient, settings: Settings, now: datetime
) -> None:
    ticket = take(settings, now)
    answer = client.get(f"/lapor/{ticket}/salinan.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.get_json()
    assert (given["tiket"], given["isi"], given["tempat"]) == (ticket, PLANTED, "WhatsApp")
    assert given["kontak"] == "t…@surel.example"
    assert CONTACT not in answer.text
    assert client.get("/lapor/CCCC-DDDD-FFFF-GGGG-HHHH/salinan.json").status_code == 404
