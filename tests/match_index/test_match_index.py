"""The match index follows the rows in every process, from files and in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.check.answers.known_wordings import find_near_claims
from hoax_tracker.core import instance_lock
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.match_index import (
    MatchIndex,
    current_match_index,
    files,
    live_matcher as changes_module,
    published_signature,
)
from hoax_tracker.match_index.files import POINTER_FILE
from hoax_tracker.match_index.live_matcher import ChangeLog
from hoax_tracker.models import Claim, ClaimStatus, Clarification, ClarificationStatus, IndexChange, Officer, db
from hoax_tracker.operations.backup.backup import create_backup
from hoax_tracker.operations.backup.restore import restore_backup
from hoax_tracker.pipeline import no_progress
from tests import factories
from tests.factories import NOW
from tests.forks import run_python

WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
MARKET = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap, semua pedagang pindah ke lapangan Oesapa"
CATTLE = "Sapi di Naioni mati kena antraks, warga dilarang makan daging sapi dari semua pasar di Kupang"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an index of this test keeps its files."""
    return tmp_path / "index"


def ids(index: MatchIndex, text: str) -> list[str]:
    """The pages that a text could mean, best first."""
    return [match.id for match in index.published(text).matches]


def test_the_app_has_one_index(app: APIFlask) -> None:
    assert current_match_index() is current_match_index()


def test_nothing_published_matches_nothing(app: APIFlask) -> None:
    assert MatchIndex().published(WATER).decision == "none"
    assert find_near_claims(WATER).find_under_review(WATER) is None


def test_it_is_read_once_until_the_rows_change(officer: Officer, approver: Officer) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    index = MatchIndex()
    held = []
    for _ in range(3):
        assert index.published(WATER).decision == "match"
        held.append(index._published.held)
    assert held[0] is held[1] is held[2]
    factories.make_clarification(officer, approver, claim_quote=MARKET)
    assert not index.is_in_step()
    assert index.published(MARKET).decision == "match"
    assert index.is_in_step()


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


def noted() -> list[tuple[str, int]]:
    """What the table of changes holds."""
    return [(row.table_name, row.row_id) for row in db.session.scalars(sa.select(IndexChange).order_by(IndexChange.id))]


def test_only_what_matching_sees_is_noted(officer: Officer, approver: Officer) -> None:
    page = factories.make_clarification(officer, approver)
    claim = factories.make_claim(WATER, status=ClaimStatus.NEW)
    assert noted() == [("clarification", page.id), ("claim", claim.id)]
    claim.priority = 0.1
    page.findings = "Lain"
    db.session.commit()
    assert noted() == [("clarification", page.id), ("claim", claim.id)]
    claim.status = ClaimStatus.TRIAGED
    db.session.commit()
    page.status = ClarificationStatus.RETRACTED
    db.session.commit()
    claim.status = ClaimStatus.DISMISSED
    db.session.commit()
    claim.title = "Lain lagi"
    db.session.commit()
    kinds = [name for name, _ in noted()]
    assert kinds == ["clarification", "claim", "claim", "clarification", "claim", "claim"]


def test_a_change_that_is_rolled_back_is_not_noted(officer: Officer, approver: Officer) -> None:
    page = factories.make_clarification(officer, approver)
    before = noted()
    page.title = "Lain"
    db.session.flush()
    assert noted() == [*before, ("clarification", page.id)]
    db.session.rollback()
    assert noted() == before


def test_a_deleted_row_matches_no_longer(app: APIFlask) -> None:
    claim = factories.make_claim(WATER, status=ClaimStatus.TRIAGED)
    assert find_near_claims(WATER).find_under_review(WATER) is claim
    db.session.delete(claim)
    db.session.commit()
    assert find_near_claims(WATER).find_under_review(WATER) is None


