"""Cards as files: never of a page as it was, drawn by one at a time, bounded, and needed by nothing."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.sharing import card_files
from hoax_tracker.check.sharing.card_facts import CardFacts
from hoax_tracker.check.sharing.card_files import DRAWERS, CardFile, CardKind, draw_changed_cards
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Clarification, ClarificationStatus, db
from hoax_tracker.operations.backup.backup import files_to_back_up
from tests.check.conftest import Publish
from tests.check.sharing.conftest import card_facts
from tests.check.views.test_clarifications import revise

pytestmark = pytest.mark.needs("fonts")
Drawings = list[CardFacts]


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> Drawings:
    """What was drawn, in place of drawing: the fact is what the file holds."""
    facts_drawn: Drawings = []

    def draw(facts: CardFacts) -> bytes:
        facts_drawn.append(facts)
        return f"{facts.verdict}: {facts.fact}".encode()

    for kind in CardKind:
        monkeypatch.setitem(DRAWERS, kind, draw)
    return facts_drawn


def retract(key: int) -> None:
    """Withdraw a page, as its approval does."""
    change(key, status=ClarificationStatus.RETRACTED)


def change(key: int, **values: object) -> None:
    with write_transaction():
        row = db.session.get_one(Clarification, key)
        for name, value in values.items():
            setattr(row, name, value)
        row.version, row.changed_at = row.version + 1, utc_now()


def names(folder: Path) -> list[str]:
    return sorted(path.name.rsplit("-", 1)[0] for path in folder.glob("*/*"))


def test_a_card_is_drawn_once(publish: Publish, client: FlaskClient, drawings: Drawings, cards_folder: Path) -> None:
    publish(slug="air", number=147)
    first, again = client.get("/klarifikasi/air.jpg"), client.get("/klarifikasi/air.jpg?r=1")
    assert first.data == again.data == b"Hoaks: Air PDAM tetap mengalir di seluruh kota"
    assert len(drawings) == 1
    assert names(cards_folder) == ["card-id"]
    assert client.get("/klarifikasi/air.jpg", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_a_page_withdrawn_while_its_card_is_drawn(
    publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, cards_folder: Path
) -> None:
    key, facts_drawn = publish(slug="air"), list[CardFacts]()

    def draw(facts: CardFacts) -> bytes:
        facts_drawn.append(facts)
        if len(facts_drawn) == 1:
            retract(key)
        return facts.verdict.encode()

    monkeypatch.setitem(DRAWERS, CardKind.CARD, draw)
    assert client.get("/klarifikasi/air.jpg?r=1").data == b"Ditarik"
    assert client.get("/klarifikasi/air.jpg?r=1").data == b"Ditarik", "the address from before too"
    assert len(facts_drawn) == 2
    assert [path.read_bytes() for path in cards_folder.glob("*/*")] == [b"Ditarik"]


def test_a_page_that_never_stands_still_is_refused(
    publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, count = publish(slug="air"), iter(range(100))

    def draw(facts: CardFacts) -> bytes:
        change(key, title=f"Judul {next(count)}")
        return facts.fact.encode()

    monkeypatch.setitem(DRAWERS, CardKind.CARD, draw)
    refused = client.get("/klarifikasi/air.jpg")
    assert refused.status_code == 429
    assert next(count) == 3


def test_a_correction_is_drawn_anew(
    publish: Publish, client: FlaskClient, drawings: Drawings, cards_folder: Path
) -> None:
    key = publish(slug="air")
    client.get("/klarifikasi/air.jpg")
    change(key, title="Air mengalir kembali pukul 10")
    assert b"pukul 10" in client.get("/klarifikasi/air.jpg?r=1").data
    assert len(list(cards_folder.glob("*/*"))) == 1


def test_the_withdrawn_card_repeats_nothing_that_no_longer_holds(
    publish: Publish, client: FlaskClient, drawings: Drawings
) -> None:
    publish(slug="air", status=ClarificationStatus.RETRACTED, claim_quote="kabar lama")
    for path in ("/klarifikasi/air.jpg", "/klarifikasi/air/status.jpg"):
        assert client.get(path).status_code == 200
    for facts in drawings:
        assert facts.verdict == "Ditarik"
        assert "tetap mengalir" not in str(facts)
        assert "kabar lama" not in str(facts)
        assert "Hoaks:" not in facts.fact
    assert client.get("/klarifikasi/air/poster.pdf").status_code == 404


def test_the_worker_draws_what_changed_and_deletes_what_was(
    publish: Publish, client: FlaskClient, drawings: Drawings, cards_folder: Path
) -> None:
    key = publish(slug="air", number=147, changed_at=utc_now())
    publish(slug="lama", changed_at=utc_now() - timedelta(days=3))
    beats: list[int] = []
    assert draw_changed_cards(utc_now(), lambda: beats.append(1)) == 2
    assert draw_changed_cards(utc_now(), lambda: beats.append(1)) == 0
    assert len(beats) == 2
    client.get("/klarifikasi/air.jpg?bahasa=en")
    client.get("/klarifikasi/air/poster.pdf")
    assert names(cards_folder) == ["card-en", "card-id", "poster-id", "status-id"]
    for path in cards_folder.glob("*/*"):
        os.utime(path, (0, 0))
    retract(key)
    assert draw_changed_cards(utc_now(), lambda: None) == 2
    assert names(cards_folder) == ["card-id", "status-id"], "no poster and no English card of what no longer holds"
    assert {path.read_bytes()[:7] for path in cards_folder.glob("*/*")} == {b"Ditarik"}


def test_a_round_ends_in_time(publish: Publish, drawings: Drawings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(changed_at=utc_now())
    monkeypatch.setattr(card_files, "DRAWN_A_ROUND_S", 0.0)
    assert draw_changed_cards(utc_now(), lambda: None) == 0


def test_the_folder_is_bounded(
    publish: Publish, client: FlaskClient, drawings: Drawings, cards_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_files, "FILES_KEPT", 3)
    for number in range(6):
        publish(slug=f"air-{number}")
        assert client.get(f"/klarifikasi/air-{number}.jpg").status_code == 200
    assert len(list(cards_folder.glob("*/*"))) == 3
    assert client.get("/klarifikasi/air-0.jpg").status_code == 200


def test_a_folder_that_cannot_be_written_costs_only_time(
    publish: Publish, client: FlaskClient, drawings: Drawings, cards_folder: Path
) -> None:
    publish(slug="air")
    cards_folder.write_text("a file where the folder should be", encoding="utf-8")
    for _time in range(2):
        assert client.get("/klarifikasi/air.jpg").status_code == 200
    assert len(drawings) == 2


def test_one_draws_at_a_time_and_pages_wait_for_no_card(
    publish: Publish, client: FlaskClient, drawings: Drawings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(slug="air")
    monkeypatch.setattr(card_files, "WAIT_FOR_OTHERS_S", 0.05)
    with card_files.one_at_a_time():
        refused = client.get("/klarifikasi/air.jpg")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "10"
        assert client.get("/klarifikasi/air").status_code == 200
    assert drawings == []
    assert client.get("/klarifikasi/air.jpg").status_code == 200


def test_few_wait_and_all_others_are_refused_at_once(
    publish: Publish, client: FlaskClient, drawings: Drawings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(slug="air")
    monkeypatch.setattr(card_files, "_waiting", threading.BoundedSemaphore(1))
    monkeypatch.setattr(card_files, "_drawing", None)  # nobody gets as far
    with card_files._waiting:
        assert client.get("/klarifikasi/air.jpg").status_code == 429
    assert drawings == []


def test_cards_are_in_no_backup(
    publish: Publish, client: FlaskClient, drawings: Drawings, cards_folder: Path, settings: Settings
) -> None:
    publish(slug="air")
    client.get("/klarifikasi/air.jpg")
    assert list(cards_folder.glob("*/*"))
    assert not [path for path in files_to_back_up(settings) if "cards" in path.parts]


def test_the_name_depends_on_everything_that_is_drawn(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.test_request_context():
        files = {CardFile("1", CardKind.CARD, card_facts(**{name: "x"})).path for name in ("fact", "source", "dated")}
        files.add(CardFile("1", CardKind.CARD, card_facts()).path)
        monkeypatch.setattr(card_files, "DRAWING_VERSION", 99)
        files.add(CardFile("1", CardKind.CARD, card_facts()).path)
    assert len(files) == 5


def test_a_corrected_page_has_another_address_for_its_card(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    before = client.get("/klarifikasi/air").get_data(as_text=True)
    revise(key, 1, ClarificationStatus.PUBLISHED, "")
    revise(key, 2, ClarificationStatus.CORRECTED, "Angka")
    after = client.get("/klarifikasi/air").get_data(as_text=True)
    assert "/klarifikasi/air.jpg?r=1" in before
    assert "/klarifikasi/air.jpg?r=2" in after
    assert "/klarifikasi/air.jpg?r=1" not in after
