"""Objections on screen: the form, the ticket, the page of the clarification, and the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask.testing import FlaskClient

from hoax_tracker.claims.public_words.objections import list_shown_objections
from hoax_tracker.clarify.objections import propose_decision
from hoax_tracker.models import Clarification, Objection, ObjectionOutcome, ObjectionStatement, Officer, db
from tests import factories
from tests.clarify.objections.conftest import SAID

REASON = "Perumda menunjukkan catatan pipa yang pecah."


def send(client: FlaskClient, slug: str, **fields: str) -> tuple[int, str]:
    """Fill in the form of a page; return the status and the ticket's address, or the text of what is shown again."""
    form = f"/klarifikasi/{slug}/keberatan"
    sent = {"apa": "fact", "teks": SAID, "ke": "kirim"} | fields
    answer = factories.submit_form(client, form, **sent)
    return answer.status_code, answer.headers.get("Location", "") or answer.get_data(as_text=True)


def test_from_the_page_to_the_ticket_and_back(client: FlaskClient, page: Clarification) -> None:
    slug = page.slug or ""
    assert f"/klarifikasi/{slug}/keberatan" in client.get(f"/klarifikasi/{slug}").get_data(as_text=True)
    status, address = send(client, slug)
    assert status == 303
    ticket = client.get(address)
    assert SAID in ticket.get_data(as_text=True)
    assert ticket.headers["Cache-Control"] == "no-store"
    public = client.get(f"/klarifikasi/{slug}").get_data(as_text=True)
    assert "sedang diputuskan" not in public, "one unnamed objection puts no doubt under a page"
    assert SAID not in public
    number = address.split("/")[-1].partition("?")[0]
    assert client.post("/tiket", data={"nomor": number.lower()}).headers["Location"] == f"/keberatan/{number}"
    assert client.post(f"/keberatan/{number}/tarik").status_code == 200
    assert client.get(f"/keberatan/{number}").status_code == 404


def test_an_undecided_objection_is_shown_once_an_officer_took_it_up_or_its_deadline_passed(
    client: FlaskClient, page: Clarification, objection: Objection, decider: Officer, now: datetime
) -> None:
    address = f"/klarifikasi/{page.slug}"
    assert "sedang diputuskan" not in client.get(address).get_data(as_text=True)
    assert list_shown_objections(page, objection.due_at - timedelta(seconds=1)) == []
    assert [one.row.id for one in list_shown_objections(page, objection.due_at)] == [objection.id]
    propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=decider, now=now)
    client.application.extensions.pop("kept_pages", None)
    assert "Ada 1 keberatan yang sedang diputuskan" in client.get(address).get_data(as_text=True)


def test_a_fault_keeps_what_was_typed(client: FlaskClient, page: Clarification) -> None:
    status, text = send(client, page.slug or "", apa="")
    assert status == 422
    assert SAID in text
    assert "Pilih satu: apa yang keliru?" in text
    answer = client.post(f"/klarifikasi/{page.slug}/keberatan", data={"apa": "fact", "teks": SAID, "ke": "kirim"})
    assert (answer.status_code, SAID in answer.get_data(as_text=True)) == (422, True)  # without a token
    answer = client.post(f"/klarifikasi/{page.slug}/keberatan?bahasa=en", data={"teks": SAID, "ke": "bahasa"})
    assert SAID in answer.get_data(as_text=True)
    assert not db.session.scalars(db.select(ObjectionStatement)).all()


def test_the_decision_stands_on_the_page(
    client: FlaskClient, page: Clarification, objection: Objection, decider: Officer, judge: Officer, now: datetime
) -> None:
    propose_decision(objection.id, ObjectionOutcome.WITHDRAW, REASON, officer=decider, now=now)
    assert REASON not in client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    factories.confirm_waiting(judge, now, acts=["objection"])
    text = client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    assert "Diterima, halaman ditarik" in text
    assert REASON in text
    for person in (decider, judge):
        assert person.name not in text
    assert client.get(f"/klarifikasi/{page.slug}/keberatan").status_code == 404
    assert "1 keberatan atas klarifikasi, 1 mengubah halaman" in client.get("/statistik").get_data(as_text=True)


def test_what_residents_wrote_is_read_by_who_may_decide(
    sign_in: Callable[[Officer], FlaskClient], objection: Objection, decider: Officer, judge: Officer, officer: Officer
) -> None:
    path = f"/petugas/keberatan/{objection.id}"
    for person, reads in ((decider, True), (judge, True), (officer, False)):
        text = sign_in(person).get(path).get_data(as_text=True)
        assert (SAID in text) == reads
        assert ("Usulkan keputusan" in text) == (person is decider)
        assert ("menunggu persetujuan, juga dari Anda" in text) == (person is judge)
    assert sign_in(officer).get("/petugas/keberatan").location == "/petugas/klarifikasi/#keberatan"
    for start in ("/petugas/klarifikasi/", f"/petugas/klarifikasi/{objection.clarification_id}"):
        text = sign_in(officer).get(start).get_data(as_text=True)
        assert f"/petugas/keberatan/{objection.id}" in text
        assert SAID not in text


def test_a_decision_is_proposed_on_screen(
    sign_in: Callable[[Officer], FlaskClient], objection: Objection, decider: Officer, judge: Officer
) -> None:
    path, browser = f"/petugas/keberatan/{objection.id}", sign_in(decider)
    answer = factories.submit_form(browser, path, outcome="refused", reason="")
    assert answer.status_code == 422
    assert factories.submit_form(browser, path, outcome="refused", reason=REASON).status_code == 303
    assert "Menunggu orang kedua" in browser.get(path).get_data(as_text=True)
    listed = sign_in(judge).get("/petugas/menunggu").get_data(as_text=True)
    assert REASON in listed
    assert SAID not in listed
    assert "Tarik usulan" not in sign_in(judge).get("/petugas/menunggu").get_data(as_text=True)
