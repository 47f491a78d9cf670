"""The desk in a real Chromium: keyboard only and accessible, on a phone and on a wide screen."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from flask import current_app

from hoax_tracker.check.objections import ObjectionAnswers, submit_objection
from hoax_tracker.claims import locks
from hoax_tracker.clarify import channels, explainers
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.ingest import manual_entry
from hoax_tracker.models import (
    ChannelKind,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationBasis,
    Explainer,
    Objection,
    Officer,
    OfficialChannel,
    PageCopy,
    Topic,
    db,
)
from hoax_tracker.review.collaboration import notes
from hoax_tracker.review.decisions import labels
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.queue import saved_filters
from tests import factories
from tests.admin.test_browser import PAGES as ADMINISTRATORS
from tests.chrome import axe_violations_both_schemes
from tests.desk_search.rows import make_item, make_question, make_source
from tests.insight.report_rows import make_report
from tests.keyboard import press_enter
from tests.review.claim_page.test_reporter_contact import reported
from tests.review.narratives.stories import make_edition
from tests.review.test_public_questions import add as add_demand

NO_PAGES = {
    "security.login",  # walked before anybody is signed in
    "security.static",
    "work.start",  # leads on, as do the addresses of former pages:
    "early_warning.moved",
    "early_warning.summary",
    "accounts.template_list",
    "review.part",
    "review.picture",
    "review.added_picture",
    "clarify.picture",
    "notes.names",
    "bulk.download_queue",
    "search.download_results",
    "clarify.download_list",
    "ingest.download_list",
    "evidence.download",
    "ingest.page_copy",
    "ingest.page_text",
    "monthly_reports.download",
    "yearly_reports.download",
    "ingest.name_columns",
    "accounts.reset_second_factor",  # tests/accounts/second_factor/test_passkeys_browser.py
}
# tests/accounts and tests/admin/test_audit_browser.py walk these: who sees them depends on how somebody signed in.
WALKED_WITH_ACCOUNTS = {"own_account", "account_links", "second_factor", "second_step", "sign_on", "audit"}
TALL = 4000  # so tall that the bar at the bottom lies over nothing


def enter(page: Any, address: str, person: Officer) -> None:
    """Sign in with the keyboard, keys switched on. The test lets go of the database, which the server writes to."""
    email, person.uses_keys = person.email, True
    db.session.commit()
    page.goto(f"{address}/petugas/masuk?next=/petugas/")
    page.focus("#surel")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/petugas/")


def test_a_claim_is_closed_with_the_keyboard(address: str, chromium: Any, officer: Officer) -> None:
    first = factories.make_claim("Yang penting", priority=0.9).id
    second = factories.make_claim("Yang biasa", priority=0.1).id
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    enter(page, address, officer)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/petugas/klaim/{second}")
    page.keyboard.press("x")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("Ini keluhan, x dan s bukan pintasan di sini.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/petugas/klaim/{first}")
    page.wait_for_selector(".toast >> text=ditutup")
    assert page.locator(".case .wrote").first.inner_text().startswith("Yang penting")
    statuses = [db.session.get_one(Claim, key).status for key in (second, first)]
    assert statuses == [ClaimStatus.DISMISSED, ClaimStatus.NEW]
    db.session.rollback()  # the server's turn to write
    page.click(".key a[href$='#pintasan']")
    page.click("main button >> text=Matikan pintasan")
    page.wait_for_selector(".notice >> text=Pintasan mati")
    page.keyboard.press("x")
    assert page.evaluate("location.hash") == ""
    assert faults == []


def test_a_note_and_a_label_with_the_keyboard_hold_nobody_up(address: str, chromium: Any, officer: Officer) -> None:
    claim = factories.make_claim().id
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    enter(page, address, officer)
    page.keyboard.press("e")
    page.keyboard.type("Bansos, penipuan")
    page.keyboard.press("Enter")
    page.wait_for_selector(".labels li >> text=penipuan")
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.name") == "text"
    page.keyboard.type("Besok saya tanya, n dan x bukan pintasan di sini.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notes .said >> text=Besok saya tanya")
    assert locks.find_lock_holder(claim, utc_now()) is None


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.long)])
def test_axe_finds_nothing(address: str, chromium: Any, officer: Officer, approver: Officer, width: int) -> None:
    paths = every_page(officer, approver)
    page = chromium.new_context(viewport={"width": width, "height": TALL}, bypass_csp=True).new_page()
    page.goto(f"{address}/petugas/masuk")
    found = check(page)
    enter(page, address, officer)
    for path in paths:
        page.goto(address + path)
        found += check(page)
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_the_way_through_several_claims(
    address: str, chromium: Any, officer: Officer, width: int
) -> None:
    for number in range(3):
        factories.make_claim(f"Klaim ke-{number}")
    page = chromium.new_context(viewport={"width": width, "height": TALL}, bypass_csp=True).new_page()
    enter(page, address, officer)
    page.goto(f"{address}/petugas/banyak")
    for place in range(2):
        page.focus(f"[name=claim] >> nth={place}")
        page.keyboard.press("Space")
    assert page.inner_text("[data-chosen-count]") == "2 dipilih"
    page.focus("#act")
    page.keyboard.type("Tutup")
    found = []
    for reason, said in (("", "Belum dilakukan"), ("Kabar lama", "2 klaim")):
        page.focus("#reason")
        page.keyboard.type(reason)
        page.focus(".bulkbar .btn")
        press_enter(page)
        page.wait_for_selector(f"main >> text={said}")
        found += check(page)
    for word in ("Lakukan dengan 2 klaim", "Urungkan semuanya"):
        page.focus(f"main button >> text={word}")
        press_enter(page)
        page.wait_for_selector("main h2 >> text=Selesai")
        found += check(page)
    db.session.rollback()
    assert {one.status for one in db.session.scalars(db.select(Claim))} == {ClaimStatus.NEW}
    assert found == []


def test_the_line_for_who_decides_nothing_covers_what_passes_under_it(
    address: str, chromium: Any, approver: Officer
) -> None:
    factories.make_claim()
    page = chromium.new_context(viewport={"width": 1280, "height": 500}).new_page()
    enter(page, address, approver)
    line, case = (page.locator(one).bounding_box() for one in (".case > .bottom", ".case"))
    assert line["x"] <= case["x"] + 1
    assert line["x"] + line["width"] >= case["x"] + case["width"] - 1


@pytest.mark.slow
def test_every_page_works_without_scripts(address: str, chromium: Any, officer: Officer, approver: Officer) -> None:
    paths = every_page(officer, approver)
    page = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    enter(page, address, officer)
    for path in paths:
        page.goto(address + path)
        assert page.locator("h1:visible").count() == 1, path
        opened = page.locator(".panel:visible").count()
        assert opened == ("#" in path), path
        explains_keys = path.endswith("/akun")
        assert page.locator("[data-keys]:visible, main kbd:visible").count() == 0 or explains_keys, path


def test_no_page_of_the_desk_is_left_out(app: APIFlask, officer: Officer, approver: Officer) -> None:
    """What a GET leads to is walked here or with the administrators' pages; parts and files are no pages."""
    walked = {path.partition("#")[0].partition("?")[0] for path in every_page(officer, approver) + ADMINISTRATORS}
    found = app.url_map.bind("localhost")
    seen = {found.match(path)[0] for path in walked}
    desk = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/petugas") and "GET" in rule.methods]
    left = {rule.endpoint for rule in desk} - seen - NO_PAGES
    assert {endpoint for endpoint in left if endpoint.split(".")[0] not in WALKED_WITH_ACCOUNTS} == set()


