"""Attacks as they are made: made-up hosts and redirects, forms of other sites, hostile text.

docs/security.md says against whom each thing protects and names the test that shows it.
"""

from __future__ import annotations

import html
import json
import os
import re
import stat
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings, read_settings
from hoax_tracker.core.content.html_to_text import TEXT_LIMIT
from hoax_tracker.core.content.list_files import safe_cell
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import AuditEvent, ClaimAppearance, Officer, Report, RoleName, db
from hoax_tracker.pipeline import run_from_files
from tests import factories, walk
from tests.browser import open_app
from tests.core.web.test_security_headers import known, people
from tests.factories import count_rows
from tests.repository import ROOT

__all__ = ["known", "people"]
SignIn = Callable[[Officer], FlaskClient]
QUEUE = "/petugas/"
TLS = {"base_url": "https://kabas.example"}


# Hosts, redirects, caches

EVIL = {"Host": "jahat.example", "X-Forwarded-Host": "jahat2.example", "X-Forwarded-Server": "jahat3.example"}
EVIL |= {"X-Original-URL": "/jahat4.example", "X-Rewrite-URL": "/jahat5.example", "Forwarded": "host=jahat6.example"}


@pytest.mark.slow
@pytest.mark.parametrize("behind_proxy", [False, True])
def test_a_made_up_host_reaches_no_page(settings: Settings, behind_proxy: bool) -> None:
    with open_app(replace(settings, behind_proxy=behind_proxy)) as app:
        held = walk.make_people()
        known = walk.fill_instance(app, held)
        browser = app.test_client()
        factories.submit_form(browser, "/petugas/masuk", email=held["administrator"].email, password=factories.PASSWORD)
        bare = ["/klarifikasi", "/petugas", "//klarifikasi/", "/petugas/kelola", "/bahasa/en?next=/klarifikasi/"]
        for person in (browser, app.test_client()):
            for path in [*bare, *(path for _, path in walk.iterate_addresses(app, known))]:
                answer = person.get(path, headers=EVIL)
                assert b"jahat" not in answer.get_data(), path
                assert "jahat" not in str(answer.headers), path
        report = app.test_client().post("/api/v1/reports", json={"text": "air PDAM mati total"}, headers=EVIL)
        assert report.get_json()["status_url"].startswith("http://127.0.0.1:8000/lapor/")


