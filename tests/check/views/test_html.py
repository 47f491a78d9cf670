"""Every public page and answer is valid HTML in both languages."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask import request, request_started
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from classifiers.matcher.details import Difference
from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers import screenshot_ocr
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Decision,
    DecisionKind,
    District,
    Evidence,
    EvidenceKind,
    Officer,
    OutgoingMail,
    Report,
    Verdict,
    db,
)
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, MESSAGE, RETOLD, UNRELATED, Found, Publish
from tests.markup import html_faults

SOURCE = "https://pdam.example/jadwal"
FINDINGS = (
    "Tekanan normal. [1]\n\n- Oebobo\n- Oebufu\n\n> kutipan\n\n1. satu\n2. dua\n\n[rujukan](https://pdam.example/)"
)
CONTACT = "maria@surel.example"
MARKUP = """ "><b id="isi">'</q></textarea></main><a href=x> &amp; &nosuch; <!-- """


@dataclass
class Site:
    """An instance with something of every kind; ``tickets`` by where the report stands."""

    client: FlaskClient
    tickets: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def ask(self, text: str) -> TestResponse:
        """Paste a message."""
        return self.client.post("/cek", data={"teks": text})

    def show(self, data: bytes, path: str = "/cek", **fields: str) -> TestResponse:
        """Send a picture."""
        return self.client.post(path, data=fields | {"gambar": (io.BytesIO(data), "layar.png")})

    def report(self, step: str, go: str, **fields: str) -> TestResponse:
        """Send a step of the form."""
        return self.client.post("/lapor", data={"langkah": step, "ke": go, "teks": MARKET} | fields)

    def same(self) -> TestResponse:
        """Say that one has the message that is under review."""
        token = factories.csrf_token_in(self.ask(MARKET).text)
        return self.client.post("/cek/sama", data={"csrf_token": token, "teks": MARKET})

    def add(self, text: str) -> TestResponse:
        """Add to a report, and open the page of its ticket."""
        ticket = self.tickets["closed"]
        return self.client.post(f"/lapor/{ticket}", data={"tambahan": text}, follow_redirects=True)

    def ticket(self, stage: str) -> TestResponse:
        """Open the page of a ticket."""
        return self.get(f"/lapor/{self.tickets[stage]}")


@pytest.fixture
def site(
    client: FlaskClient, publish: Publish, officer: Officer, approver: Officer, settings: Settings, now: datetime
) -> Site:
    """Something of every kind, with markup in whatever somebody wrote."""
    db.session.add(District(code="k1", name="Oebobo", kind="kecamatan"))
    air = publish(slug="air", title=f"Air tetap mengalir{MARKUP}", summary=MARKUP, findings=FINDINGS + MARKUP)
    gone = publish(slug="ditarik", status=ClarificationStatus.RETRACTED, claim_quote="kabar lama sekali")
    for verdict in Verdict:
        publish(slug=verdict.value, verdict=verdict, claim_quote=f"kabar {verdict.value} {MARKUP}", title=verdict.value)
    kinds = ((1, ClarificationStatus.PUBLISHED), (2, ClarificationStatus.CORRECTED))
    for key, number, kind in [*((air, *one) for one in kinds), (gone, 1, ClarificationStatus.RETRACTED)]:
        content = {"title": f"Judul lama {number}{MARKUP}", "verdict": Verdict.BENAR.value if number == 2 else None}
        db.session.add(
            ClarificationRevision(
                clarification_id=key, number=number, kind=kind, note=f"Catatan{MARKUP}", content=content,
                author_id=officer.id, approver_id=approver.id, made_at=now,
            )
        )  # fmt: skip
    for title in ("Jadwal", MARKUP):
        source = {"kind": EvidenceKind.LINK, "url": f"{SOURCE}?a=1&b={title}" if title == MARKUP else SOURCE}
        db.session.add(Evidence(title=title, clarification_id=air, added_at=now, **source))
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=now)
    db.session.commit()
    built = Site(client)
    for stage in ("received", "examined", "clarified", "closed", "not_a_claim", "rejected", "undelivered"):
        built.tickets[stage] = reported(stage, air, officer, settings, now)
    db.session.rollback()
    return built


