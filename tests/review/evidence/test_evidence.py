"""Evidence: links with a snapshot, files that are what they claim, and refusals without lost text."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time

import pikepdf
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image, PngImagePlugin
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    Evidence,
    EvidenceCopy,
    EvidenceKind,
    Officer,
    Question,
    Report,
    ReportPicture,
    RoleName,
    db,
)
from hoax_tracker.privacy.retention import purge_expired_data
from hoax_tracker.review.decisions import merge, undo
from hoax_tracker.review.evidence import evidence, safe_files, snapshots
from tests import factories
from tests.desk_search.rows import make_question
from tests.factories import list_rows
from tests.feed_server import FeedServer, Reply

SignIn = Callable[[Officer], FlaskClient]


def pdf(catalog: dict[str, object] | None = None, **saved: object) -> bytes:
    """A PDF of one empty page, with more in its catalogue."""
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, value in (catalog or {}).items():
            made.Root[f"/{name}"] = value
        out = io.BytesIO()
        made.save(out, **saved)
        return out.getvalue()


PDF = pdf()
SCRIPT = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
PAGE = b"<html><title>Kabar</title><script>var token = 1</script><body><p>Air mati tanamkhusus</p></body></html>"
PLANTED = "tanamkhusus"


def png(comment: str = "") -> bytes:
    """A picture that carries something beside its pixels."""
    about, out = PngImagePlugin.PngInfo(), io.BytesIO()
    about.add_text("Comment", comment)
    Image.new("RGB", (40, 30), "navy").save(out, "PNG", pnginfo=about)
    return out.getvalue()


def send(browser: FlaskClient, path: str, page: str, data: bytes, name: str, **fields: str) -> TestResponse:
    """Fill in the form on ``page`` with a file and send it."""
    token = factories.csrf_token_in(browser.get(page).get_data(as_text=True))
    form = {"csrf_token": token, **fields, "file": FileStorage(io.BytesIO(data), name, "file")}
    boundary, body = encode_multipart(form)
    return browser.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def link_to(claim: Claim, server: FeedServer, officer: Officer, now: datetime, path: str = "/kabar") -> Evidence:
    """Add a link to the test's own server."""
    allow = server.allow
    key = evidence.add_evidence_link(claim.id, server.url(path), "", allow=allow, officer=officer, now=now)
    return db.session.get_one(Evidence, key)


