"""An accused unit reads public words and a neutral line, and finds nothing by what residents wrote."""

from __future__ import annotations

import io
import re
import secrets
import zipfile
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.models import (
    Assessment,
    Claim,
    ClaimAppearance,
    Clarification,
    ModelVersion,
    Officer,
    Question,
    Report,
    RoleName,
    Topic,
    db,
)
from tests import factories, walk
from tests.desk_search.rows import make_item, make_source

SignIn = Callable[[Officer], FlaskClient]
WROTE = "Nama saya Yosefina Karangan, HP 081234567890. Petugas dinas minta uang di loket."
HIDDEN = ("Yosefina", "081234567890", "loket")
SAID = "Kata yang menonjol: “loket Yosefina”"
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
    listing = "/petugas/klarifikasi/"
    for path in (f"{listing}{page.id}", "/petugas/cari/?q=Yosefina", listing, f"{listing}?q=Yosefina"):
        shown = sign_in(accused).get(path)
        assert shown.status_code == 200
        assert "loket" not in shown.get_data(as_text=True)
    found = sign_in(accused).get(f"{listing}?q=Yosefina").get_data(as_text=True)
    assert page.title not in found, "it is found by no word that it hides"
    assert page.title in sign_in(officer).get(f"{listing}?q=Yosefina").get_data(as_text=True)
    assert "loket" in sign_in(officer).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)


def test_reading_changes_nothing_stored(claim: Claim, accused: Officer, sign_in: SignIn) -> None:
    sign_in(accused).get("/petugas/")
    db.session.expire_all()
    assert claim.text == WROTE


def assess(claim: Claim) -> None:
    """Give the report of a claim an assessment whose reasons quote it."""
    report_id = db.session.scalars(sa.select(ClaimAppearance.report_id).where(ClaimAppearance.opens)).one()
    version = db.session.scalar(sa.select(ModelVersion)) or ModelVersion(
        digest="d", name="m", file_name="m", registered_at=factories.NOW
    )
    db.session.add(version)
    db.session.flush()
    reasons = [
        {"kind": "cue", "label": "Meminta uang", "weight": 0.5, "start": 56, "end": 66},
        {"kind": "phrase", "label": SAID, "weight": 0.4, "start": 70, "end": 75},
    ]
    db.session.add(
        Assessment(report_id=report_id, model_version_id=version.id, relevance=0.9, misinformation=0.8, priority=0.7,
                   topic=Topic.HEALTH, flagged=True, reasons=reasons, assessed_at=factories.NOW)
    )  # fmt: skip
    db.session.commit()


def test_the_reasons_of_the_flag_are_hidden_with_the_words(
    claim: Claim, accused: Officer, officer: Officer, sign_in: SignIn
) -> None:
    assess(claim)
    path = f"/petugas/klaim/{claim.id}"
    shown = sign_in(accused).get(path).get_data(as_text=True)
    assert "menonjol" not in shown
    assert "eminta uang" not in shown
    assert "Alasannya tidak ditampilkan" in shown
    outside = sign_in(officer).get(path).get_data(as_text=True)
    assert "loket Yosefina" in outside
    assert "eminta uang" in outside


def fill_around(claim: Claim, officer: Officer) -> Clarification:
    """Put a claim into all that is about claims: a draft, a narrative, an alarm, a question, a similar claim."""
    assess(claim)
    at = {"asked_at": factories.NOW, "due_at": factories.NOW}
    unit_id = factories.load_unit("dinkes").id
    db.session.add(Question(claim_id=claim.id, text="Benarkah?", asked_by_id=officer.id, unit_id=unit_id, **at))
    factories.make_claim("Nama saya Maria Karangan, HP 081111111111. Petugas dinas minta uang di pintu.")
    fellow = factories.make_claim("Antrean di kantor dinas panjang sekali")
    factories.make_narrative(officer, claim, fellow, title="Kantor dinas")
    factories.make_alarm(claim)
    return factories.make_clarification(officer, None, claims=[claim], claim_quote=WROTE)


def read_shown(data: bytes) -> str:
    """Return what an answer says, a spreadsheet unpacked."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return " ".join(packed.read(name).decode(errors="replace") for name in packed.namelist())
    return data.decode(errors="replace")


@pytest.mark.slow
def test_no_route_shows_them_to_the_accused(
    app: APIFlask, claim: Claim, accused: Officer, officer: Officer, sign_in: SignIn
) -> None:
    known = walk.fill_instance(app, walk.make_people())
    draft = fill_around(claim, officer)
    tickets, slugs = [str(one) for one in known["ticket"]], [str(one) for one in known["slug"]]
    known |= walk.address_values(tickets, claim.id, [draft.id], slugs)
    browser, found = sign_in(accused), set[str]()
    for _rule, path in walk.iterate_addresses(app, known):
        if path == "/petugas/keluar":
            continue
        shown = browser.get(path, follow_redirects=True)
        words = read_shown(shown.get_data())
        found |= {f"{path}: {word}" for word in (*HIDDEN, "Grup RT 7") if re.search(rf"\b{word}\b", words)}
    assert not found, "\n".join(sorted(found))