def reported(stage: str, page: int, officer: Officer, settings: Settings, now: datetime) -> str:
    """Take a report and bring it where it is to stand; return its ticket."""
    ticket = submit_report(f"{MARKET} {stage}{MARKUP}", SOURCE, "WhatsApp", CONTACT, True, now, settings)
    status = {"examined": ClaimStatus.INVESTIGATING, "clarified": ClaimStatus.CLARIFIED}
    claim_id = factories.make_claim(stage, status=status.get(stage, ClaimStatus.DISMISSED), examined_since=now).id
    person = officer.id
    with write_transaction():
        row = db.session.scalars(sa.select(Report).order_by(Report.id.desc()).limit(1)).one()
        if stage == "rejected":
            row.rejected_at, row.rejected_reason = now, f"Isinya iklan.{MARKUP}"
        if stage == "undelivered":
            db.session.add(OutgoingMail(key="k", report_id=row.id, posted_at=now, failed_at=now, last_error="550"))
        if stage in ("received", "rejected", "undelivered"):
            return ticket
        claim = db.session.get_one(Claim, claim_id)
        db.session.add(ClaimAppearance(claim_id=claim_id, report_id=row.id, seen_at=now))
        if stage == "clarified":
            answered = db.session.get_one(Clarification, page)
            answered.claims.append(claim)
        if claim.status is ClaimStatus.DISMISSED:
            kind = DecisionKind.NOT_A_CLAIM if stage == "not_a_claim" else DecisionKind.DISMISS
            said = {"reason": MARKUP, "decided_at": now, "officer_id": person}
            db.session.add(Decision(claim_id=claim_id, kind=kind, **said))
    return ticket


PAGES: dict[str, Callable[[Site], TestResponse]] = {
    "front": lambda site: site.get("/"),
    "empty box": lambda site: site.get("/cek"),
    "list": lambda site: site.get("/klarifikasi/"),
    "search": lambda site: site.get("/klarifikasi/?q=kabar&topik=water&putusan=hoaks&tempat=1&dari=2026-01-01"),
    "search without result": lambda site: site.get("/klarifikasi/?q=%3Cb%3Enaga%22"),
    "about": lambda site: site.get("/tentang"),
    "statistics": lambda site: site.get("/statistik"),
    "privacy": lambda site: site.get("/privasi"),
    "offline": lambda site: site.get("/luring"),
    "clarification": lambda site: site.get("/klarifikasi/air"),
    **{f"verdict {one.value}": lambda site, one=one: site.get(f"/klarifikasi/{one.value}") for one in Verdict},
    "retracted": lambda site: site.get("/klarifikasi/ditarik"),
    "useful": lambda site: site.client.post("/klarifikasi/air/berguna", data={"berguna": "ya"}),
    "useful once more": lambda site: site.client.post("/klarifikasi/air/berguna", data={"berguna": "tidak"}),
    "same message": lambda site: site.client.post("/klarifikasi/air/sama", data={"sama": "ya", "teks": MARKUP}),
    "another message": lambda site: site.client.post("/klarifikasi/air/sama", data={"sama": "bukan", "teks": MARKUP}),
    "match": lambda site: site.ask(RETOLD),
    "match by address": lambda site: site.client.get("/cek", query_string={"q": RETOLD}),
    "possible": lambda site: site.ask(SOURCE),
    "under review": lambda site: site.ask(MARKET),
    "same": Site.same,
    "same again": Site.same,
    "none": lambda site: site.ask(f"{UNRELATED} \"><b>'</p><!-- &"),  # the words of MARKUP stand on a page
    "says nothing": lambda site: site.ask("🙏"),
    "only a link": lambda site: site.ask("https://berita.example/x?a=1&b=2"),
    "too long": lambda site: site.ask("air " * 26_000),
    "a PDF": lambda site: site.show(b"%PDF-1.4", teks=MARKUP),
    "shared in": lambda site: site.client.post("/cek/bagikan", data={"teks": MESSAGE + MARKUP}),
    "step 1": lambda site: site.get("/lapor"),
    "step 2": lambda site: site.report("1", "2"),
    "step 2 with a picture": lambda site: site.show(shots.draw_noise(), "/lapor", langkah="2", ke="2", teks=MARKET),
    "step 3": lambda site: site.report("2", "3", tautan="x.example", teks=MARKET + MARKUP),
    "fault in step 1": lambda site: site.report("1", "2", teks="🙏"),
    "fault in step 2": lambda site: site.report("2", "3", tautan=MARKUP),
    "no picture in step 2": lambda site: site.show(b"%PDF-1.4", "/lapor", langkah="2", ke="3", teks=MARKET),
    "fault in step 3": lambda site: site.report("3", "kirim", kontak="maria", setuju="ya"),
    "no consent": lambda site: site.report("3", "kirim", kontak=CONTACT),
    "no token": lambda site: site.report("3", "kirim"),
    "find ticket": lambda site: site.get("/tiket"),
    "no ticket": lambda site: site.client.post("/tiket", data={"nomor": MARKUP}),
    "unknown ticket": lambda site: site.client.post("/tiket", data={"nomor": "C" * 20}),
    "new ticket": lambda site: site.get(f"/lapor/{site.tickets['received']}?baru=1"),
    **{f"ticket {stage}": lambda site, stage=stage: site.ticket(stage) for stage in (
        "received", "examined", "clarified", "closed", "not_a_claim", "rejected", "undelivered",
    )},
    "added": lambda site: site.add(f"{MARKET}{MARKUP}"),
    "not added": lambda site: site.add("🙏"),
    "erase": lambda site: site.get(f"/lapor/{site.tickets['received']}/hapus"),
    "erased": lambda site: site.client.post(f"/lapor/{site.tickets['closed']}/hapus", data={"apa": "aduan"}),
    "missing": lambda site: site.get("/tidak-ada%3Cb%3E"),
    "wrong method": lambda site: site.client.post("/tentang"),
}  # fmt: skip
if screenshot_ocr.can_read_pictures():
    PAGES["was read"] = lambda site: site.show(shots.draw_screenshot(MESSAGE))
    PAGES["nothing to read"] = lambda site: site.show(shots.draw_noise())
