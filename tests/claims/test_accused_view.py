"""An accused unit reads public words and a neutral line, and finds nothing by what residents wrote."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hoax_tracker.models import Claim, ClaimAppearance, Officer, Report, RoleName, db
from tests import factories
from tests.desk_search.rows import make_item, make_source

SignIn = Callable[[Officer], FlaskClient]
WROTE = "Nama saya Yosefina Karangan, HP 081234567890. Petugas dinas minta uang di loket."
HIDDEN = ("Yosefina", "081234567890", "loket")
LINE = "1 aduan warga; isinya tidak ditampilkan untuk unit yang dituduh."


@pytest.fixture
def claim(app: object) -> Claim:
    """A claim that a report worded, which accuses Dinkes."""
    row = factories.make_claim(WROTE, accused_unit_id=factories.load_unit("dinkes").id)
    at = {"received_at": factories.NOW, "consent_at": factories.NOW}
    report = Report(ticket_digest=secrets.token_hex(32), text=WROTE, seen_where="Grup RT 7", **at)
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=row.id, report_id=report.id, seen_at=factories.NOW, opens=True))
    db.session.commit()
    return row


@pytest.fixture
def accused(app: object) -> Officer:
    """An officer of the accused unit."""
    return factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, RoleName.APPROVER, unit_code="dinkes")


@pytest.mark.parametrize(
    "path",
    [
        "/petugas/",
        "/petugas/?q=loket",
        "/petugas/klaim/{id}",
        "/petugas/klaim/{id}/isi",
        "/petugas/klaim/{id}/serupa",
        "/petugas/klaim/{id}/narasi",
        "/petugas/banyak",
        "/petugas/untuk-anda",
        "/petugas/antrean.csv",
        "/petugas/cari/?q=Yosefina",
        "/petugas/cari/?q=081234567890&kind=claim",
        "/petugas/cari/hasil.csv?q=loket",
    ],
)
def test_no_page_list_or_file_shows_it_to_the_accused(
    claim: Claim, accused: Officer, officer: Officer, sign_in: SignIn, path: str
) -> None:
    shown = sign_in(accused).get(path.format(id=claim.id), follow_redirects=True)
    assert shown.status_code == 200
    words = shown.get_data(as_text=True)
    for word in HIDDEN:
        assert word in path or word not in words, "what they typed stands there again"
    assert "Grup RT 7" not in words


def test_the_page_counts_the_reports_for_them(claim: Claim, accused: Officer, sign_in: SignIn) -> None:
    assert LINE in sign_in(accused).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)


def test_those_outside_read_all_of_it(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    shown = browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert LINE not in shown
    assert "Yosefina" in shown
    assert "Yosefina" in browser.get("/petugas/cari/?q=loket").get_data(as_text=True)


def test_where_an_item_carries_it_its_public_words_stand(claim: Claim, accused: Officer, sign_in: SignIn) -> None:
    make_item(make_source(name="Grup Karangan"), "Ada pungutan di kantor dinas", claim)
    shown = sign_in(accused).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert "Ada pungutan di kantor dinas" in shown
    assert "Yosefina" not in shown


def test_a_draft_that_quotes_it_hides_the_quotation(
    claim: Claim, accused: Officer, officer: Officer, sign_in: SignIn
) -> None:
    page = factories.make_clarification(officer, None, claims=[claim], claim_quote=WROTE)
    for path in (f"/petugas/klarifikasi/{page.id}", "/petugas/cari/?q=Yosefina"):
        shown = sign_in(accused).get(path)
        assert shown.status_code == 200
        assert "loket" not in shown.get_data(as_text=True)
    assert "loket" in sign_in(officer).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)


def test_reading_changes_nothing_stored(claim: Claim, accused: Officer, sign_in: SignIn) -> None:
    sign_in(accused).get("/petugas/")
    db.session.expire_all()
    assert claim.text == WROTE