def test_a_link_is_kept_as_it_was(
    claim: Claim, settings: Settings, server: FeedServer, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    server.answer("/kabar", Reply(PAGE, content_type="text/html; charset=utf-8"))
    row = link_to(claim, server, officer, now)
    browser, page = sign_in(officer), f"/petugas/bukti/{row.id}"
    assert "Salinannya sedang diambil." in browser.get(page).get_data(as_text=True)
    assert browser.get(f"{page}/berkas").status_code == 404
    assert snapshots.snapshot_evidence_links(settings, now) == 1
    shown = browser.get(page).get_data(as_text=True)
    assert f"SHA-256 {hashlib.sha256(PAGE).hexdigest()}" in shown
    assert f"Air mati {PLANTED}" in shown
    assert "var token" not in shown
    kept = browser.get(f"{page}/berkas")
    assert kept.data == PAGE
    assert (kept.mimetype, kept.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert kept.headers["Content-Disposition"] == f"attachment; filename=salinan-{row.id}.txt"
    assert snapshots.snapshot_evidence_links(settings, now) == 0, "once is enough"


def test_it_is_said_when_a_page_changed_or_is_gone(
    claim: Claim, settings: Settings, server: FeedServer, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    again, other = PAGE.replace(b"token = 1", b"token = 2"), PAGE.replace(b"mati", b"hidup")
    html = "text/html"
    server.answer("/kabar", *(Reply(body, content_type=html) for body in (PAGE, again, other)), Reply(status=410))
    row = link_to(claim, server, officer, now)
    copy = db.session.get_one(EvidenceCopy, row.id)
    snapshots.snapshot_evidence_links(settings, now)
    found = []
    for days in (1, 8, 38):
        snapshots.snapshot_evidence_links(settings, now + timedelta(days=days))
        db.session.expire_all()
        found.append((copy.changed_at is not None, copy.gone_at is not None))
    assert found == [(False, False), (True, False), (True, True)]
    assert copy.next_look_at is None
    db.session.rollback()
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    assert "sudah tidak ada" in browser.get(path).get_data(as_text=True)
    assert browser.get(f"/petugas/bukti/{row.id}/berkas").data == PAGE, "the first copy stays"


def test_a_page_that_cannot_be_read_is_tried_again_and_then_left(
    claim: Claim, settings: Settings, server: FeedServer, officer: Officer, now: datetime, sign_in: SignIn
) -> None:
    server.answer("/kabar", Reply(status=503))
    row, at = link_to(claim, server, officer, now), now
    for wait in (*snapshots.RETRY_DELAYS, timedelta(days=9), timedelta(days=9)):
        snapshots.snapshot_evidence_links(settings, at)
        at += wait
    assert server.count("/kabar") == 1 + len(snapshots.RETRY_DELAYS)
    assert "Situs itu menolak" in sign_in(officer).get(f"/petugas/bukti/{row.id}").get_data(as_text=True)


def test_a_link_that_leads_inside_is_not_followed(
    claim: Claim, settings: Settings, server: FeedServer, officer: Officer, now: datetime
) -> None:
    server.answer("/kabar", Reply(status=302, headers={"Location": "http://169.254.169.254/latest"}))
    row = link_to(claim, server, officer, now)
    snapshots.snapshot_evidence_links(settings, now)
    copy = db.session.get_one(EvidenceCopy, row.id)
    assert (copy.sealed, copy.next_look_at) == (None, None)
    assert "tidak boleh diambil" in (copy.last_error or "")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<![xyz[ a ]]> air", "text/html"),
        (b"air \xff", "text/html; charset=idna"),
        (rb"air \ud800", "text/plain; charset=unicode_escape"),
        (b"air", "text/plain; charset=rot13"),
        (b"air", "text/plain; charset=\xc3\xa9"),
        (b"air \x00\xd8", "text/html; charset=utf-16"),
    ],
)
def test_no_page_stops_the_others(
    claim: Claim,
    settings: Settings,
    server: FeedServer,
    officer: Officer,
    now: datetime,
    body: bytes,
    kind: str,
) -> None:
    server.answer("/aneh", Reply(body, content_type=kind))
    server.answer("/kabar", Reply(PAGE, content_type="text/html"))
    for path in ("/aneh", "/kabar"):
        link_to(claim, server, officer, now, path)
    assert snapshots.snapshot_evidence_links(settings, now) == 2
    assert [row.digest for row in list_rows(Evidence)] == [hashlib.sha256(one).hexdigest() for one in (body, PAGE)]


def test_a_look_that_fails_in_an_unknown_way_is_noted_as_failed(
    claim: Claim, settings: Settings, server: FeedServer, officer: Officer, now: datetime
) -> None:
    server.answer("/kabar", Reply(PAGE, content_type="text/html"))
    rows = [link_to(claim, server, officer, now, "/kabar").id]
    with write_transaction():  # no address that a form lets through: the port is none
        odd = Evidence(kind=EvidenceKind.LINK, title="x", url="http://[::1", claim_id=claim.id, added_at=now)
        odd.copy = EvidenceCopy(next_look_at=now - timedelta(minutes=1))
        db.session.add(odd)
    rows.append(odd.id)
    keyless = replace(settings, contact_key="bukan kunci")
    assert snapshots.snapshot_evidence_links(keyless, now) == 2
    db.session.expire_all()
    found = [db.session.get_one(EvidenceCopy, key) for key in rows]
    assert [(one.sealed, one.looks) for one in found] == [(None, 1), (None, 1)]
    assert "belum dapat diambil" in (found[0].last_error or "")
    assert found[0].next_look_at == now + snapshots.RETRY_DELAYS[0]
    assert snapshots.snapshot_evidence_links(settings, now + snapshots.RETRY_DELAYS[0]) > 0
    db.session.expire_all()
    assert list_rows(Evidence)[0].digest == hashlib.sha256(PAGE).hexdigest(), "it is tried again"


@pytest.mark.parametrize(
    "typed", ["javascript:alert(1)", "file:///etc/passwd", "http://x.example:22/", "", "http://a b:x/"]
)
def test_what_is_no_public_address_is_shown_back(claim: Claim, officer: Officer, sign_in: SignIn, typed: str) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    sent = factories.submit_form(browser, f"{path}/bukti/tautan", path, url=typed, title="Judul saya")
    assert sent.status_code == 422
    page = sent.get_data(as_text=True)
    assert f'value="{typed}" aria-describedby="bukti-salah' in page
    assert 'value="Judul saya"' in page
    assert list_rows(Evidence) == []


def test_a_picture_is_made_anew_and_shown(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    data = png("lokasi rumah")
    sent = send(browser, f"{path}/bukti/berkas", path, data, "..\\..\\foto\u202egnp.exe", title="Foto <b>meteran</b>")
    [row] = list_rows(Evidence)
    assert (sent.status_code, sent.location) == (303, f"{path}#bukti-{row.id}")
    assert (row.file_name, row.digest) == ("fotognp.jpg", hashlib.sha256(data).hexdigest())
    page = browser.get(f"/petugas/bukti/{row.id}").get_data(as_text=True)
    assert f'src="/petugas/bukti/{row.id}/berkas"' in page
    assert "Foto &lt;b&gt;meteran&lt;/b&gt;" in page
    shown = browser.get(f"/petugas/bukti/{row.id}/berkas")
    assert (shown.mimetype, shown.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert b"lokasi rumah" not in shown.data
    assert Image.open(io.BytesIO(shown.data)).size == (40, 30)


@pytest.mark.slow
def test_a_pdf_is_only_ever_saved(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    assert send(browser, f"{path}/bukti/berkas", path, PDF, "Surat edaran.PDF").status_code == 303
    [row] = list_rows(Evidence)
    kept = browser.get(f"/petugas/bukti/{row.id}/berkas")
    assert (kept.data, kept.mimetype) == (PDF, "application/pdf")
    assert kept.headers["Content-Disposition"] == 'attachment; filename="Surat edaran.pdf"'
    assert kept.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"MZ\x90\x00" + PDF, "Berkas itu program, walau bernama «surat.pdf»"),
        (b"\x7fELF" + bytes(60), "Berkas itu program"),
        (b"#!/bin/sh\n%PDF-1.7\n%%EOF", "Berkas itu program"),
        (b"PK\x03\x04word/document.xml", "Simpan sebagai PDF"),
        (b"<html><script>alert(1)</script>", "Jenis berkas itu tidak diterima"),
        (b"\n" + PDF, "Jenis berkas itu tidak diterima"),
        (PDF[:-7], "PDF itu rusak"),
        (PDF + b"PK\x05\x06" + bytes(18), "PDF itu rusak"),
        (PDF.replace(b"/Type /Catalog", b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "PDF itu rusak"),
        (PDF.replace(b"/Type /Catalog", b"/OpenAction << /S /L#61unch /F (cmd.exe) >>"), "PDF itu rusak"),
        (pdf({"OpenAction": SCRIPT}), "PDF itu rusak"),
        (pdf({"OpenAction": SCRIPT}, object_stream_mode=pikepdf.ObjectStreamMode.generate), "PDF itu rusak"),
        (pdf({"AA": pikepdf.Dictionary(WC=SCRIPT)}), "PDF itu rusak"),
        (pdf({"Names": pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=[]))}), "PDF itu rusak"),
        (pdf(encryption=pikepdf.Encryption(owner="a", user="b")), "terkunci"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "bukan gambar yang dapat dibaca"),
        (b"", "Pilih berkasnya dulu"),
    ],
)
def test_a_file_is_judged_by_its_bytes(
    claim: Claim, officer: Officer, sign_in: SignIn, data: bytes, words: str
) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    sent = send(browser, f"{path}/bukti/berkas", path, data, "surat.pdf", title="Surat kepala dinas")
    assert sent.status_code == 422
    page = sent.get_data(as_text=True)
    assert words in page
    assert 'value="Surat kepala dinas"' in page
    assert list_rows(Evidence) == []