def test_files_of_a_kind_that_only_an_earlier_version_had_are_deleted(app: APIFlask, tmp_path: Path) -> None:
    left = tmp_path / "index" / "under_review" / "000001"
    left.mkdir(parents=True)
    (left / "stems").write_text("air mati")
    factories.make_claim(WATER)
    assert MatchIndex(tmp_path / "index").keep(after=0) == ["known"]
    assert [path.name for path in (tmp_path / "index").iterdir()] == ["known"]


@pytest.mark.parametrize("status", list(ClaimStatus))
def test_only_open_claims_are_under_review(app: APIFlask, status: ClaimStatus) -> None:
    into = factories.make_claim(MARKET).id if status is ClaimStatus.MERGED else None
    factories.make_claim(WATER, status=status, merged_into_id=into)
    is_open = status in (ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)
    assert (find_near_claims(WATER).find_under_review(WATER) is not None) is is_open


def test_many_threads_read_it_once(app: APIFlask, officer: Officer, approver: Officer) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    db.session.rollback()
    index = MatchIndex()

    def ask(_number: int) -> tuple[str, int]:
        with app.app_context(), read_transaction():
            decision = index.published(WATER).decision
            db.session.remove()
            return decision, id(index._published.held)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(40)))
    assert len(answers) == 1
    assert answers.pop()[0] == "match"


def test_a_retraction_counts_for_the_next_question(app: APIFlask, officer: Officer, approver: Officer) -> None:
    row = factories.make_clarification(officer, approver, claim_quote=WATER)
    key = row.id
    db.session.rollback()
    index = MatchIndex()
    assert index.published(WATER).decision == "match"
    db.session.rollback()
    with write_transaction():
        held = db.session.get_one(Clarification, key)
        held.status, held.version = ClarificationStatus.RETRACTED, 2
    assert index.published(WATER).decision == "none"
    assert db.session.get_one(Clarification, key).status is ClarificationStatus.RETRACTED
    assert db.session.query(Claim).count() == 0


def test_files_answer_as_the_rows_do(officer: Officer, approver: Officer, folder: Path) -> None:
    pages = [factories.make_clarification(officer, approver, claim_quote=text) for text in (WATER, MARKET)]
    in_memory, index = MatchIndex(), MatchIndex(folder)
    assert index.keep() == ["published"]
    assert index.keep() == []
    for text, page in zip((WATER, MARKET), pages, strict=True):
        answer = index.published(text)
        assert answer.decision == "match"
        assert answer.matches[0].id == str(page.id)
        expected = in_memory.published(text).matches[0].probability
        assert answer.matches[0].probability == pytest.approx(expected, rel=1e-3)
    held = index._published.held
    assert held is not None
    assert held.base is not None
    assert not held.fresh


def test_only_claims_in_the_files_are_looked_for_there(app: APIFlask, folder: Path) -> None:
    """A look-up goes through all pages of the files, and of the claims that changed most are new."""
    older = factories.make_claim(text=WATER)
    index = MatchIndex(folder)
    assert index.keep(after=0)
    newer = factories.make_claim(text=MARKET)
    assert index.known_claims().nearest(MARKET, 12, 0.15)[0] == str(newer.id)
    assert not len(index.known_claims().index._gone)
    with write_transaction():
        db.session.get_one(Claim, older.id).text = CATTLE
    assert index.known_claims().nearest(CATTLE, 12, 0.15)[0] == str(older.id)
    assert len(index.known_claims().index._gone) == 1


def test_another_process_reads_the_same_files(
    app: APIFlask, officer: Officer, approver: Officer, tmp_path: Path
) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    assert current_match_index().keep() == ["published"]
    folder = app.extensions["settings"].data_folder / "index"
    assert (folder / "published" / POINTER_FILE).read_text() == "000001"
    second = MatchIndex(folder)
    assert second.published(WATER).decision == "match"
    first = current_match_index()._published.held
    assert second._published.held is not first
    # What is published after the files were written is told beside them, in both.
    page = factories.make_clarification(officer, approver, claim_quote=MARKET)
    for index in (current_match_index(), second):
        assert ids(index, MARKET)[0] == str(page.id)
        assert ids(index, WATER)[0] != str(page.id)