ELSEWHERE = [
    "https://situs.example/",
    "//situs.example/",
    "///situs.example/",
    "/\\situs.example/",
    "\\\\situs.example/",
    "https:situs.example",
    "https:/situs.example",
    "javascript:alert(1)",
    "/\t/situs.example",
    "%2f%2fsitus.example",
    " //situs.example",
    "http://localhost@situs.example/",
    "http://localhost.situs.example/",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_signing_in_and_choosing_a_language_lead_to_no_other_site(
    app: APIFlask, client: FlaskClient, officer: Officer, elsewhere: str
) -> None:
    chosen = client.get("/bahasa/en", query_string={"next": elsewhere})
    page = client.get("/petugas/masuk", query_string={"next": elsewhere})
    fields = {"csrf_token": factories.csrf_token_in(page.get_data(as_text=True)), "email": officer.email}
    fields |= {"password": factories.PASSWORD, "next": elsewhere}
    done = client.post("/petugas/masuk", query_string={"next": elsewhere}, data=fields)
    assert chosen.status_code == 302
    for answer in (chosen, done):
        location = (answer.location or "/").replace("\\", "/").strip()  # as browsers read it
        assert urlsplit(urljoin("http://localhost/petugas/masuk", location)).netloc == "localhost", location


def test_nothing_that_a_visitor_sends_changes_what_others_are_kept(
    app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    factories.make_clarification(officer, approver)
    fresh = app.test_client().get("/").get_data()
    english = app.test_client()
    english.get("/bahasa/en")
    visits: list[Callable[[str], object]] = [
        lambda path: app.test_client().get(path, headers=EVIL),
        english.get,
        lambda path: sign_in(officer).get(path),
        lambda path: app.test_client().head(path),
        lambda path: app.test_client().get(path, headers={"Range": "bytes=0-9"}),
        lambda path: app.test_client().get(path, headers={"If-None-Match": "*"}),
        lambda path: app.test_client().get(path, headers={"X-HTTP-Method-Override": "POST", "Accept": "text/plain"}),
        lambda path: app.test_client().get(path, headers={"Cookie": "bahasa=en; bahasa=xx"}),
        lambda path: app.test_client().get(path, headers={"Accept-Language": "en"}),
    ]
    for visit in visits:
        app.extensions["kept_pages"]._pages.clear()
        for path in ("/", "/klarifikasi/", "/klarifikasi/klarifikasi-1", "/tentang"):
            visit(path)
        after = app.test_client().get("/")
        assert after.get_data() == fresh
        assert after.status_code == 200
        assert "Set-Cookie" not in after.headers


# Forms of other sites

# What a form of another site may send. None acts for a person, and a resident's browser may refuse cookies.
WITHOUT_TOKEN = {
    "/hook/telegram",  # with a secret of its own
    "/hook/whatsapp",  # signed
    "/cek",
    "/cek/bagikan",
    "/kabari",
    "/kabari/<token>/berhenti",
    "/kabari/ponsel",
    "/kabari/ponsel/hapus",
    "/kabari/<token>/ya",
    "/klarifikasi/<slug>/berguna",
    "/klarifikasi/<slug>/keberatan",
    "/klarifikasi/<slug>/sama",
    "/keberatan/<ticket>/tarik",
    "/langganan/<token>",
    "/lapor",
    "/lapor/<ticket>",
    "/lapor/<ticket>/hapus",
    "/tiket",
    "/api/v1/check",
    "/api/v1/reports",
}


ONLY_IN_A_DEMO = "/peragaan/obrolan"


@pytest.mark.slow
def test_no_form_of_another_site_does_anything(
    app: APIFlask, known: walk.Values, people: dict[str, Officer], sign_in: SignIn
) -> None:
    browser = sign_in(factories.make_officer("semua@kupang.example", *RoleName))
    known |= {"officer_id": [people["none"].id]}
    before = counted(AuditEvent)
    tried = 0
    for rule, path in walk.iterate_addresses(app, known, "POST"):
        if rule.rule not in WITHOUT_TOKEN:
            answer = browser.post(path, data={"version": "1", "seen": "x", "email": "x"})
            assert answer.status_code in (400, 403) or (answer.status_code, path) == (404, ONLY_IN_A_DEMO), path
            tried += 1
    assert tried > 60
    assert counted(AuditEvent) == before
    assert browser.get(QUEUE).status_code == 200, "not signed out either"


def counted(table: type) -> int:
    db.session.rollback()
    return count_rows(table)


def test_a_report_needs_its_own_form(client: FlaskClient) -> None:
    sent = client.post("/lapor", data={"teks": "Mulai Senin air PDAM mati total", "langkah": "3", "ke": "kirim"})
    assert (sent.status_code, counted(Report)) == (422, 0)


def test_the_api_neither_reads_nor_sets_cookies(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    for path in ("/api/v1/check", "/api/v1/reports"):
        answer = browser.post(path, json={"text": "Mulai Senin air PDAM mati total"})
        assert answer.status_code < 300
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        form = browser.post(path, data='{"text": "air mati"}', content_type="text/plain")
        assert form.status_code == 415, "what a form of another site can send is no JSON"


# Who may see what


def test_nobody_of_an_accused_unit_sees_who_reported_it(app: APIFlask, sign_in: SignIn) -> None:
    claim = factories.make_claim("Pegawai PDAM minta uang", accused_unit_id=factories.load_unit("pdam").id)
    key = app.extensions["settings"].contact_key
    report = Report(ticket_digest="x", text="Saya lihat", received_at=factories.NOW, consent_at=factories.NOW,
                    contact_encrypted=encrypt_contact("warga@contoh.example", key))  # fmt: skip
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=factories.NOW))
    db.session.commit()
    page, path = f"/petugas/klaim/{claim.id}", f"/petugas/klaim/{claim.id}/aduan/{report.id}/kontak"
    outside = factories.make_officer("luar@kupang.example", RoleName.OFFICER)
    roles = (RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
    for number in (1, 3):
        accused = factories.make_officer(f"pdam{number}@kupang.example", *roles[:number], unit_code="pdam")
        browser = sign_in(accused)
        assert "Buka kontak" not in browser.get(page).get_data(as_text=True)
        assert browser.get(path).status_code == 403
        refused = factories.submit_form(browser, path, page, reason="Ingin tahu")
        assert refused.status_code == 403
        assert "warga@contoh.example" not in refused.get_data(as_text=True)
    shown = factories.submit_form(sign_in(outside), path, page, reason="Menanyakan kapan diterima")
    assert "warga@contoh.example" in shown.get_data(as_text=True)


@pytest.mark.slow
def test_a_number_that_no_row_can_have_is_not_found(
    app: APIFlask, known: walk.Values, people: dict[str, Officer], sign_in: SignIn
) -> None:
    browser = sign_in(people["administrator"])
    for number in (2**31 - 1, 2**31, 2**63, 10**40):
        odd = {name: [number] if name.endswith("_id") else chosen for name, chosen in known.items()}
        for rule, path in walk.iterate_addresses(app, odd):
            if any(name.endswith("_id") for name in rule.arguments):
                assert browser.get(path).status_code in (403, 404), path
        assert browser.get(f"/klarifikasi/?hal={number}").status_code == 200
        assert browser.get(f"/petugas/?hal={number}&unit={number}").status_code < 500


ODD = ["\x00", "\xff", "\ud800", "🙃", "a" * 3000, "../../../etc/passwd", "..\\..\\setup.cfg", "' or 1=1 --", "%s%n"]


@pytest.mark.slow
def test_no_odd_address_is_a_fault_of_ours_or_leads_out(
    app: APIFlask, known: walk.Values, people: dict[str, Officer], sign_in: SignIn
) -> None:
    """Every odd value in a path that takes texts, and in turn three of them in the query of each page."""
    browser = sign_in(people["administrator"])
    written = [quote(odd.encode("utf-8", "surrogatepass"), safe="") for odd in ODD]
    texts = ("slug", "ticket", "value", "code", "filename")
    names = ("q", "hal", "unit", "status", "topik", "next", "urut")
    for number, (rule, path) in enumerate(walk.iterate_addresses(app, known | {name: ["ODD"] for name in texts})):
        addresses = {path.replace("ODD", odd) for odd in written}
        plain = path.replace("ODD", "x")
        for odd in written[number % 3 :: 3]:
            addresses.add(f"{plain}?{'&'.join(f'{name}={odd}' for name in names)}")
        for address in addresses:
            answer = browser.get(address)
            assert answer.status_code < 500 or rule.rule == "/readyz", address
            assert b"root:x:0:" not in answer.get_data()
            assert b"[metadata]" not in answer.get_data()


# Hostile text

NASTY = {
    "letters": "a",
    "spaces": " ",
    "lines": "\n",
    "dots": ".",
    "commas and letters": "a,",
    "digits": "1",
    "digits and spaces": "1 ",
    "plus": "+62 ",
    "at": "@",
    "mail without an end": "a@a.",
    "handles": "@a ",
    "holder": "a.n. ",
    "holder names": "a.n. Maria Maria Maria ",
    "links": "http://a.b/ ",
    "half links": "http://",
    "www": "www.",
    "brackets": "(",
    "stars": "*_~`",
    "tags": "<a ",
    "entities": "&#",
    "emoji": "😀\u200d",
    "marks": "a\u0301",
    "marks on one letter": "\u0315\u0300\u0316",
    "a letter of eighteen": "\ufdfa",
    "a letter of eight": "\ufdfb",
    "a ligature of three": "\ufb03",
    "no spaces": "".join(map(chr, range(0x4E00, 0x4E20))),
    "repeats": "hahaha",
    "numbers with units": "rp 1.000.000 ",
    "sentence": "Mulai Senin air PDAM mati total tujuh hari di Oesapa. ",
    "mixed dashes": "- ",
    "quotes": "\"'",
}
LONGEST = 100_000


FORMS: dict[str, Callable[[str], str]] = {
    **{form: partial(unicodedata.normalize, form) for form in ("NFC", "NFD", "NFKC", "NFKD")},
    "lower": str.lower,
    "casefold": str.casefold,
    "all": lambda sign: unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sign).casefold()),
    "escaped": html.escape,
}
"""What the code does to letters."""