def every_page(officer: Officer, approver: Officer) -> list[str]:
    """Make rows for every kind of page, and return their addresses."""
    claim = factories.make_claim().id
    notes.write_note(claim, "Sudah ditanyakan.\n@penyetuju", officer=officer, now=factories.NOW)
    labels.add_labels(claim, "air, pesan berantai", officer=officer, now=factories.NOW)
    asked = make_question(db.session.get_one(Claim, claim), officer, "Benarkah?").id
    link = evidence.add_evidence_link(claim, "https://kabar.example/1", "", officer=officer, now=factories.NOW)
    factories.make_clarification(officer, approver)
    saved_filters.save_list("Air", "", "label=air", officer=officer)
    draft = factories.make_clarification(officer, None).id
    factories.make_alarm(db.session.get_one(Claim, claim), told_at=factories.NOW)
    factories.make_alarm()
    factories.make_alarm(topic=Topic.WATER, calmed_at=factories.NOW)
    add_demand("pasar oeba tutup seminggu ko", suggested_id=claim)
    add_demand("berapa harga tiket", set_aside_at=factories.NOW)
    add_copies(claim)
    narrative, merged = add_narratives(claim, draft, officer)
    told = reported(current_app.extensions["settings"].contact_key)
    recorded = manual_entry.record_manual_entry("Air mati di Oebobo", "", by=officer, now=factories.NOW)
    guide = propose_guide(officer)
    make_report(officer)
    statement, settings = ObjectionAnswers("fact", "Pipanya memang pecah."), current_app.extensions["settings"]
    submit_objection(1, statement, factories.NOW, settings, address="198.51.100.1")
    objection = db.session.scalars(db.select(Objection.id)).one()
    number, now = "0380 555 0123", factories.NOW
    channels.propose_channel(ChannelKind.TELEPHONE, number, "PPID", officer=officer, now=now)
    factories.confirm_waiting(acts=["channel"])
    channel = db.session.scalars(db.select(OfficialChannel.id)).one()
    contact = f"/petugas/klaim/{told.id}/aduan/{told.appearances[0].report_id}/kontak"
    db.session.rollback()
    return [
        "/petugas/sumber/catat",
        f"/petugas/sumber/catat/{recorded}",
        f"/petugas/sumber/salinan/{claim}",
        "/petugas/",
        "/petugas/akun",
        "/petugas/ditanyakan/",
        "/petugas/untuk-anda",
        "/petugas/penanda/",
        f"/petugas/klaim/{claim}/kembalikan",
        contact,
        "/petugas/cari/",
        "/petugas/cari/?q=air&status=new",
        "/petugas/cari/?q=tidak-ada",
        "/petugas/?label=air",
        "/petugas/banyak",
        f"/petugas/pilih/gabung?claim={claim}&cari=air",
        f"/petugas/pilih/tautkan?claim={claim}",
        "/petugas/?q=tidak-ada",
        f"/petugas/klaim/{claim}",
        f"/petugas/pertanyaan/{asked}",
        f"/petugas/bukti/{link}",
        f"/petugas/klaim/{claim}/serupa",
        f"/petugas/klaim/{claim}/narasi",
        f"/petugas/klaim/{told.id}/narasi?cari=air",
        f"/petugas/klaim/{told.id}/percakapan",
        "/petugas/narasi/",
        "/petugas/narasi/?q=tidak-ada",
        f"/petugas/narasi/{narrative}?cari=pipa",
        f"/petugas/narasi/{merged}",
        f"/petugas/klaim/{claim}#tutup",
        f"/petugas/klaim/{claim}#teruskan",
        f"/petugas/klaim/{claim}#gabung",
        "/petugas/klarifikasi/",
        "/petugas/klarifikasi/1",
        "/petugas/klarifikasi/1/koreksi",
        "/petugas/klarifikasi/1/jangkauan",
        f"/petugas/klarifikasi/{draft}",
        f"/petugas/klarifikasi/{draft}/sunting",
        "/petugas/keberatan",
        f"/petugas/keberatan/{objection}",
        *(f"/petugas/laporan/{path}" for path in ("", "2026-10", "2026-10/1", utc_now().year, f"{utc_now().year}/1")),
        *(f"/petugas/saluran/{path}" for path in ("", "baru", channel, f"{channel}/ubah")),
        *(f"/petugas/panduan/{path}" for path in ("", "baru", guide, f"{guide}/ubah")),
        *(f"/petugas/bantuan/{path}" for path in ("", "kelurahan")),
        "/petugas/?kenalan=1",
        "/petugas/untuk-anda?kenalan=2",
    ]