@pytest.mark.slow
def test_a_pdf_may_lead_to_its_pages_and_to_a_site() -> None:
    opening = pikepdf.Array([0, pikepdf.Name.Fit])
    to_page = pikepdf.Dictionary(S=pikepdf.Name.GoTo, D=opening)
    to_site = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://kupang.example")
    for data in (pdf({"OpenAction": opening}), pdf({"OpenAction": to_page}), pdf({"OpenAction": to_site})):
        assert safe_files.make_safe_file(data, "surat.pdf").data == data


@pytest.mark.slow
def test_a_pdf_that_grows_when_it_is_read_holds_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    head = PDF.partition(b"xref")[0]
    end = b"\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"
    for grown in (b"<<>>\nendobj\n9 0 obj\n" * 300_000, b"[" * 4_000_000, b"[" + b"0 " * 3_000_000 + b"]"):
        started = process_time()
        with pytest.raises(InvalidInputError, match="not a plain PDF"):
            safe_files.make_safe_file(head + b"9 0 obj\n" + grown + end, "surat.pdf")
        assert process_time() - started < 5


@pytest.mark.parametrize("megabytes", [9, 100, 170])
def test_a_hundred_megabytes_get_an_answer_in_words(
    claim: Claim, officer: Officer, sign_in: SignIn, megabytes: int
) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    sent = send(browser, f"{path}/bukti/berkas", path, b"\0" * (megabytes * 2**20), "video.mp4", title="Rekaman")
    assert sent.status_code == 413
    page = sent.get_data(as_text=True)
    assert "Berkas itu terlalu besar: paling besar 8 MB" in page
    assert ('value="Rekaman"' in page) is (megabytes < 160)
    assert list_rows(Evidence) == []