def growing_letters(most: int = 3) -> set[str]:
    """Return, of all of Unicode, the letters and signs that each of these makes longest."""
    left_out = ("Cn", "Co", "Cs")  # unassigned, private, surrogates
    signs = [sign for sign in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(sign) not in left_out]
    grown = [sorted(signs, key=partial(grown_length, form))[-most:] for form in FORMS.values()]
    return set().union(*grown)


def grown_length(form: Callable[[str], str], sign: str) -> int:
    return len(form(sign))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "\uff1d"])
def test_no_cell_of_an_export_is_a_formula(begin: str) -> None:
    assert safe_cell(f"{begin}HYPERLINK(1)") == f"'{begin}HYPERLINK(1)"
    assert safe_cell("Air tetap mengalir") == "Air tetap mengalir"
    assert safe_cell("") == ""
    assert safe_cell(7) == 7


@pytest.mark.parametrize("name", NASTY)
def test_no_message_takes_long(app: APIFlask, client: FlaskClient, name: str) -> None:
    text = (NASTY[name] * LONGEST)[:LONGEST]
    # Whatever is made on first use; the first report that a process takes imports scikit-learn.
    client.post("/api/v1/check", json={"text": "Apakah air mati?"})
    assert client.post("/api/v1/reports", json={"text": "Mulai Senin air PDAM mati total"}).status_code == 201
    started = time.process_time()
    checked = client.post("/api/v1/check", json={"text": text})
    reported = client.post("/api/v1/reports", json={"text": text})
    assert checked.status_code == 200
    assert reported.status_code in (201, 422)
    assert time.process_time() - started < 5


