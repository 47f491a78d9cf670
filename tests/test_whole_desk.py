"""The whole desk in a real Chromium with the keyboard alone: from a claim to a page that is corrected and retracted.

No mouse and no click: every step is reached with Tab or a key of its own. Two people and a unit share the work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hoax_tracker.accounts import sessions
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Officer,
    RoleName,
    db,
)
from tests import factories, waiting
from tests.keyboard import Typist
from tests.review.decisions.test_service import make_report

CLAIM = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah, tampung air sekarang"
FACT = "Air tetap mengalir di seluruh kota"
ANSWER = "Tidak ada pipa induk yang pecah. Tekanan air normal sejak Minggu."
WRITTEN = {
    "#title": FACT,
    "#verdict": "Hoaks",
    "#summary": "Tidak ada pipa induk yang pecah.",
    "#findings": "Perumda memeriksa **pipa induk** [1].",
    "#conclusion": "Warga tidak perlu menampung air.",
    "#sources-0-title": "Jadwal pengaliran",
    "#sources-0-url": "https://pdam.example/jadwal",
}
Enter = Callable[..., Typist]


@pytest.fixture
def enter(address: str, chromium: Any) -> Enter:
    """Sign somebody in, in a browser of their own. The test lets go of the database, which the server writes to."""

    def go(person: Officer, **how: Any) -> Typist:
        email, person.uses_keys = person.email, True
        db.session.commit()
        view = {"width": 1280, "height": 800}
        typist = Typist(chromium.new_context(viewport=view, base_url=address, **how).new_page())
        typist.sign_in(address, email)
        return typist

    return go


def state(claim_id: int) -> ClaimStatus:
    """What a claim is by now. The database is let go of again."""
    db.session.rollback()
    with read_transaction():
        status = db.session.get_one(Claim, claim_id).status
        db.session.rollback()
    return status


def ask_a_unit(desk: Typist, claim: int) -> None:
    """Give the claim to the unit that knows, and ask it something."""
    desk.open_claim(claim)
    desk.press("t")
    desk.type("Perumda")
    desk.page.wait_for_selector(".offers:visible [role=option]")
    desk.press("ArrowDown")
    desk.press("Enter")
    desk.tab_to("#teruskan .acts button:not([formaction])")
    desk.press("Enter")
    desk.reads("diteruskan", ".toast")
    desk.page.wait_for_load_state("networkidle")
    assert "Perumda Air Minum" in desk.page.inner_text(".case > .by")
    desk.press("t")
    chosen = "document.querySelector('#teruskan-unit_id').selectedOptions[0].text"
    assert desk.page.evaluate(chosen).startswith("Perumda")
    desk.fill("#teruskan-reason", "Apakah ada pipa induk yang pecah?")
    desk.follow("#teruskan button[formaction]")
    desk.reads("Pertanyaan terkirim")


def answer_it(unit: Typist) -> None:
    """Find the question under what waits for the unit, and answer it."""
    unit.follow("header nav a[href$='/untuk-anda']")
    unit.follow("main a[href*='/pertanyaan/']")
    unit.fill("#text", ANSWER)
    unit.follow("form.write button")
    unit.reads("Jawaban terkirim")


def draft(desk: Typist, claim: int) -> None:
    """Write the clarification from the claim: look at it as readers will, mend what the checklist asks for, send it."""
    desk.page.goto("/petugas/")
    desk.open_claim(claim)
    desk.tab_to(".case details:has(#tanya) summary")
    desk.press("Enter")
    desk.reads(ANSWER, ".case")
    desk.go("s")
    assert desk.page.input_value("#claim_quote") == CLAIM
    assert ANSWER in desk.page.input_value("#findings")
    for selector, text in list(WRITTEN.items())[:4]:
        desk.fill(selector, text)
    desk.tab_to("#findings ~ details summary")
    desk.press("Enter")
    desk.page.wait_for_selector(".drawn strong >> text=pipa induk")
    for selector, text in list(WRITTEN.items())[4:-2]:
        desk.fill(selector, text)
    desk.follow("button[value=simpan]")
    desk.reads("Paling sedikit satu rujukan", ".checks .unmet")
    desk.follow(".aside form[action$='/ajukan'] button")
    desk.reads("Belum lengkap", ".fault")
    desk.follow("main a[href$='/sunting']")
    for selector, text in list(WRITTEN.items())[-2:]:
        desk.fill(selector, text)
    desk.follow("button[value=ajukan]")
    assert desk.page.inner_text("[aria-current=step]") == "Menunggu persetujuan"


def approve(second: Typist, button: str) -> None:
    """Find what waits for approval, and approve it."""
    second.page.goto("/petugas/")
    second.follow("header nav a[href$='/klarifikasi/']")
    second.follow("main .roll a.go")
    second.follow(f"form[action$='/{button}'] button")


def propose(desk: Typist, page: int, act: str) -> None:
    """Ask for a correction, or for the page to be taken back."""
    desk.page.goto(f"/petugas/klarifikasi/{page}")
    if act == "koreksi":
        desk.follow("main a[href$='/koreksi']")
        desk.fill("#note", "Nama hari diperbaiki.")
        desk.fill("#summary", "Tidak ada pipa induk yang pecah sejak Minggu.")
        desk.follow("form.write .keys button")
    else:
        desk.tab_to("main .aside summary")
        desk.press("Enter")
        desk.fill("#penarikan-alasan", "Ternyata ada pipa yang pecah di satu kelurahan.")
        desk.follow("form[action$='/penarikan'] button")
    desk.reads("Usulan")


@pytest.mark.slow
def test_from_a_claim_to_a_page_that_is_taken_back(
    officer: Officer, unit_officer: Officer, approver: Officer, enter: Enter
) -> None:
    claim = factories.make_claim(CLAIM, priority=0.9).id
    factories.make_claim("Yang lain", priority=0.1)
    desk, unit, second = enter(officer), enter(unit_officer), enter(approver)
    ask_a_unit(desk, claim)
    answer_it(unit)
    draft(desk, claim)
    assert desk.page.locator("form[action$='/setujui']").count() == 0, "the author does not approve"
    approve(second, "setujui")
    row = db.session.scalars(db.select(Clarification)).one()
    page, slug, status = row.id, row.slug, row.status
    db.session.rollback()
    assert status is ClarificationStatus.PUBLISHED
    assert state(claim) is ClaimStatus.CLARIFIED
    propose(desk, page, "koreksi")
    approve(second, "setujui-usulan")
    desk.page.goto(f"/klarifikasi/{slug}")
    desk.reads("Nama hari diperbaiki.")
    desk.reads("sejak Minggu")
    propose(desk, page, "penarikan")
    approve(second, "setujui-usulan")
    answer = desk.page.goto(f"/klarifikasi/{slug}")
    assert answer.status in (200, 410)
    desk.reads("Ternyata ada pipa yang pecah di satu kelurahan.")
    desk.reads("ditarik")
    assert state(claim) is not ClaimStatus.CLARIFIED


@pytest.mark.slow
def test_two_claims_are_merged_and_taken_apart(officer: Officer, enter: Enter) -> None:
    into = factories.make_claim("Kabar tentang sekolah", priority=0.1).id
    claim = factories.make_claim("Kabar tentang air", priority=0.9)
    kept, parted = make_report(claim).id, make_report(claim).id
    key = claim.id
    desk = enter(officer)
    desk.page.wait_for_load_state("networkidle")
    desk.begin_to_count()
    desk.press("g")
    desk.type(str(into))
    desk.page.wait_for_selector(f".offers:visible [role=option] >> text=Klaim {into}")
    desk.press("ArrowDown")
    desk.press("Enter")
    desk.reads("Kabar tentang sekolah", "[data-chosen]")
    desk.tab_to("#gabung .acts .btn")
    desk.press("Enter")
    desk.reads("digabung", ".toast")
    assert desk.loads == 0
    assert state(key) is ClaimStatus.MERGED
    desk.page.goto(f"/petugas/klaim/{into}")
    desk.tab_to("details:has(a[href='#pisah']) summary")
    desk.press("Enter")
    desk.tab_to("a[href='#pisah']")
    desk.press("Enter")
    desk.page.wait_for_selector("#pisah input:focus")
    desk.tab_to(f"#pisah input[value='{appearance_of(parted)}']")
    desk.press("Space")
    desk.follow("#pisah button")
    desk.reads("dipisahkan", ".notice")
    new = int(desk.page.inner_text(".notice a >> nth=1").split()[-1])
    assert new not in (key, into)
    assert holds(new) == [parted]
    desk.page.goto(f"/petugas/klaim/{key}")
    desk.press("b")
    desk.follow("#pisah button")
    assert state(key) in (ClaimStatus.NEW, ClaimStatus.TRIAGED)
    assert (holds(key), holds(into), holds(new)) == ([kept], [], [parted])


def holds(claim_id: int) -> list[int]:
    """The reports of a claim by now."""
    try:
        found = db.select(ClaimAppearance.report_id).filter_by(claim_id=claim_id).order_by(ClaimAppearance.report_id)
        return list(db.session.scalars(found))
    finally:
        db.session.rollback()


def appearance_of(report_id: int) -> int:
    """The number of the report's place in its claim."""
    try:
        return db.session.scalars(db.select(ClaimAppearance.id).filter_by(report_id=report_id)).one()
    finally:
        db.session.rollback()