def test_without_the_forms_token_nothing_is_kept(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}/bukti/berkas"
    form = {"csrf_token": "x", "file": (io.BytesIO(PDF), "a.pdf")}
    assert browser.post(path, data=form, content_type="multipart/form-data").status_code == 400
    assert list_rows(Evidence) == []


@pytest.mark.slow
def test_an_answer_brings_its_files(claim: Claim, officer: Officer, now: datetime, sign_in: SignIn) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    row = make_question(claim, officer, "Benarkah?")
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    browser, path = sign_in(nurse), f"/petugas/pertanyaan/{row.id}"
    bad = send(browser, f"{path}/jawab", path, b"MZ" + bytes(9), "surat.pdf", version="1", text="Tidak ada pungutan.")
    assert bad.status_code == 422
    assert "Tidak ada pungutan.</textarea>" in bad.get_data(as_text=True)
    assert "Berkas itu program" in bad.get_data(as_text=True)
    huge = send(browser, f"{path}/jawab", path, bytes(100 * 2**20), "a.pdf", version="1", text="Tidak ada pungutan.")
    assert huge.status_code == 413
    assert "Tidak ada pungutan.</textarea>" in huge.get_data(as_text=True)
    assert db.session.get_one(Question, row.id).answer is None
    sent = send(browser, f"{path}/jawab", path, PDF, "SK.pdf", version="1", text="Tidak ada pungutan.")
    assert sent.status_code == 303
    [piece] = list_rows(Evidence)
    assert (piece.claim_id, piece.question_id, piece.title) == (claim.id, row.id, "SK.pdf")
    assert browser.get(f"/petugas/bukti/{piece.id}/berkas").data == PDF, "what they sent, the accused may read"
    assert "SK.pdf" in sign_in(officer).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)


@pytest.mark.slow
def test_the_accused_see_no_evidence_and_add_none(
    claim: Claim, officer: Officer, now: datetime, settings: Settings, sign_in: SignIn
) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    safe = safe_files.make_safe_file(PDF, "saksi.pdf")
    key = evidence.add_evidence_file(claim.id, safe, "", key=settings.contact_key, officer=officer, now=now)
    browser = sign_in(nurse)
    assert "saksi.pdf" not in browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert browser.get(f"/petugas/bukti/{key}").status_code == 403
    assert browser.get(f"/petugas/bukti/{key}/berkas").status_code == 403
    with pytest.raises(NotAllowedError):
        evidence.add_evidence_file(claim.id, safe, "", key=settings.contact_key, officer=nurse, now=now)
    with pytest.raises(NotAllowedError):
        evidence.delete_evidence(key, officer=nurse, now=now)


@pytest.mark.slow
@pytest.mark.sqlite
def test_what_is_kept_cannot_be_read_in_the_files_and_goes_when_deleted(
    claim: Claim, officer: Officer, now: datetime, settings: Settings
) -> None:
    data = PDF.replace(b"%%EOF", PLANTED.encode() + b"\n%%EOF")
    safe = safe_files.make_safe_file(data, "surat.pdf")
    key = evidence.add_evidence_file(claim.id, safe, "", key=settings.contact_key, officer=officer, now=now)
    assert evidence.load_evidence(key, key=settings.contact_key, officer=officer).data == data
    db.session.rollback()
    held = [path for path in Path(settings.data_folder).rglob("*") if path.is_file()]
    assert not [path for path in held if PLANTED.encode() in path.read_bytes()]
    assert evidence.delete_evidence(key, officer=officer, now=now) == claim.id
    assert db.session.scalars(sa.select(EvidenceCopy)).all() == []