def test_a_page_in_the_files_that_is_corrected_or_retracted(officer: Officer, approver: Officer, folder: Path) -> None:
    water = factories.make_clarification(officer, approver, claim_quote=WATER)
    market = factories.make_clarification(officer, approver, claim_quote=MARKET)
    index = MatchIndex(folder)
    index.keep()
    assert index.published(WATER).decision == "match"
    water.claim_quote, water.title, water.summary, water.version = CATTLE, "Sapi sehat", "", 2
    market.status, market.version = ClarificationStatus.RETRACTED, 2
    db.session.commit()
    for follower in (index, MatchIndex(folder)):  # one that had read the files, and one that reads them now
        assert follower.published(CATTLE).decision == "match"
        assert follower.published(WATER).decision == "none"
        assert ids(follower, MARKET) == [str(water.id)]
        assert follower.withdrawn().find_related(MARKET) == str(market.id)
    assert index.keep(after=0) == ["published", "withdrawn"]
    assert MatchIndex(folder).published(CATTLE).decision == "match"


def test_a_row_changed_behind_our_back_is_seen_by_its_moment(officer: Officer, approver: Officer, folder: Path) -> None:
    """Nothing notes a statement in the database itself, or a dump that was read in: a new process compares the rows."""
    row = factories.make_clarification(officer, approver, claim_quote=WATER)
    MatchIndex(folder).keep()
    later = sa.update(Clarification).where(Clarification.id == row.id)
    changed = {"claim_quote": MARKET, "title": "Pasar buka", "summary": "", "changed_at": NOW + timedelta(seconds=5)}
    db.session.execute(later.values(changed), execution_options={"synchronize_session": False})
    db.session.commit()
    assert MatchIndex(folder).published(MARKET).decision == "match"


def test_files_written_anew_are_taken_up_and_old_ones_removed(
    officer: Officer, approver: Officer, folder: Path
) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    index, other = MatchIndex(folder), MatchIndex(folder)
    index.keep()
    assert other.published(WATER).decision == "match"
    for round_number in range(3):
        factories.make_clarification(officer, approver, claim_quote=f"{MARKET} {round_number}")
        assert index.keep(after=0) == ["published"]
        assert other.published(MARKET).decision != "none"
    kept = sorted(one.name for one in (folder / "published").iterdir() if one.is_dir())
    assert kept == ["000003", "000004"]
    assert other._published.held is not None
    assert other._published.held.base is not None
    assert other._published.held.base.name == "000004"


