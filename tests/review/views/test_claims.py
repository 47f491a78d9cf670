"""The desk without scripts: every step with its form, every guard with somebody who tries to pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.content.html_to_text import cut_text
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    Item,
    ModelVersion,
    Officer,
    Report,
    RoleName,
    Source,
    db,
)
from tests import factories
from tests.desk_search.rows import make_item, make_source
from tests.sent_statements import record_statements

SignIn = Callable[[Officer], FlaskClient]
TEXT = "Info dari orang dalam: <b>bayar Rp75.000</b> di Puskesmas Oesapa. Sebarkan!"


def reason(kind: str, label: str, weight: float, phrase: str) -> dict[str, Any]:
    """A reason as the model stores it, at the place of a phrase."""
    start = TEXT.find(phrase)
    return {"kind": kind, "label": label, "weight": weight, "start": start, "end": start + len(phrase)}


@pytest.fixture
def seen(app: APIFlask) -> Claim:
    """A claim that was seen in a feed, whose newest assessment has reasons, and in a resident's report."""
    claim = factories.make_claim(TEXT, title="Bayar di Puskesmas Oesapa", unit_id=factories.load_unit("dinkes").id)
    source = Source(name="Kabar Karangan", url="https://kabar.example/feed", created_at=factories.NOW)
    versions = [
        ModelVersion(digest=name, name=name, file_name=name, registered_at=factories.NOW) for name in ("lama", "baru")
    ]
    db.session.add_all([source, *versions])
    db.session.flush()
    item = Item(
        source_id=source.id,
        entry_key="1",
        content_key="1",
        url="https://kabar.example/1",
        title="Kabar satu",
        text=TEXT,
        author="Akun Karangan",
        fetched_at=factories.NOW,
    )
    bad = Item(source_id=source.id, entry_key="2", content_key="2", url="javascript:alert(1)", title="Kabar dua",
               text=TEXT, fetched_at=factories.NOW)  # fmt: skip
    report = Report(
        ticket_digest="x",
        text="Saya dapat di grup RT",
        received_at=factories.NOW,
        contact_encrypted=encrypt_contact("warga@contoh.example", app.extensions["settings"].contact_key),
        consent_at=factories.NOW,
    )
    db.session.add_all([item, bad, report])
    db.session.flush()
    for number, held in enumerate((item, bad)):
        at = factories.NOW - timedelta(hours=number * 3)
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=held.id, seen_at=at, opens=not number))
        db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=factories.NOW))
    reasons = [[reason("share", "alasan lama", 0.1, "Info")],
               [reason("share", "minta disebarkan", 0.31, "Sebarkan"), reason("number", "menyebut angka", -0.05, "<b>"),
                reason("place", "Puskesmas Oesapa", 0.0, "Puskesmas Oesapa")]]  # fmt: skip
    for version, given in zip(versions, reasons, strict=True):
        db.session.add(
            Assessment(
                item_id=item.id,
                model_version_id=version.id,
                relevance=0.9,
                misinformation=0.8,
                priority=0.7,
                topic=claim.topic,
                flagged=True,
                reasons=given,
                assessed_at=factories.NOW,
            )
        )
    db.session.commit()
    return claim


def page_of(browser: FlaskClient, path: str) -> str:
    """The page at a path, which must be there."""
    response = browser.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_an_empty_queue_says_why_and_what_first(officer: Officer, sign_in: SignIn) -> None:
    page = page_of(sign_in(officer), "/petugas/")
    assert "Tidak ada klaim yang menunggu" in page
    assert "Periksa sumber" in page


def test_the_queue_opens_its_first_claim(officer: Officer, sign_in: SignIn) -> None:
    factories.make_claim("Yang biasa", priority=0.1)
    factories.make_claim("Yang penting", priority=0.9)
    page = page_of(sign_in(officer), "/petugas/")
    assert "2 klaim menunggu, 2 terlambat" in page
    article = page.split("<article")[1]
    assert '<p class="wrote">Yang penting</p>' in article
    assert article.split("</article>")[0].count("Yang penting") == 2, "its text stands once, and in the browser's title"
    assert page.count('aria-current="true"') == 1
    assert "Tidak ada klaim yang cocok" in page_of(sign_in(officer), "/petugas/?q=tsunami")