@pytest.mark.slow
def test_retention_takes_what_a_claim_without_an_answer_kept(
    claim: Claim, officer: Officer, now: datetime, settings: Settings, sign_in: SignIn
) -> None:
    answered = factories.make_claim("Lain", status=ClaimStatus.CLARIFIED)
    safe = safe_files.make_safe_file(PDF, "surat.pdf")
    keys = [
        evidence.add_evidence_file(one.id, safe, "", key=settings.contact_key, officer=officer, now=now)
        for one in (claim, answered)
    ]
    later = now + settings.contact_retention + timedelta(days=1)
    assert purge_expired_data(settings, later)["evidence"] == 0, "it still waits"
    claim.status = ClaimStatus.DISMISSED
    db.session.commit()
    assert purge_expired_data(settings, now + timedelta(days=1))["evidence"] == 0
    assert purge_expired_data(settings, later)["evidence"] == 1
    left = [evidence.load_evidence(key, key=settings.contact_key, officer=officer).data for key in keys]
    assert left == [None, PDF]
    page = sign_in(officer).get(f"/petugas/bukti/{keys[0]}").get_data(as_text=True)
    assert "sudah dihapus menurut masa simpannya" in page


@pytest.mark.slow
def test_what_a_closed_claim_held_is_there_for_who_takes_the_closing_back(
    claim: Claim, officer: Officer, now: datetime, settings: Settings
) -> None:
    safe, kept = safe_files.make_safe_file(PDF, "surat.pdf"), settings.contact_retention
    evidence.add_evidence_file(claim.id, safe, "", key=settings.contact_key, officer=officer, now=now)
    report = Report(ticket_digest="t", text="x", received_at=now)
    with write_transaction():
        db.session.add(report)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=now))
        picture = ReportPicture(token_digest="t", sealed=b"x", width=1, height=1, added_at=now)
        picture.report_id = report.id
        db.session.add(picture)
    closed = now + kept + timedelta(days=10)
    with write_transaction():
        db.session.get_one(Claim, claim.id).status = ClaimStatus.DISMISSED
        kind = DecisionKind.DISMISS
        db.session.add(Decision(claim_id=claim.id, officer_id=officer.id, kind=kind, decided_at=closed))
    for at, gone in ((closed + timedelta(minutes=5), 0), (closed + kept, 0), (closed + kept + timedelta(minutes=1), 1)):
        counts = purge_expired_data(settings, at)
        assert (counts["evidence"], counts["pictures"]) == (gone, gone)


def test_the_same_link_twice_is_one_and_there_is_an_end(
    claim: Claim, officer: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = (
        evidence.add_evidence_link(claim.id, "https://kabar.example/1", title, officer=officer, now=now)
        for title in ("a", "b")
    )
    assert first == again
    monkeypatch.setattr(evidence, "EVIDENCE_PER_CLAIM", 1)
    with pytest.raises(InvalidInputError, match="too much"):
        evidence.add_evidence_link(claim.id, "kabar.example/2", "", officer=officer, now=now)


def test_it_goes_with_a_merge(claim: Claim, officer: Officer, now: datetime) -> None:
    into = factories.make_claim("Air PDAM mati")
    key = evidence.add_evidence_link(claim.id, "https://kabar.example/1", "", officer=officer, now=now)
    done = merge.merge_claims(claim.id, 1, into.id, officer=officer, now=now)
    assert [one.id for one in evidence.list_claim_evidence(into.id)] == [key]
    with pytest.raises(InvalidInputError, match="merged"):
        evidence.add_evidence_link(claim.id, "https://kabar.example/2", "", officer=officer, now=now)
    undo.undo_decision(done.decision_id, officer=officer, now=now)
    assert [one.id for one in evidence.list_claim_evidence(claim.id)] == [key]


def test_text_of_pages() -> None:
    assert snapshots.extract_page_text("é".encode("latin-1"), 'text/plain; charset="latin-1"') == "é"
    assert snapshots.extract_page_text(b"\xc3\xa9", "text/plain; charset=tidak-ada") == "é"
    assert snapshots.extract_page_text(b"<p>a<br>b</p> <style>c</style><b>d", "text/html") == "a\nb\nd"
    assert snapshots.extract_page_text(b"\x89PNG", "image/png") is None
    assert snapshots.extract_page_text(b"x", None) is None


@pytest.mark.parametrize("piece", [b"<!--", b"<p><!--", b"<![", b"<a b='", b"</"])
def test_a_hostile_page_is_read_in_little_time(piece: bytes) -> None:
    started = process_time()
    snapshots.extract_page_text(piece * (snapshots.SIZE_LIMIT_BYTES // len(piece)), "text/html")
    assert process_time() - started < 5