@pytest.mark.parametrize("harm", ["cut", "gone", "older"])
def test_files_that_cannot_be_used_are_written_anew(
    officer: Officer, approver: Officer, folder: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    MatchIndex(folder).keep()
    data = folder / "published" / "000001"
    if harm == "cut":
        (data / "packed").write_bytes(b"{")
    elif harm == "gone":
        (data / "about.json").unlink()
    else:
        monkeypatch.setattr("hoax_tracker.match_index.files.matching_version", lambda: "another")
    index = MatchIndex(folder)
    assert index.published(WATER).decision == "match"
    held = index._published.held
    assert index.published(WATER).decision == "match"
    assert index._published.held is held  # they are tried once, not at every question
    read: list[str] = []
    real = files.read_wordings
    monkeypatch.setattr(files, "read_wordings", lambda document: read.append(document.id) or real(document))
    assert index.keep() == ["published"]
    assert read  # what another version read of a page is not taken over
    again = MatchIndex(folder)
    assert again.published(WATER).decision == "match"
    assert again._published.held is not None
    assert again._published.held.base is not None


def test_only_one_process_writes(officer: Officer, approver: Officer, folder: Path) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    index = MatchIndex(folder)
    (folder / "published").mkdir(parents=True)
    with instance_lock.lock_instance_exclusively(folder / "published"):
        assert index.keep() == []
    assert index.keep() == ["published"]


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.sqlite  # the second process finds the database by its folder
def test_a_writer_killed_half_way_leaves_the_files_as_they_were(
    app: APIFlask, officer: Officer, approver: Officer
) -> None:
    """SIGKILL while it writes: what was there still counts, and the next writer clears up."""
    factories.make_clarification(officer, approver, claim_quote=WATER)
    current_match_index().keep()
    factories.make_clarification(officer, approver, claim_quote=MARKET)
    db.session.rollback()
    folder = app.extensions["settings"].data_folder
    code = (
        "import os, signal\n"
        "from classifiers.matcher.index import index_segment as segment\n"
        "segment._sync_file = lambda path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from hoax_tracker.app import create_app\n"
        "from hoax_tracker.match_index import current_match_index\n"
        "with create_app().app_context(): current_match_index().keep(after=0)\n"
    )
    killed = run_python("-c", code, environ={"HOAX_TRACKER_DATA": str(folder), "PATH": "/usr/bin"})
    assert killed.returncode == -9, killed.stderr
    place = folder / "index" / "published"
    assert (place / POINTER_FILE).read_text() == "000001"
    assert any(one.name.endswith(".part") for one in place.iterdir())
    index = MatchIndex(folder / "index")
    assert index.published(WATER).decision == index.published(MARKET).decision == "match"
    assert index.keep(after=0) == ["published"]
    assert not any(one.name.endswith(".part") for one in place.iterdir())


def test_a_change_with_a_lower_number_that_appears_later_is_not_missed(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL a transaction that took its number first may end last."""

    def note(number: int) -> None:
        db.session.add(IndexChange(id=number, table_name="claim", row_id=number, changed_at=NOW))
        db.session.commit()

    monkeypatch.setattr(changes_module, "utc_now", lambda: NOW + timedelta(minutes=1))
    log = ChangeLog()
    log.start()
    for number in (1, 2, 4):
        note(number)
    log.take(log.unread())
    assert log.unread() == []
    note(3)
    assert [change.id for change in log.unread()] == [3]
    log.take(log.unread())
    note(6)
    log.take(log.unread())
    assert (log._settled, list(log._seen)) == (4, [6])
    monkeypatch.setattr(changes_module, "utc_now", lambda: NOW + timedelta(hours=1))
    note(7)
    log.take(log.unread())  # five was rolled back: nobody waits for it for ever
    assert (log._settled, log._seen) == (7, {})


def test_a_folder_that_cannot_be_written_costs_only_the_files(
    officer: Officer, approver: Officer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factories.make_clarification(officer, approver, claim_quote=WATER)
    (tmp_path / "file").write_text("no folder")
    index = MatchIndex(tmp_path / "file")
    assert index.keep() == []
    assert "could not be written" in caplog.text
    assert index.published(WATER).decision == "match"


def test_a_backup_leaves_the_files_out_and_a_restore_begins_without(
    app: APIFlask, officer: Officer, approver: Officer, tmp_path: Path
) -> None:
    """Files made from a later database must not answer for an earlier one."""
    settings = app.extensions["settings"]
    factories.make_clarification(officer, approver, claim_quote=WATER)
    current_match_index().keep()
    db.session.remove()
    manifest, _size = create_backup(settings, tmp_path / "a.zip", NOW, no_progress)
    assert not [name for name in manifest.files if "index/" in name]
    db.engine.dispose()
    restore_backup(settings, tmp_path / "a.zip", {}, NOW, no_progress)
    assert not (settings.data_folder / "index").exists()
    with create_app(settings).app_context():
        assert current_match_index().published(WATER).decision == "match"
        db.session.remove()
        db.engine.dispose()