def test_a_claim_shows_why_where_and_how_far(seen: Claim, officer: Officer, sign_in: SignIn) -> None:
    page = page_of(sign_in(officer), f"/petugas/klaim/{seen.id}")
    assert "<mark>Sebarkan</mark><sup>1</sup>" in page
    assert "&lt;b&gt;bayar" in page, "only what the sentences tell is marked"
    assert "<sup>2</sup>" not in page
    assert "Minta disebarkan" in page
    assert "alasan lama" not in page
    sentences, numbers = page.split('<p class="because">')[1].split("</p>", 1)
    assert "minta disebarkan" in sentences
    assert "enyebut angka" not in sentences, "what speaks against it is folded"
    assert re.search(r'id="angka">.*Menyebut angka<span class="by"> menurunkan prioritas', numbers, re.DOTALL)
    assert page.count("Puskesmas Oesapa sonde") <= 1
    assert "3 kemunculan dalam 3 jam" in page
    assert '<a href="https://kabar.example/1" rel="noreferrer nofollow">' in page
    assert "Akun Karangan" in page
    assert "javascript:" not in page
    assert "Kabar dua" in page
    assert 'style="' not in page
    assert "perlu ditinjau" in page


def test_a_claim_whose_text_was_cut_leads_to_the_copy_of_its_page(
    seen: Claim, officer: Officer, sign_in: SignIn
) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{seen.id}"
    assert "Hanya bagian awalnya" not in page_of(browser, path)
    seen.text = cut_text("air mati " * 1000, 4000)
    db.session.commit()
    assert f'Hanya bagian awalnya; selengkapnya di <a class="tap" href="/petugas/sumber/salinan/{seen.id}">' in page_of(
        browser, path
    )


