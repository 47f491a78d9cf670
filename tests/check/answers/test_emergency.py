"""Whom to call stands above the answer where people are in danger, and does not where a word merely appears.

The sentences are ours. Those marked "first" were there while the words were chosen, those marked "later" were written
with them and looked at afterwards, once; those marked "attack" were found by somebody who read the rule.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hoax_tracker.check.answers.emergency import find_emergency_contacts, find_emergency_help
from hoax_tracker.models import ChannelKind, OfficialChannel, Proposal, ProposalOutcome, PublicContacts, db
from tests.check.conftest import show_main
from tests.factories import NOW

SENTENCES = Path(__file__).with_name("emergency_sentences.csv")
SCHOOL, ILL = "besok semua TK libur karena DBD", "Adik saya kena DBD di Penfui"


def list_sentences(kind: str) -> list[str]:
    """Return the sentences of a kind."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if row["kind"] == kind]


def test_the_sentences_are_many_and_in_both_languages() -> None:
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["text"] for row in rows}) == len(rows) >= 100
    for kind in ("danger", "other"):
        for language in ("id", "kupang"):
            assert sum(row["kind"] == kind and row["language"] == language for row in rows) >= 15


def test_who_is_in_danger_is_told_whom_to_call(contacts: PublicContacts) -> None:
    assert [text for text in list_sentences("danger") if not find_emergency_contacts(text)] == []


def test_who_asks_about_something_else_reads_the_answer_first(contacts: PublicContacts) -> None:
    shown = [text for text in list_sentences("other") if find_emergency_contacts(text)]
    assert shown == ["Besok kumpul di balai RW bahas longsor sapa yang ikut"]


@pytest.mark.parametrize(
    "text",
    [
        "SD libur, murid pingsan karena keracunan",
        "Kena denda, terserang DBD juga",
        "Banjir bantuan belum datang, tolong kami",
        "Malam ini tsunami, semua lari ke bukit. "
        + "Jangan tinggal di rumah, kasi tau keluarga semua. " * 5
        + "Donasi?",
        "Uang rapat hilang, kantor kebakaran dan ada yang terjebak",
    ],
)
def test_no_other_matter_hides_people_in_danger(contacts: PublicContacts, text: str) -> None:
    assert find_emergency_contacts(text)


def test_the_number_that_is_always_there_is_named_beside_contacts_without_one(contacts: PublicContacts) -> None:
    ill = find_emergency_help(ILL)
    assert ill is not None
    assert ill.first_call is not None
    assert ([contact["name"] for contact in ill.contacts], ill.first_call["telephone"]) == (
        ["Puskesmas terdekat"],
        "112",
    )
    contacts.emergency = [contact | {"telephone": ""} for contact in contacts.emergency]
    db.session.commit()
    ill = find_emergency_help(ILL)
    assert ill is not None
    assert ill.first_call is None
    assert find_emergency_help(SCHOOL) is None


def test_above_the_answer_stands_one_line_and_the_list_is_folded(contacts: PublicContacts, client: FlaskClient) -> None:
    ill, school = show_main(client, ILL), show_main(client, SCHOOL)
    line = ill[: ill.index("<h1")]
    assert 'href="tel:112"' in line
    assert line.index("<details") < line.index("Manutapen") < line.index("</details>"), "the names only when opened"
    assert "<details open" not in line
    assert "Manutapen" not in school
    assert "tel:112" not in school


@pytest.mark.parametrize("text", ["tsunami", "Besok jam 10 ada tsunami di Kelapa Lima", "kebakaran"])
def test_a_danger_shows_112_and_the_official_pages_that_are_listed(
    contacts: PublicContacts, client: FlaskClient, text: str
) -> None:
    shown = show_main(client, text)
    assert shown.index('href="tel:112"') < shown.index("<h1")
    assert "https://bpbd.example/" not in shown, "nobody listed it"
    for value, owner in (("bpbd.example", "BPBD Kota Kupang"), ("x.example", "Dinas BMKG")):
        site = {"kind": ChannelKind.DOMAIN, "value": value, "owner": owner, "changed_at": NOW}
        db.session.add(OfficialChannel(**site, is_listed=True))
    db.session.commit()
    shown = show_main(client, text)
    assert ("https://bmkg.go.id/" in shown) == ("tsunami" in text)
    assert ("https://bpbd.example/" in shown) == ("tsunami" in text)
    assert "x.example" not in shown
    assert "jam kerja" not in shown


def test_a_new_installation_links_bmkg_and_says_whose_its_site_is(
    contacts: PublicContacts, client: FlaskClient
) -> None:
    row = db.session.scalars(db.select(OfficialChannel).where(OfficialChannel.value == "bmkg.go.id")).one()
    assert db.session.get_one(Proposal, row.confirmation_id).outcome is ProposalOutcome.SHIPPED
    shown = client.post("/cek", data={"teks": "Besok jam 10 ada tsunami di Kelapa Lima"}).get_data(as_text=True)
    assert '<a class="btn line" href="https://bmkg.go.id/" rel="noopener noreferrer">BMKG</a>' in shown
    linked = client.post("/cek", data={"teks": "Hujan lebat nanti malam, lihat https://www.bmkg.go.id/cuaca"})
    assert "Tercatat milik BMKG" in linked.get_data(as_text=True)
    other = client.post("/cek", data={"teks": "Hujan lebat nanti malam, lihat https://cuaca.example/x"})
    assert "Alamat kota berakhir dengan kupangkota.go.id" in other.get_data(as_text=True)
