"""The letter of the day: one a day, what is public, nothing twice, nothing left out, also where a worker dies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.subscriptions import daily_letters, letters
from hoax_tracker.check.subscriptions.daily_letters import enqueue_daily_letters
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import ClarificationStatus, District, Officer, OutgoingMail, Topic, db
from hoax_tracker.notifications import mail
from tests import factories
from tests.check.subscriptions.conftest import (
    ADDRESS,
    DAY,
    Publish,
    letters_to,
    path_in,
    revise,
    round_at,
    subscriptions,
)
from tests.mail_server import Postman, plain_text
from tests.notifications.mail.test_outbox import LETTER

Subscribe = Callable[..., None]


def test_one_letter_a_day_holds_all_that_happened(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish, approver: Officer
) -> None:
    before = publish("Puskesmas buka seperti biasa")
    subscribe()
    moment = utc_now()
    publish("Air tetap mengalir")
    assert round_at(settings_with_mail, moment) == 1
    publish("Tidak ada pungutan di kelurahan")
    revise(before, ClarificationStatus.CORRECTED, approver)
    assert round_at(settings_with_mail, moment + timedelta(hours=23)) == 0
    gone = publish("Yang terbit lalu ditarik hari itu juga")
    revise(gone, ClarificationStatus.RETRACTED, approver)
    assert round_at(settings_with_mail, moment + DAY) == 1
    assert round_at(settings_with_mail, moment + 9 * DAY) == 0
    _, first, second = letters_to(postman, settings_with_mail, moment + 9 * DAY)
    assert first["Subject"] == "Air tetap mengalir"
    assert "/klarifikasi/klarifikasi-2" in plain_text(first)
    assert second["Subject"] == "2 klarifikasi baru atau berubah"
    lines = plain_text(second)
    assert "Baru: Tidak ada pungutan" in lines
    assert "Dikoreksi: Puskesmas buka" in lines
    assert "Air tetap mengalir" not in lines
    assert "ditarik hari itu juga" not in lines


def test_every_letter_can_be_unsubscribed_with_one_tap(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    subscribe()
    publish("Air tetap mengalir")
    round_at(settings_with_mail, utc_now())
    for letter in letters_to(postman, settings_with_mail, utc_now()):
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["List-Unsubscribe"] == f"<http://127.0.0.1:8000{path_in(letter, 'berhenti')}>"
        html = letter.get_body(("html",))
        assert html is not None
        assert path_in(letter, "berhenti") in html.get_content()
    mail.send_letter_now("admin@kota.example", LETTER, settings_with_mail, utc_now())
    assert postman.letters[-1]["List-Unsubscribe"] is None


def test_a_withdrawal_is_told(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish, approver: Officer
) -> None:
    page = publish("Air tetap mengalir")
    subscribe()
    revise(page, ClarificationStatus.RETRACTED, approver)
    round_at(settings_with_mail, utc_now())
    letter = letters_to(postman, settings_with_mail, utc_now())[-1]
    assert letter["Subject"] == "1 klarifikasi berubah"
    assert "Ditarik: Air tetap mengalir" in plain_text(letter)


def test_nothing_of_a_draft_or_a_proposal_is_told(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish, officer: Officer
) -> None:
    page = publish("Air tetap mengalir")
    subscribe()
    for status in (ClarificationStatus.DRAFT, ClarificationStatus.AWAITING_APPROVAL):
        factories.make_clarification(officer, None, status=status, title="Rancangan rahasia")
    page.proposed, page.proposed_kind = {"title": "Usulan rahasia"}, ClarificationStatus.CORRECTED
    page.proposed_by_id = officer.id
    db.session.commit()
    assert round_at(settings_with_mail, utc_now()) == 0
    publish("Pasar buka")
    round_at(settings_with_mail, utc_now())
    assert "rahasia" not in plain_text(letters_to(postman, settings_with_mail, utc_now())[-1])


def test_a_topic_and_a_kecamatan_are_told_of_theirs_alone(
    app: APIFlask, postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    district = District(code="kelapa-lima", name="Kelapa Lima", kind="kecamatan", aliases=[])
    db.session.add(district)
    db.session.commit()
    subscribe("pajak@surel.example", "topik:tax")
    subscribe("lima@surel.example", f"kecamatan:{district.id}")
    publish("Pajak tidak naik", topic=Topic.TAX)
    publish("Air di Kelapa Lima tetap mengalir", topic=Topic.WATER)
    assert round_at(settings_with_mail, utc_now()) == 2
    assert round_at(settings_with_mail, utc_now() + 2 * DAY) == 0
    subjects = [letter["Subject"] for letter in postman.letters[-2:]]
    assert subjects == ["Pajak tidak naik", "Air di Kelapa Lima tetap mengalir"]


def test_what_concerns_nobody_costs_nobody_their_letter_of_the_day(
    subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    subscribe(choice="topik:tax")
    publish("Air tetap mengalir", topic=Topic.WATER)
    assert round_at(settings_with_mail, utc_now()) == 0
    publish("Pajak tidak naik", topic=Topic.TAX)
    assert round_at(settings_with_mail, utc_now()) == 1


def test_a_long_letter_is_cut_and_says_so(
    postman: Postman,
    subscribe: Subscribe,
    settings_with_mail: Settings,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(letters, "MOST_ENTRIES", 2)
    subscribe()
    for number in range(5):
        publish(f"Halaman nomor {number}")
    round_at(settings_with_mail, utc_now())
    text = plain_text(letters_to(postman, settings_with_mail, utc_now())[-1])
    assert "Dan 3 lainnya" in text
    assert text.count("/klarifikasi/klarifikasi-") == 2


def test_a_worker_that_dies_in_the_middle_tells_everybody_once(
    app: APIFlask,
    postman: Postman,
    subscribe: Subscribe,
    settings_with_mail: Settings,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second of three letters ends the worker: the batch is one transaction, and the next worker does it all."""
    addresses = [f"orang{number}@surel.example" for number in range(3)]
    for address in addresses:
        subscribe(address)
    publish("Air tetap mengalir")
    count, build = 0, daily_letters.build_daily_letter

    def die_at_the_second(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return build(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(daily_letters, "build_daily_letter", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        enqueue_daily_letters(settings_with_mail, utc_now())
    monkeypatch.undo()
    assert round_at(settings_with_mail, utc_now()) == 3
    assert round_at(settings_with_mail, utc_now()) == 0
    told = [letter["To"] for letter in postman.letters if letter["Subject"] == "Air tetap mengalir"]
    assert sorted(told) == addresses


def test_an_address_that_the_server_refuses_for_good_is_deleted(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    subscribe()
    postman.refused[ADDRESS] = "550 5.1.1 no such user"
    publish("Air tetap mengalir")
    round_at(settings_with_mail, utc_now())
    round_at(settings_with_mail, utc_now())
    assert subscriptions() == []


def test_letters_to_subscribers_let_others_pass(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    subscribe()
    publish("Air tetap mengalir")
    moment = utc_now()
    enqueue_daily_letters(settings_with_mail, moment)
    with write_transaction():
        mail.enqueue_letter("link", "petugas@kota.example", LETTER, moment)
    mail.send_due_letters(settings_with_mail, moment)
    assert [letter["To"] for letter in postman.letters[-2:]] == ["petugas@kota.example", ADDRESS]


def test_a_clock_that_was_set_back_keeps_nobody_waiting(
    subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    subscribe()
    publish("Air tetap mengalir")
    assert round_at(settings_with_mail, utc_now() + 400 * DAY) == 1
    publish("Pasar buka")
    assert round_at(settings_with_mail, utc_now() + DAY) == 1


def test_an_english_reader_gets_english(
    app: APIFlask, postman: Postman, settings_with_mail: Settings, publish: Publish
) -> None:
    client = app.test_client()
    client.get("/bahasa/en")
    client.post("/kabari", data={"surel": ADDRESS, "tentang": "topik:water"})
    (letter,) = letters_to(postman, settings_with_mail, utc_now())
    client.post(path_in(letter, "ya"))
    publish("Air tetap mengalir")
    round_at(settings_with_mail, utc_now())
    text = plain_text(letters_to(postman, settings_with_mail, utc_now())[-1])
    assert "New: Air tetap mengalir" in text
    assert "Unsubscribe:" in text
    db.session.rollback()
    assert all(row.sealed is None for row in db.session.scalars(sa.select(OutgoingMail)))