def test_the_contact_is_shown_only_when_asked_for(seen: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    page = f"/petugas/klaim/{seen.id}"
    assert "warga@contoh" not in page_of(browser, page)
    report = db.session.scalars(db.select(Report)).one()
    path = f"{page}/aduan/{report.id}/kontak"
    assert f'href="{path}"' in page_of(browser, page)
    asked = browser.get(path)
    assert "warga@contoh" not in asked.get_data(as_text=True)
    silent = factories.submit_form(browser, path, path, reason=" ")
    assert silent.status_code == 422
    assert "Tulis untuk apa aduan ini dibuka" in silent.get_data(as_text=True)
    assert "warga@contoh" not in silent.get_data(as_text=True)
    assert db.session.query(AuditEvent).filter(AuditEvent.action != "signed_in").count() == 0
    response = factories.submit_form(browser, path, path, reason="Menanyakan kapan diterima")
    assert "warga@contoh.example" in response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    assert [event.action for event in db.session.scalars(db.select(AuditEvent))] == ["signed_in", "contact_shown"]


def test_a_dismissal_goes_on_with_the_queue(officer: Officer, sign_in: SignIn) -> None:
    claim, browser = factories.make_claim(), sign_in(officer)
    page = f"/petugas/klaim/{claim.id}"
    refused = factories.submit_form(browser, f"{page}/tutup", page, version=1, decision="dismiss", reason=" ")
    assert refused.status_code == 422
    assert "Tulis alasannya" in refused.get_data(as_text=True)
    assert 'class="panel open" id="tutup"' in refused.get_data(as_text=True)
    done = factories.submit_form(
        browser, f"{page}/tutup?topic=water", page, version=1, decision="dismiss", reason="Sudah lewat."
    )
    assert (done.status_code, done.location) == (303, "/petugas/?topic=water")
    assert "ditutup" in page_of(browser, "/petugas/")
    db.session.expire_all()
    assert claim.status is ClaimStatus.DISMISSED
    assert "Buka kembali" in page_of(browser, page)
    assert "Sudah lewat." in page_of(browser, page)


@pytest.mark.parametrize(
    ("act", "fields", "status"),
    [
        ("periksa", {}, ClaimStatus.INVESTIGATING),
        ("tutup", {"decision": "not_a_claim"}, ClaimStatus.DISMISSED),
        ("tutup", {"decision": "out_of_scope"}, ClaimStatus.DISMISSED),
        ("teruskan", {"unit_id": "2"}, ClaimStatus.TRIAGED),
    ],
)
def test_every_act_has_its_form(
    officer: Officer, approver: Officer, sign_in: SignIn, act: str, fields: dict[str, str], status: ClaimStatus
) -> None:
    factories.make_clarification(officer, approver)
    claim, browser = factories.make_claim(), sign_in(officer)
    page = f"/petugas/klaim/{claim.id}"
    assert f'action="{page}/{act}"' in page_of(browser, page)
    assert factories.submit_form(browser, f"{page}/{act}", page, version=1, **fields).status_code == 303
    db.session.expire_all()
    assert (claim.status, claim.version) == (status, 2)


@pytest.mark.parametrize("act", ["periksa", "tutup", "teruskan", "tautkan", "buka", "tuduhan"])
@pytest.mark.parametrize("version", ["", "0", "9", "x", "1; drop"])
def test_a_stale_or_odd_version_overwrites_nothing(officer: Officer, sign_in: SignIn, act: str, version: str) -> None:
    claim, browser = factories.make_claim(), sign_in(officer)
    page = f"/petugas/klaim/{claim.id}"
    response = factories.submit_form(
        browser, f"{page}/{act}", page, version=version, reason="Ketikan saya", unit_id="1"
    )
    assert response.status_code == 409
    assert "Ketikan saya" in response.get_data(as_text=True)
    db.session.expire_all()
    assert (claim.status, claim.version) == (ClaimStatus.NEW, 1)


def test_the_second_officer_reads_who_was_first_and_keeps_what_they_typed(officer: Officer, sign_in: SignIn) -> None:
    second = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    claim, one, other = factories.make_claim(), sign_in(officer), sign_in(second)
    page = f"/petugas/klaim/{claim.id}"
    page_of(other, page)
    factories.submit_form(one, f"{page}/tutup", page, version=1, decision="not_a_claim")
    late = factories.submit_form(other, f"{page}/teruskan", page, version=1, unit_id="2", reason="Tolong <cek> Dinkes")
    text = late.get_data(as_text=True)
    assert late.status_code == 409
    assert f"{officer.name} lebih dulu: «Bukan klaim (pendapat, kritik, satire)»" in text
    assert "Tolong &lt;cek&gt; Dinkes" in text
    db.session.expire_all()
    assert [row.kind for row in claim.decisions] == [DecisionKind.NOT_A_CLAIM]


def test_an_assigned_claim_says_to_whom_it_went(officer: Officer, sign_in: SignIn) -> None:
    dinkes = factories.load_unit("dinkes")
    claim, browser = factories.make_claim(), sign_in(officer)
    page = f"/petugas/klaim/{claim.id}"
    factories.submit_form(browser, f"{page}/teruskan", page, version=1, unit_id=str(dinkes.id))
    assert f"diteruskan ke {dinkes.short_name}." in page_of(browser, "/petugas/")


def test_the_accused_unit_is_noted_on_the_claim(officer: Officer, sign_in: SignIn) -> None:
    dinkes = factories.load_unit("dinkes").id
    claim, browser = factories.make_claim(unit_id=dinkes), sign_in(officer)
    page = f"/petugas/klaim/{claim.id}"
    done = factories.submit_form(browser, f"{page}/tuduhan", page, version=1, accused_unit_id=str(dinkes))
    assert done.status_code == 303
    assert "<b>Dinas Kesehatan</b> dijauhkan dari klaim ini" in page_of(browser, page)
    refused = factories.submit_form(
        browser, f"{page}/teruskan", page, version=2, unit_id=str(dinkes), accused_unit_id=str(dinkes)
    )
    assert refused.status_code == 422
    assert "nyatakan dulu bahwa itu bukan tuduhan" in refused.get_data(as_text=True)
    lifted = factories.submit_form(browser, f"{page}/bukan-tuduhan", page, version=2, reason="Hanya disebut.")
    assert lifted.status_code == 303
    assert "dijauhkan dari klaim ini" not in page_of(browser, page)
    again = factories.submit_form(browser, f"{page}/bukan-tuduhan", page, version=3, reason="Hanya disebut.")
    assert again.status_code == 422


def test_the_accused_and_strangers_see_no_button_that_lifts_it(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim(accused_unit_id=factories.load_unit("dinkes").id)
    page, button = f"/petugas/klaim/{claim.id}", "/bukan-tuduhan"
    assert button in page_of(sign_in(officer), page)
    for code in ("dinkes", "pdam"):
        browser = sign_in(factories.make_officer(f"{code}@kupang.example", RoleName.OFFICER, unit_code=code))
        assert button not in page_of(browser, page)
        refused = factories.submit_form(browser, f"{page}{button}", page, version=1, reason="Bukan.")
        assert refused.status_code == 403


@pytest.mark.parametrize("roles", [(), (RoleName.APPROVER,), (RoleName.ADMINISTRATOR,)])
def test_others_read_but_do_not_decide(seen: Claim, sign_in: SignIn, roles: tuple[RoleName, ...]) -> None:
    browser = sign_in(factories.make_officer("lain@kupang.example", *roles))
    page = f"/petugas/klaim/{seen.id}"
    text = page_of(browser, page)
    assert "Petugas yang memutuskan klaim." in text
    assert "Peran Anda" not in text
    assert f"{page}/tutup" not in text
    assert "Buka kontak" not in text
    report = db.session.scalars(db.select(Report)).one()
    for path in ("tutup", "periksa", "teruskan", "tautkan", "buka", "tuduhan", f"aduan/{report.id}/kontak"):
        response = factories.submit_form(browser, f"{page}/{path}", page, version=1, decision="not_a_claim")
        assert response.status_code == 403
    assert db.session.query(AuditEvent).filter(AuditEvent.action != "signed_in").count() == 0


def test_who_states_a_claim_is_noted_for_those_outside_the_accused_unit(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim()
    path, browser = f"/petugas/klaim/{claim.id}", sign_in(officer)
    form = {"version": 1, "claimant": " Akun <Karangan> ", "accused_unit_id": factories.load_unit("pdam").id}
    assert factories.submit_form(browser, f"{path}/tuduhan", path, **form).status_code == 303
    assert "yang menyatakan: Akun &lt;Karangan&gt;." in page_of(browser, path)
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    assert "Karangan" not in page_of(sign_in(accused), path)
    assert "Karangan" not in str([row.detail for row in db.session.scalars(db.select(AuditEvent))])
    too_long = factories.submit_form(browser, f"{path}/tuduhan", path, version=2, claimant="x" * 201)
    assert too_long.status_code == 422
    assert "x" * 201 in too_long.get_data(as_text=True)
    assert factories.submit_form(browser, f"{path}/tuduhan", path, version=2, claimant="").status_code == 303
    db.session.expire_all()
    assert claim.claimant is None


def test_where_a_claim_was_first_seen_is_said(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim()
    for name, hours in (("Grup Kedua", 2), ("Grup Pertama", 1)):
        source = make_source(name=name)
        item = make_item(source, f"Air mati {name}", claim)
        row = db.session.scalars(db.select(ClaimAppearance).filter_by(item_id=item.id)).one()
        row.seen_at = factories.NOW + timedelta(hours=hours)
        db.session.commit()
    shown = page_of(sign_in(officer), f"/petugas/klaim/{claim.id}")
    assert "Pertama di Grup Pertama," in shown


def test_how_late_a_claim_is_stands_where_it_is_found_and_drafted(officer: Officer, sign_in: SignIn) -> None:
    claim, browser = factories.make_claim(), sign_in(officer)
    page = factories.make_clarification(officer, None)
    page.claims.append(claim)
    db.session.commit()
    for path in ("/petugas/cari/?q=pdam&kind=klaim", f"/petugas/klarifikasi/{page.id}"):
        assert '<b class="due late">Terlambat' in page_of(browser, path), path
    claim.status = ClaimStatus.DISMISSED
    db.session.commit()
    for path in ("/petugas/cari/?q=pdam&kind=klaim", f"/petugas/klarifikasi/{page.id}"):
        assert "Terlambat" not in page_of(browser, path), path


def test_who_may_not_is_led_back_to_the_desk(approver: Officer, sign_in: SignIn) -> None:
    browser = sign_in(approver)
    for path, status in (("/petugas/banyak", 403), ("/petugas/klaim/999", 404)):
        answer = browser.get(path)
        assert answer.status_code == status
        assert '<a class="btn" href="/petugas/">' in answer.get_data(as_text=True)
    assert '/petugas/"' not in browser.get("/tidak-ada").get_data(as_text=True)


def test_signed_out_every_address_leads_to_the_sign_in(app: APIFlask, client: FlaskClient) -> None:
    claim = factories.make_claim()
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("review.")]
    assert len(rules) >= 5
    for rule in rules:
        path = f"/petugas/klaim/{claim.id}/tutup" if "act" in rule.arguments else rule.build(
            dict.fromkeys(rule.arguments, claim.id)
        )[1]  # type: ignore[index]  # fmt: skip
        if "GET" in (rule.methods or ()):
            response = client.get(path)
            assert response.status_code == 302
            # From the desk's own address each lands on their own work.
            assert ("/petugas/masuk" if path == "/petugas/" else "/petugas/masuk?next=") in str(response.location)
        else:
            response = client.post(path, data={"version": 1, "decision": "not_a_claim"})
            assert response.status_code == 401
            assert "/petugas/masuk" in response.get_data(as_text=True)
    db.session.expire_all()
    assert claim.version == 1


def test_no_page_asks_the_database_more_than_it_should(seen: Claim, officer: Officer, sign_in: SignIn) -> None:
    for number in range(40):
        factories.make_claim(f"Klaim {number}", unit_id=factories.load_unit("pdam").id)
    browser = sign_in(officer)
    for path in ("/petugas/", f"/petugas/klaim/{seen.id}"):
        page_of(browser, path)
        with record_statements() as statements:
            page_of(browser, path)
        assert len([one for one in statements if one.startswith("SELECT")]) <= 20


def test_the_most_similar_clarification_links_with_one_button(
    officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    published = factories.make_clarification(officer, approver)
    same = factories.make_claim(published.claim_quote)
    other = factories.make_claim("Wali kota membagikan seragam sekolah gratis di Sikumana besok pagi")
    browser = sign_in(officer)
    assert "Belum ada klarifikasi terbit yang mirip." in page_of(browser, f"/petugas/klaim/{other.id}")
    page = page_of(browser, f"/petugas/klaim/{same.id}")
    assert "Cukup untuk menjawab warga sendiri." in page
    assert f'name="clarification" value="{published.number}"' in page


def test_a_missing_claim(officer: Officer, sign_in: SignIn, now: datetime) -> None:
    browser = sign_in(officer)
    assert browser.get("/petugas/klaim/999").status_code == 404


def test_a_claim_is_merged_and_the_merge_is_undone(seen: Claim, officer: Officer, sign_in: SignIn) -> None:
    other = factories.make_claim("Yang sama", priority=0.1, status=ClaimStatus.TRIAGED)
    browser = sign_in(officer)
    path = f"/petugas/klaim/{seen.id}"
    answer = factories.submit_form(browser, f"{path}/gabung", path, version=1, into=other.id)
    assert answer.status_code == 303
    page = page_of(browser, path)
    assert f'href="/petugas/klaim/{other.id}"' in page
    assert "Kemunculan, aduan, dan klarifikasinya ada di sana." in page
    [row] = db.session.scalars(sa.select(Decision))
    factories.submit_form(browser, f"/petugas/keputusan/{row.id}/urungkan", path)
    assert "Klaim ini kembali seperti semula." in page_of(browser, path)
    assert (seen.status, len(seen.appearances)) == (ClaimStatus.NEW, 3)


def test_appearances_are_parted(seen: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = f"/petugas/klaim/{seen.id}"
    assert factories.submit_form(browser, f"{path}/gabung", path, version=1, into="tidak ada").status_code == 422
    chosen = seen.appearances[0].id
    factories.submit_form(browser, f"{path}/pisah", path, version=1, appearance=[chosen, "x"])
    page = page_of(browser, path)
    other = db.session.scalars(sa.select(Claim).order_by(Claim.id.desc())).first()
    assert other is not None
    assert [one.id for one in other.appearances] == [chosen]
    assert f"/petugas/klaim/{other.id}" in page


def test_after_a_decision_the_next_claim_is_open(officer: Officer, sign_in: SignIn) -> None:
    first, second = factories.make_claim("Satu", priority=0.9), factories.make_claim("Dua", priority=0.1)
    browser = sign_in(officer)
    path = f"/petugas/klaim/{first.id}"
    answer = factories.submit_form(browser, f"{path}/periksa", path, version=1, following=second.id)
    assert answer.location.endswith(f"/petugas/klaim/{second.id}")


def test_a_claim_that_was_seen_nowhere_says_so_in_whole_sentences(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim()
    page = sign_in(officer).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert "0 kemunculan" in page
    assert "</time>.</p>" in page.split("0 kemunculan")[1]