@pytest.mark.slow
def test_no_letter_of_unicode_makes_a_message_take_long(client: FlaskClient) -> None:
    client.post("/api/v1/check", json={"text": "Apakah air mati?"})
    worst = growing_letters()
    assert {"\ufdfa", "\ufb03", "&"} <= worst
    for sign in sorted(worst):
        for text in (sign * 5_000, f"{sign} " * 5_000, f"a{sign}" * 5_000):
            started = time.process_time()
            assert client.post("/api/v1/check", json={"text": text}).status_code == 200
            assert time.process_time() - started < 2, f"U+{ord(sign):04X}"


@pytest.mark.parametrize("name", NASTY)
def test_no_entry_of_a_feed_takes_long(app: APIFlask, name: str) -> None:
    settings = app.extensions["settings"]
    with write_transaction():
        flag_models.register_shipped_model(factories.NOW)
    run_from_files([write_feed(settings.data_folder / "usual.json", ["Air mati."])], settings, factories.NOW)
    hostile = write_feed(settings.data_folder / "feed.json", [f"{at} {NASTY[name] * TEXT_LIMIT}" for at in range(20)])
    started = time.process_time()
    run_from_files([hostile], settings, factories.NOW)
    assert time.process_time() - started < 5


def write_feed(path: Path, texts: list[str]) -> Path:
    entries = [{"id": str(at), "content_text": text[:TEXT_LIMIT]} for at, text in enumerate(texts)]
    path.write_text(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": entries}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.usefixtures("shipped_model")
def test_no_report_takes_the_model_long(client: FlaskClient, name: str) -> None:
    client.post("/api/v1/reports", json={"text": "Mulai Senin air PDAM mati total"})  # whatever is made on first use
    started = time.process_time()
    client.post("/api/v1/reports", json={"text": (NASTY[name] * LONGEST)[:LONGEST]})
    assert time.process_time() - started < 5


# Secrets


def test_secrets_are_closed_to_others_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        read_settings({"HOAX_TRACKER_DATA": str(tmp_path / "instance")})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "instance").stat().st_mode) == 0o700
    files = list((tmp_path / "instance").iterdir())
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_secrets_are_in_no_log_and_no_repr(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with open_app(settings) as app, caplog.at_level("DEBUG"):
        person = factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        browser = app.test_client()
        factories.submit_form(browser, "/petugas/masuk", email=person.email, password=factories.PASSWORD)
        factories.submit_form(app.test_client(), "/petugas/masuk", email=person.email, password="salah-sekali-1")
        contact = {"text": "Mulai Senin air PDAM mati total", "contact": "warga@contoh.example"}
        ticket = browser.post("/api/v1/reports", json=contact).get_json()["ticket"]
        browser.get(f"/lapor/{ticket}")
        said = caplog.text + repr(settings) + str(settings)
    for secret in (settings.secret_key, settings.password_salt, settings.contact_key):
        assert secret not in said
    for private in (factories.PASSWORD, "salah-sekali-1", "warga@contoh.example", ticket):
        assert private not in said


@pytest.mark.process
def test_nothing_of_an_instance_is_committed_or_packed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"/instance/", "/.demo/"} <= set(ignored)
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = {Path(line).name for line in tracked.splitlines()}
    assert not names & {"secret_key", "password_salt", "contact_key", "audit_key", "hoax-tracker.sqlite3", ".env"}


# The page in docs


def test_every_test_that_the_security_page_names_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) > 25
    missing = [f"{path}::{name}" for path, name in named if name not in names_in(ROOT / path)]
    assert missing == []


def names_in(path: Path) -> set[str]:
    """Return the names of the tests in a file; none where there is no such file."""
    if not path.exists():
        return set()
    return set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
