"""Explainers: written by one officer, approved by another, and offered to who got no answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.check.answers.explainers import find_explainers
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.clarify import explainers
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.errors import EditConflictError, NotAllowedError
from hoax_tracker.models import AuditEvent, CheckDecision, Explainer, Officer, Proposal, RoleName, db
from hoax_tracker.organisation.reference_data import load_reference_data
from tests import factories
from tests.browser import read_form_fields
from tests.factories import count_rows

SignIn = Callable[[Officer], FlaskClient]
TEXTS = {
    "title": "Kabar tentang pasar",
    "summary": "Tanya pengelola pasar dulu.",
    "body": "1. Telepon.\n2. Tunggu.",
    "cues": ["pasar", "kios murah"],
    "is_shown": True,
}
DESK, WAITING = "/petugas/panduan/", "/petugas/menunggu"


def propose(officer: Officer, now: datetime, row: Explainer | None = None, **changes: Any) -> Proposal:
    """Propose a new lesson, or changes of one; return what waits."""
    start = explainers.pending_values(row)
    values = (TEXTS if row is None else start) | changes
    explainers.propose_explainer(row.id if row else None, values, values_digest(start), officer=officer, now=now)
    return proposals.list_open(["explainer"])[-1]


def approve(row: Proposal, officer: Officer, now: datetime) -> Explainer:
    """Confirm what waits, and return the lesson that was changed last."""
    proposals.confirm(row.id, proposals.proposal_digest(row), by=officer, now=now)
    return db.session.scalars(sa.select(Explainer).where(Explainer.confirmation_id == row.id)).one()


def test_it_is_public_once_another_person_approved_it(
    officer: Officer, approver: Officer, client: FlaskClient, now: datetime
) -> None:
    row = propose(officer, now)
    assert client.get("/panduan/kabar-tentang-pasar").status_code == 404
    assert TEXTS["title"] not in client.get("/panduan").get_data(as_text=True)
    approve(row, approver, now)
    assert "<li>Telepon.</li>" in client.get("/panduan/kabar-tentang-pasar").get_data(as_text=True)
    assert TEXTS["title"] in client.get("/panduan").get_data(as_text=True)
    actions = db.session.scalars(sa.select(AuditEvent.action).where(AuditEvent.subject == row.subject)).all()
    assert actions == ["proposal_made", "proposal_confirmed"]


def test_nobody_approves_what_they_wrote_in(officer: Officer, approver: Officer, now: datetime) -> None:
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    waiting = propose(both, now)
    with pytest.raises(NotAllowedError):
        approve(waiting, both, now)
    assert propose(officer, now, summary="Diubah orang lain.") is waiting
    for person in (both, officer):
        with pytest.raises(NotAllowedError):
            approve(waiting, person, now)
    row = approve(waiting, approver, now)
    assert (row.summary, row.is_shown) == ("Diubah orang lain.", True)


def test_a_change_is_not_public_before_it_is_approved_and_may_be_refused(
    officer: Officer, approver: Officer, client: FlaskClient, now: datetime
) -> None:
    row = approve(propose(officer, now), approver, now)
    waiting = propose(officer, now, row, is_shown=False)
    assert client.get("/panduan/kabar-tentang-pasar").status_code == 200
    proposals.refuse(waiting.id, "Masih dipakai.", by=approver, now=now)
    assert row.is_shown
    approve(propose(officer, now, row, is_shown=False), approver, now)
    assert client.get("/panduan/kabar-tentang-pasar").status_code == 404


def test_who_saw_older_words_neither_approves_nor_overwrites(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    row = approve(propose(officer, now), approver, now)
    waiting = propose(officer, now, row, title="Judul lain")
    seen = proposals.proposal_digest(waiting)
    propose(officer, now, row, title="Judul ketiga")
    with pytest.raises(EditConflictError, match="changed"):
        proposals.confirm(waiting.id, seen, by=approver, now=now)
    with pytest.raises(EditConflictError, match="explainer"):
        explainers.propose_explainer(row.id, TEXTS, values_digest(TEXTS), officer=officer, now=now)
    assert row.title == TEXTS["title"]


def test_two_of_one_title_have_two_addresses(officer: Officer, approver: Officer, now: datetime) -> None:
    slugs = [approve(propose(officer, now), approver, now).slug for _ in range(3)]
    assert slugs == ["kabar-tentang-pasar", "kabar-tentang-pasar-2", "kabar-tentang-pasar-3"]


def test_the_forms_lead_from_a_proposal_to_the_page(
    officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    author = sign_in(officer)
    fields = read_form_fields(author, f"{DESK}baru")
    typed = fields | TEXTS | {"cues": "pasar\nkios murah\n", "is_shown": "y"}
    refused = author.post(f"{DESK}baru", data=typed | {"title": ""})
    assert refused.status_code == 422
    assert "Tunggu." in refused.get_data(as_text=True)
    answer = author.post(f"{DESK}baru", data=typed)
    assert answer.status_code == 303
    assert "Ini usulan Anda sendiri" in author.get(answer.headers["Location"]).get_data(as_text=True)
    [row] = proposals.list_open(["explainer"])
    place, seen = f"{WAITING}/{row.id}/setujui", proposals.proposal_digest(row)
    assert factories.submit_form(author, place, WAITING, seen=seen).status_code == 403
    second = sign_in(approver)
    assert factories.submit_form(second, place, WAITING, seen="0" * 32).status_code == 409
    assert factories.submit_form(second, place, WAITING, seen=seen).status_code == 303
    assert "Kabar tentang pasar" in client.get("/panduan").get_data(as_text=True)
    assert second.get(f"{DESK}baru").status_code == 403


def test_who_got_no_answer_is_offered_what_fits(app: APIFlask, client: FlaskClient, now: datetime) -> None:
    load_reference_data()
    db.session.commit()
    message = "LOWONGAN kerja di pelabuhan, kirim foto KTP lewat berkas apk ini"
    answer = answer_message(message, now)
    assert answer.decision is CheckDecision.NONE
    assert [row.slug for row in answer.explainers] == ["lowongan-kerja", "memeriksa-gambar"]
    assert find_explainers(f"{message}, undangan")[0].slug == "berkas-apk"
    page = client.post("/cek", data={"teks": message}).get_data(as_text=True)
    assert "Sambil menunggu: cara memeriksanya sendiri" in page
    assert [row.slug for row in find_explainers("ada SURAT  edaran baru")] == ["surat-edaran"]
    assert find_explainers("ada surat, edarannya besok") == []
    assert find_explainers("selamat pagi") == []


def test_loading_the_shipped_ones_again_keeps_what_the_office_wrote(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    load_reference_data()
    db.session.commit()
    assert count_rows(Explainer) == 8
    row = db.session.scalars(sa.select(Explainer).where(Explainer.slug == "berkas-apk")).one()
    approve(propose(officer, now, row, title="Judul kantor"), approver, now)
    assert load_reference_data()["explainers"] == 0
    assert row.title == "Judul kantor"


def test_all_that_is_shipped_can_be_found_and_reads_well(app: APIFlask, client: FlaskClient) -> None:
    load_reference_data()
    db.session.commit()
    for row in db.session.scalars(sa.select(Explainer)):
        assert [cue for cue in row.cues if row not in find_explainers(f"katanya {cue} saja")] == []
        page = client.get(f"/panduan/{row.slug}")
        assert page.status_code == 200
        assert len(page.data) < 40_000