# The words of the first heading, by which it is known that the page is the one that is meant.
TOLD = {
    "added": "Yang Anda tambahkan",
    "not added": "tidak menemukan pesan di sini",
    "match": "Air tetap mengalir",
    "possible": "Kami tidak menilai isinya",
    "under review": "Petugas sedang memeriksa",
    "none": "Belum ada klarifikasi untuk pesan ini",
    "ticket clarified": "sudah dijawab dengan klarifikasi",
    "ticket closed": "ditutup tanpa klarifikasi",
    "ticket examined": "sedang diperiksa petugas",
}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.process
def test_every_page_is_valid(site: Site, language: str) -> None:
    site.get(f"/bahasa/{language}?next=/")
    found = {}
    for name, go in PAGES.items():
        response = go(site)
        page = response.get_data(as_text=True)
        assert response.mimetype == "text/html", name
        assert f'<html lang="{language}">' in page, name
        assert language == "en" or TOLD.get(name, "") in page, name
        found[name] = html_faults(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.process
@pytest.mark.parametrize("stance", ["asserts", "denies"])
def test_a_page_of_what_differs_is_valid(site: Site, found: Found, stance: Stance) -> None:
    found(
        Difference("duration", f"tujuh hari{MARKUP}", "tiga hari"), Difference("place", "Tarus", "Alak"), stance=stance
    )
    page = site.ask(MESSAGE).get_data(as_text=True)
    assert "tiga hari" in page
    assert html_faults(page) == []


@pytest.mark.slow
@pytest.mark.process
def test_no_public_page_is_left_out(app: APIFlask, site: Site) -> None:
    seen: set[str | None] = set()

    def note_endpoint(_app: object, **_: object) -> None:
        seen.add(endpoint_asked())

    with request_started.connected_to(note_endpoint, app):
        for go in PAGES.values():
            go(site)
    public = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in PUBLIC}
    assert public - seen == NO_PAGES


PUBLIC = {"check", "install", "pages", "reports"}
NO_PAGES = {"check.set_language", "install.favicon", "install.manifest", "install.service_worker", "reports.copy"}


def endpoint_asked() -> str | None:
    """Which view answers the present request."""
    return request.endpoint


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("<p><div>x</div></p>", "unexpected-end-tag"),
        ("<b>x", "end-tag"),
        ('<p id="isi">x</p><p id="isi">y</p>', "'isi' stands 2 times"),
        ('<label for="nix">x</label>', "refers to 'nix'"),
        ('<a href="#nix">x</a>', "refers to 'nix'"),
        ("<h2><p>x</p></h2>", "holds text only"),
        ("<span><div>x</div></span>", "holds text only"),
        ("<ul><a href=x>x</a></ul>", "right in <ul>"),
        ("<div><li>x</li></div>", "stands in <div>"),
        ("<button><input></button>", "can be pressed"),
        ("<img src=x>", "has no alt"),
        ('<p id="">x</p>', "an empty id"),
        ("<section><p>x</p></section>", "has no heading"),
        ('<p class="a" class="b">x</p>', "duplicate"),
        ("<p>&nosuch;</p>", "named-entity"),
        ("<center>x</center>", "obsolete"),
    ],
)
def test_what_is_wrong_is_found(wrong: str, told: str) -> None:
    page = '<!doctype html><html lang="id"><head><title>x</title></head><body><main>{}</main></body></html>'
    assert html_faults(page.format("<p>x</p>")) == []
    assert told in " ".join(html_faults(page.format(wrong)))