def draft_of(officer: Officer) -> str:
    """The address of a draft that has its unit and its quotation."""
    return f"/petugas/klarifikasi/{factories.make_clarification(officer, None, findings='', conclusion='').id}"


@pytest.mark.slow
def test_a_session_that_ends_in_the_middle_of_a_long_draft_loses_nothing(
    officer: Officer, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, email = draft_of(officer), officer.email
    desk = enter(officer)
    desk.page.clock.install()
    desk.page.goto(f"{path}/sunting")
    desk.fill("#findings", "Sudah ditanyakan. ")
    desk.page.clock.fast_forward(3_000)
    desk.reads("Ketikan tersimpan pukul")
    monkeypatch.setattr(sessions, "MAX_IDLE_TIME", timedelta(seconds=-1))
    desk.type("Jawabannya: tidak ada.")
    desk.page.clock.fast_forward(3_000)
    desk.reads("Sesi Anda berakhir")
    desk.follow("button[value=simpan]")
    desk.reads("Sudah ditanyakan. Jawabannya: tidak ada.")
    monkeypatch.undo()
    desk.tab_to("main a[target=_blank]")
    with desk.page.expect_popup() as opened:
        desk.press("Enter")
    other = Typist(opened.value)
    other.fill("#surel", email)
    other.fill("#sandi", factories.PASSWORD)
    other.go()
    desk.follow("main form button")
    desk.reads("Sudah ditanyakan. Jawabannya: tidak ada.", ".sheet")


@pytest.mark.slow
def test_what_was_typed_is_offered_again_in_another_browser(officer: Officer, enter: Enter) -> None:
    path = draft_of(officer)
    desk = enter(officer)
    desk.page.clock.install()
    desk.page.goto(f"{path}/sunting")
    desk.fill("#findings", "Belum sempat disimpan.")
    desk.page.clock.fast_forward(3_000)
    desk.reads("Ketikan tersimpan pukul")
    desk.page.context.close()
    again = enter(db.session.merge(officer))
    again.page.goto(f"{path}/sunting")
    again.follow("a[href='?lanjut=1']")
    assert again.page.input_value("#findings") == "Belum sempat disimpan."


@pytest.mark.slow
def test_two_officers_at_one_claim_know_of_each_other(officer: Officer, enter: Enter) -> None:
    claim, name = factories.make_claim().id, officer.name
    factories.make_claim("Yang lain", priority=0.1)
    other = factories.make_officer("rekan@kupang.example", RoleName.OFFICER)
    first, second = enter(officer), enter(other)
    first.page.goto(f"/petugas/klaim/{claim}")
    with first.page.expect_response("**/kerjakan"):  # sent as the panel opens
        first.press("x")
        first.tab_to("#tutup textarea")
        first.type("Kabar itu sudah lewat.")
    second.page.goto(f"/petugas/klaim/{claim}")
    second.reads(f"{name} sedang mengerjakan klaim ini", ".held")
    second.follow("form[action*='/ambil-alih'] button")
    second.reads("Anda mengerjakan klaim ini", ".held")
    first.tab_to("#tutup button")
    first.press("Enter")
    first.reads("Rekan sedang mengerjakan klaim ini", ".fault")
    assert first.page.input_value("#tutup textarea") == "Kabar itu sudah lewat."
    assert state(claim) is ClaimStatus.NEW
    second.press("b")
    waiting.wait_until(lambda: state(claim) is ClaimStatus.DISMISSED, "the decision of who took over")
