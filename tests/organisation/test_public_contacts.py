"""Contacts that residents see: loaded once, edited in the app, above answers about an emergency and in the footer."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.emergency import find_emergency_contacts
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import AuditEvent, ChannelKind, Officer, OfficialChannel, PublicContacts, db
from hoax_tracker.organisation import reference_data
from tests import factories
from tests.browser import read_form_fields, submit_changes

PATH = "/petugas/kelola/kontak"
QUAKE = "Awas gempa besar susulan jam 9 malam, semua warga Oesapa lari ke atas"
pytestmark = pytest.mark.usefixtures("guarded")
SignIn = Callable[[Officer], FlaskClient]


def page_of(client: FlaskClient, path: str, **form: str) -> str:
    """Return a page as read."""
    response = client.post(path, data=form) if form else client.get(path)
    return unescape(response.get_data(as_text=True))


def test_no_number_is_shipped_but_that_of_the_national_call(contacts: PublicContacts) -> None:
    assert {contact["telephone"] for contact in contacts.emergency} == {"112", ""}
    assert (contacts.address, contacts.telephone, contacts.email) == ("", "", "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (QUAKE, ["Panggilan darurat", "BPBD Kota Kupang", "BMKG"]),
        ("banyak anak demam berdarah di Liliba, betul ko", ["Puskesmas terdekat"]),
        ("PBB naik lima kali lipat mulai besok", []),
    ],
)
def test_words_lead_to_whom_to_call(contacts: PublicContacts, text: str, names: list[str]) -> None:
    assert [contact["name"] for contact in find_emergency_contacts(text)] == names


def test_they_stand_above_everything_on_answer_and_ticket(
    contacts: PublicContacts, client: FlaskClient, settings: Settings
) -> None:
    ticket = submit_report(QUAKE, None, None, None, False, utc_now(), settings)
    for page in (page_of(client, "/cek", teks=QUAKE), page_of(client, f"/lapor/{ticket}")):
        main = page[page.index("<main") :]
        assert main.index("Ada bahaya sekarang?") < main.index("<h1")
        assert 'href="tel:112"' in main
    assert "Ada bahaya sekarang?" not in page_of(client, "/cek", teks="PBB naik lima kali lipat mulai besok")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("text", ["kebakaran besar di pasar oeba", QUAKE, "banyak anak demam berdarah di Liliba"])
def test_nothing_in_the_band_lies_on_its_edge(
    contacts: PublicContacts, address: str, chromium: Any, width: int, text: str
) -> None:
    page = chromium.new_context(viewport={"width": width, "height": 740}).new_page()
    page.goto(address)
    page.locator("textarea").fill(text)
    page.locator("form:has(textarea) button").first.click()
    band = page.locator(".sos")
    band.wait_for()
    box, parts = band.bounding_box(), [one.bounding_box() for one in band.locator(".btn").all()]
    assert parts
    assert all(part["y"] + part["height"] <= box["y"] + box["height"] - 8 for part in parts)


def test_the_footer_names_what_two_people_let_stand_there(
    contacts: PublicContacts, client: FlaskClient, administrator: Officer, approver: Officer, sign_in: SignIn
) -> None:
    footer = page_of(client, "/").split("<footer")[1]
    assert 'Situs resmi <a href="https://ppid.kupangkota.go.id"' in footer
    assert "Telepon" not in footer
    browser = sign_in(administrator)
    filled = {
        "address": "Jalan Karangan 1",
        "telephone": "0380 800000",
        "email": "ppid@kupangkota.go.id",
        "website": "",
    }
    assert submit_changes(browser, PATH, **filled).status_code == 303
    assert "Jalan Karangan" not in page_of(client, "/")
    assert "mengusulkan perubahan" in page_of(browser, PATH)
    factories.confirm_waiting(approver)
    footer = page_of(client, "/").split("<footer")[1]
    for shown in ("Jalan Karangan 1", 'href="mailto:ppid@kupangkota.go.id"'):
        assert shown in footer
    assert "Situs resmi" not in footer
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "proposal_confirmed")).one()
    assert (event.subject, event.officer_id) == ("contacts:1", approver.id)


def cells(lines: str) -> list[str]:
    """Return what is typed into the four inputs of each contact "name | telephone | note | words"; else the text."""
    return [part.strip() for line in lines.split("\n") for part in line.split("|")]


def test_no_free_text_carries_a_number_before_residents_unseen(
    contacts: PublicContacts, client: FlaskClient, administrator: Officer, approver: Officer, sign_in: SignIn
) -> None:
    """An address, a name and a note held a WhatsApp number and a bank account, put there by one administrator."""
    browser = sign_in(administrator)
    lines = "Posko WA 0812-3456-7890 | 112 | bantuan: BRI 1234 5678 9012 345, lihat bantu-kupang.example/dana | gempa"
    filled = {"address": "Jalan Karangan 1, hubungi 0813 5555 6666", "emergency": cells(lines)}
    assert submit_changes(browser, PATH, **filled).status_code == 303
    for page in (page_of(client, "/"), page_of(client, "/cek", teks=QUAKE)):
        assert not any(digits in page for digits in ("0813 5555", "0812-3456", "1234 5678"))
    asked = page_of(sign_in(approver), "/petugas/menunggu")
    named = asked[asked.index("Nomor, rekening, atau tautan baru di sini") :]
    for written in ("0813 5555 6666", "0812-3456-7890", "1234 5678 9012 345", "bantu-kupang.example/dana"):
        assert written in named[: named.index("</p>")]
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(administrator)


def test_nobody_alone_puts_a_number_or_a_site_before_residents(
    contacts: PublicContacts, client: FlaskClient, administrator: Officer, approver: Officer, sign_in: SignIn
) -> None:
    """Confirmed or not, they show only while they are official channels; a short number needs no list."""
    browser, shown = sign_in(administrator), 'href="tel:0380800000"'
    lines = "Posko | (0380) 800000 | | gempa\nPolisi | 110 | | gempa\nPenipu | 1101 | | gempa"
    filled = {
        "telephone": "0380 800000",
        "website": "https://kupangkota.go.id@jahat.example",
        "emergency": cells(lines),
    }
    assert submit_changes(browser, PATH, **filled).status_code == 303
    factories.confirm_waiting(approver)
    assert [contact["telephone"] for contact in find_emergency_contacts(QUAKE)] == ["", "110", ""]
    footer = page_of(client, "/").split("<footer")[1]
    assert shown not in footer
    assert "jahat" not in footer
    with write_transaction():
        kind = ChannelKind.TELEPHONE
        row = OfficialChannel(
            kind=kind,
            value="0380800000",
            owner="PPID",
            is_listed=True,
            changed_at=utc_now(),
            confirmation_id=factories.shipped_id(),
        )
        db.session.add(row)
    assert find_emergency_contacts(QUAKE)[0]["telephone"] == "(0380) 800000"
    assert shown in page_of(client, "/").split("<footer")[1], "the page in memory is made anew"


@pytest.mark.parametrize(
    ("email", "is_shown"),
    [
        ("ppid@kupangkota.go.id", True),
        ("PPID.Kota@diskominfo.KupangKota.go.id", True),
        ("ppid@kupangkota-go.id", False),
        ("ppid@kupangk\u043eta.go.id", False),
        ("ppid.kupangkota.go.id@surel.example", False),
        ("a?cc=b%40surel.example&x@kupangkota.go.id", False),
        ("a,b%40surel.example@kupangkota.go.id", False),
        ("ppid@kupangkota.go.id?bcc=b%40surel.example", False),
    ],
)
def test_nobody_alone_puts_a_mailbox_before_residents(
    contacts: PublicContacts, client: FlaskClient, email: str, is_shown: bool
) -> None:
    """Its domain is an official channel, on which two people agreed, and nothing else is in the link."""
    contacts.email = email
    db.session.commit()
    assert ("mailto:" in page_of(client, "/").split("<footer")[1]) is is_shown


def test_a_mailbox_shows_once_two_people_agreed_on_its_domain(
    contacts: PublicContacts, client: FlaskClient, administrator: Officer, approver: Officer, sign_in: SignIn
) -> None:
    browser, link = sign_in(administrator), 'href="mailto:ppid@kota.example"'
    filled = read_form_fields(browser, PATH) | {"email": "ppid@kota.example"}
    assert browser.post(PATH, data=filled).status_code == 303
    factories.confirm_waiting(approver)
    assert link not in page_of(client, "/")
    assert "Belum tampil bagi warga: Email." in page_of(browser, PATH)
    with write_transaction():
        kind = ChannelKind.DOMAIN
        row = OfficialChannel(
            kind=kind,
            value="kota.example",
            owner="PPID",
            is_listed=True,
            changed_at=utc_now(),
            confirmation_id=factories.shipped_id(),
        )
        db.session.add(row)
    assert link in page_of(client, "/")
    assert "Belum tampil" not in page_of(browser, PATH)


def test_an_edit_in_the_app_is_not_loaded_over(
    contacts: PublicContacts, administrator: Officer, approver: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(administrator)
    line = "Posko Karangan | 113 | siang malam | gempa, air bah"
    fields = read_form_fields(browser, PATH)
    assert fields["emergency"][:2] == ["Panggilan darurat", "112"]
    assert browser.post(PATH, data=fields | {"emergency": cells(line)}).status_code == 303
    factories.confirm_waiting(approver)
    with write_transaction():
        assert reference_data.load_reference_data()["contacts"] == 0
    assert find_emergency_contacts("air bah")[0]["telephone"] == "113"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("telephone", "javascript:alert(1)"),
        ("email", "ppid"),
        ("website", "javascript:alert(1)"),
        ("website", "http://kota.example"),
        ("emergency", "Tanpa kata | 112 | x |"),
        ("emergency", " | 112 | x | gempa"),
        ("emergency", "Posko | satu dua | x | gempa"),
        ("emergency", "\n".join(f"Posko {number} | 112 | x | gempa" for number in range(13))),
        ("address", "x" * 301),
    ],
)
def test_what_reaches_nobody_is_refused(
    contacts: PublicContacts, administrator: Officer, sign_in: SignIn, field: str, typed: str
) -> None:
    browser = sign_in(administrator)
    response = submit_changes(browser, PATH, **{field: cells(typed)})
    assert response.status_code == 422
    assert db.session.get_one(PublicContacts, 1).edited_at is None


def test_an_instance_without_contacts_shows_none(app: APIFlask, client: FlaskClient) -> None:
    assert "Kontak PPID:" not in page_of(client, "/")
    assert find_emergency_contacts(QUAKE) == []
