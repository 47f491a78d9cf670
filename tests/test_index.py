"""The match index follows the rows: built once, built anew when they change, and safe to use from many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker import index as under_test
from hoax_tracker.database import reading, writing
from hoax_tracker.index import MatchIndex, match_index, open_signature, published_signature
from hoax_tracker.models import Claim, ClaimStatus, Clarification, ClarificationStatus, Officer, db
from tests import factories
from tests.factories import NOW

WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
MARKET = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap, semua pedagang pindah ke lapangan Oesapa"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many documents each matcher was built from, in order; the real building still happens."""
    sizes: list[int] = []
    real = under_test.build

    def counted(documents):  # type: ignore[no-untyped-def]
        sizes.append(len(documents))
        return real(documents)

    monkeypatch.setattr(under_test, "build", counted)
    return sizes


def test_the_app_has_one_index(app: APIFlask) -> None:
    assert match_index() is match_index()


def test_nothing_published_matches_nothing(app: APIFlask) -> None:
    assert MatchIndex().published(WATER).decision == "none"
    assert MatchIndex().under_review(WATER).decision == "none"


def test_it_is_built_once_until_the_rows_change(officer: Officer, approver: Officer, builds: list[int]) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    index = MatchIndex()
    for _ in range(3):
        assert index.published(WATER).decision == "match"
    assert builds == [1]
    factories.make_clarification(officer, approver, claim_quote=MARKET)
    assert index.published(MARKET).decision == "match"
    assert builds == [1, 2]


def test_a_correction_of_the_claim_counts_at_once(officer: Officer, approver: Officer) -> None:
    row = factories.make_clarification(officer, approver, claim_quote=WATER)
    index = MatchIndex()
    assert index.published(MARKET).decision == "none"
    row.claim_quote, row.title, row.summary = MARKET, "Pasar Oeba tetap buka", ""
    row.version += 1  # the services raise it with every change
    db.session.commit()
    assert index.published(MARKET).decision == "match"
    assert index.published(WATER).decision == "none"


@pytest.mark.parametrize(
    "change",
    [
        {"status": ClarificationStatus.RETRACTED},
        {"version": 2},
        {"changed_at": NOW + timedelta(seconds=1)},
    ],
)
def test_the_signature_tells_every_change(officer: Officer, approver: Officer, change: dict[str, object]) -> None:
    row = factories.make_clarification(officer, approver)
    before = published_signature()
    for name, value in change.items():
        setattr(row, name, value)
    db.session.commit()
    assert published_signature() != before


def test_the_signature_tells_two_claims_that_change_places(app: APIFlask) -> None:
    first = factories.make_claim(WATER, status=ClaimStatus.TRIAGED)
    second = factories.make_claim(MARKET, status=ClaimStatus.NEW)
    before = open_signature()
    first.status, second.status = ClaimStatus.DISMISSED, ClaimStatus.TRIAGED
    db.session.commit()
    assert open_signature() != before


@pytest.mark.parametrize("status", list(ClaimStatus))
def test_only_open_claims_are_under_review(app: APIFlask, status: ClaimStatus) -> None:
    factories.make_claim(WATER, status=status)
    expected = "match" if status in (ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING) else "none"
    assert MatchIndex().under_review(WATER).decision == expected


def test_many_threads_build_it_once(app: APIFlask, officer: Officer, approver: Officer, builds: list[int]) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    db.session.rollback()
    index = MatchIndex()

    def ask(_number: int) -> str:
        with app.app_context(), reading():
            decision = index.published(WATER).decision
            db.session.remove()
            return decision

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(40))) == {"match"}
    assert builds == [1]


def test_a_thread_with_older_rows_gets_their_answer(app: APIFlask, officer: Officer, approver: Officer) -> None:
    """A reader whose transaction began before a retraction is answered by what it sees, and the next by what is."""
    row = factories.make_clarification(officer, approver, claim_quote=WATER)
    key = row.id
    db.session.rollback()
    index = MatchIndex()
    assert index.published(WATER).decision == "match"
    db.session.rollback()
    with writing():
        held = db.session.get_one(Clarification, key)
        held.status, held.version = ClarificationStatus.RETRACTED, 2
    assert index.published(WATER).decision == "none"
    assert db.session.get_one(Clarification, key).status is ClarificationStatus.RETRACTED
    assert db.session.query(Claim).count() == 0