def add_narratives(claim_id: int, draft_id: int, officer: Officer) -> tuple[int, int]:
    """Put the claim into a narrative with an answered one, and the draft upon that; return it and a merged one."""
    claim, answer = db.session.get_one(Claim, claim_id), db.session.get_one(Clarification, 1)
    earlier = make_edition("Air PDAM mati total tiga hari mulai Kamis, pipa induk pecah", 90)
    earlier.clarifications.append(answer)  # type: ignore[attr-defined]
    draft = db.session.get_one(Clarification, draft_id)
    draft.claims.append(claim)
    db.session.add(ClarificationBasis(clarification_id=draft_id, earlier_id=answer.id))
    narrative = factories.make_narrative(officer, earlier, claim, notes="Muncul tiap musim kemarau.")
    factories.make_narrative(officer, title="Pipa pecah")
    merged = factories.make_narrative(officer, title="Air keruh", merged_into_id=narrative.id, merged_row_ids=[])
    return narrative.id, merged.id


def propose_guide(officer: Officer) -> int:
    """Propose a guide for residents, and let a second person confirm it; return its id."""
    texts = {"title": "Lowongan", "summary": "Tanya dulu.", "body": "1. Telepon.", "cues": ["loker"], "is_shown": True}
    seen = values_digest(explainers.pending_values(None))
    explainers.propose_explainer(None, texts, seen, officer=officer, now=factories.NOW)
    factories.confirm_waiting(acts=["explainer"])
    return db.session.scalars(db.select(Explainer.id)).one()


def add_copies(claim_id: int) -> None:
    """Pages of a claim that changed, went, could not be read, and wait to be."""
    now, source, claim = factories.NOW, make_source(), db.session.get_one(Claim, claim_id)
    told: dict[str, Any] = {"text": "Isi " * 50, "digest": "0" * 64, "html": b"x", "copied_at": now, "looked_at": now}
    for state in (
        told | {"changed_at": now, "text_now": "Isi lain", "next_at": now},
        told | {"gone_at": now},
        {"trouble": "Situsnya tidak menjawab.", "looked_at": now, "next_at": now},
        {},
    ):
        item = make_item(source, f"Air mati {sorted(state)}", claim)
        db.session.add(PageCopy(item_id=item.id, url=f"https://kabar.example/{'panjang-' * 20}{item.id}", **state))
    db.session.commit()


def check(page: Any) -> list[str]:
    """What axe finds on the page by day and by night, and whether it scrolls sideways."""
    found = [f"{page.url}: {rule} {element}" for rule, element in axe_violations_both_schemes(page)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{page.url}: scrolls sideways")
    return found
