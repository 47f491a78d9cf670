"""One model is active: who chooses it, and which replaces it where it cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from classifiers.flagger.artefact import load_bundle, save_bundle
from classifiers.matcher.model_file import MatchModel
from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, ModelUnusableError, NotFoundError
from hoax_tracker.flag.model import model_files, registry, retraining
from hoax_tracker.models import Assessment, Claim, Demand, ModelFile, ModelVersion, Officer, Report, db
from hoax_tracker.operations.health_checks import Heartbeat
from hoax_tracker.worker import embedded
from tests import factories
from tests.flag.activation import activate_by_two
from tests.flag.decided import decide_sample_claims, load_corpus_texts
from tests.flag.model.test_retraining import events, in_use
from tests.waiting import DEADLINE_S

pytestmark = pytest.mark.usefixtures("fitted_once")


@pytest.mark.slow
def test_a_broken_file_is_named_and_the_shipped_model_takes_over(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    forget_stored_files()
    path = model_files.model_path(version)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    model_files.load_cached_bundle.cache_clear()
    with pytest.raises(InvalidInputError, match="berubah") as refused:
        activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now, reason="biar saja dipakai")
    assert "Tidak ada yang diubah" in str(refused.value.user_message)
    assert in_use() == base.id
    path.write_bytes(whole)
    activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now)
    forget_stored_files()
    path.write_bytes(b"rusak")
    model_files.load_cached_bundle.cache_clear()
    assert registry.fall_back_if_unusable(now)
    assert in_use() == base.id
    assert not registry.fall_back_if_unusable(now)
    assert [event.detail["replaces"] for event in events("model_fell_back")] == [version.id]


@pytest.mark.slow
def test_a_local_model_of_another_base_gives_way_when_the_program_is_updated(
    base: ModelVersion,
    officer: Officer,
    approver: Officer,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    activate_by_two(version.id, seen_active=base.id, officer=None, now=now)
    newer = tmp_path / "base.skops"
    newer.write_bytes(model_files.shipped_model_path().read_bytes() + b"1")
    monkeypatch.setattr(model_files, "shipped_model_path", lambda: newer)
    with write_transaction():
        shipped = model_files.register_shipped_model(now)
    assert in_use() == shipped.id != base.id
    again = retraining.watch_and_propose(now + timedelta(days=1))
    assert again is not None, "the same decisions are fitted anew on the new base"


def test_the_second_of_two_administrators_is_told(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now)
    with pytest.raises(EditConflictError):
        activate_by_two(base.id, seen_active=base.id, officer=administrator, now=now)
    assert in_use() == version.id
    for unknown in (999, 10**30):
        with pytest.raises(NotFoundError):
            activate_by_two(unknown, seen_active=version.id, officer=administrator, now=now)


def test_two_at_once_leave_one_in_use(app: APIFlask, base: ModelVersion, now: datetime) -> None:
    with write_transaction():
        others = [ModelVersion(digest=str(n) * 64, name="m", file_name="m", registered_at=now) for n in range(2)]
        db.session.add_all(others)
        db.session.flush()
        ids = [one.id for one in others]
    together = threading.Barrier(2)

    def put(key: int) -> None:
        with app.app_context():
            together.wait(DEADLINE_S)
            with write_transaction():
                registry.set_active_version(db.session.get_one(ModelVersion, key))
            db.session.remove()

    threads = [threading.Thread(target=put, args=(key,)) for key in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    db.session.rollback()
    used = db.session.scalars(sa.select(ModelVersion.id).where(ModelVersion.is_active)).all()
    assert len(used) == 1
    assert used[0] in ids


def test_the_database_holds_no_two_in_use(base: ModelVersion, now: datetime) -> None:
    db.session.add(ModelVersion(digest="e" * 64, name="m", file_name="m", registered_at=now, is_active=True))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.commit()
    db.session.rollback()


def forget_stored_files() -> None:
    """Leave models as files of one host alone, as they were before they were rows."""
    db.session.execute(sa.delete(ModelFile))
    db.session.commit()


def of_other_features(path: Path) -> None:
    """Leave a whole file that a program with other cues fitted, as an update of the program would find it."""
    bundle = load_bundle(path)
    save_bundle(replace(bundle, meta=dict(bundle.meta) | {"features_version": "elsewhere"}), path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def reported(text: str, now: datetime) -> int:
    """A resident's report, stored and not taken in."""
    report = Report(ticket_digest="r" * 64, text=text, received_at=now)
    db.session.add(report)
    db.session.commit()
    return report.id


@pytest.mark.slow
@pytest.mark.parametrize("harm", [Path.unlink, cut, of_other_features])
@pytest.mark.parametrize("who", ["report", "worker", "claim", "learning"])
def test_whoever_needs_an_unusable_local_model_first_goes_back_to_the_base(
    base: ModelVersion,
    local: ModelVersion,
    settings: Settings,
    now: datetime,
    harm: Callable[[Path], None],
    who: str,
) -> None:
    path = model_files.model_path(local)
    forget_stored_files()
    harm(path)
    if harm is of_other_features:
        local.digest = model_files.file_digest(
            path
        )  # the file is the one that was activated: only the program is another
        db.session.commit()
    report = reported(load_corpus_texts("misinformation_loud")[3], now)
    if who == "report":
        pipeline.assign_report_to_claim(report, now)
    elif who == "worker":
        embedded.run_round(settings, now, Heartbeat(), threading.Event())
    elif who == "claim":
        day = {"first_day": now.date(), "last_day": now.date()}
        db.session.add(Demand(text=load_corpus_texts("misinformation_loud")[3], opening_at=now, **day))
        db.session.commit()
        assert pipeline.do_what_officers_asked(now) == 1
    else:
        retraining.watch_and_propose(now)
    assert in_use() == base.id
    [event] = events("model_fell_back")
    assert event.detail["replaces"] == local.id
    assert ("versi" if harm is of_other_features else "hilang atau sudah berubah") in event.detail["why"]
    if who in ("report", "worker"):
        assert db.session.scalars(sa.select(Assessment.model_version_id)).all() == [base.id]


@pytest.mark.slow
def test_a_good_model_can_replace_one_whose_file_is_gone(
    local: ModelVersion, base: ModelVersion, administrator: Officer, now: datetime
) -> None:
    forget_stored_files()
    model_files.model_path(local).unlink()
    activate_by_two(base.id, seen_active=local.id, officer=administrator, now=now)
    assert in_use() == base.id


@pytest.mark.slow
@pytest.mark.process
def test_without_any_model_reports_letters_and_pages_go_on(
    base: ModelVersion,
    settings: Settings,
    administrator: Officer,
    sign_in: Callable[[Officer], FlaskClient],
    client: FlaskClient,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = tmp_path / "base.skops"
    broken.write_bytes(b"no model")
    with monkeypatch.context() as then:
        then.setattr(model_files, "shipped_model_path", lambda: broken)
        sent = client.post("/api/v1/reports", json={"text": load_corpus_texts("misinformation_loud")[3]})
        assert sent.status_code == 201
        embedded.run_round(settings, now, Heartbeat(), threading.Event())
        assert "no model can be used" in caplog.text
        assert db.session.query(Report).count() == 1
        assert db.session.query(Claim).count() == 0
        browser = sign_in(administrator)
        for page in ("/petugas/penanda/", "/petugas/kelola/sistem", "/petugas/", "/"):
            assert browser.get(page, follow_redirects=True).status_code == 200, page
        refused = factories.submit_form(
            browser, f"/petugas/penanda/model/{base.id}", "/petugas/penanda/", seen=str(base.id)
        )
        assert refused.status_code == 422
        with pytest.raises(ModelUnusableError, match="bukan berkas model"):
            registry.fall_back_if_unusable(now)
    embedded.run_round(settings, now, Heartbeat(), threading.Event())
    assert db.session.query(Claim).count() == 1, "the report waited for the model to come back"


def test_a_broken_matching_model_is_said_in_words(
    base: ModelVersion,
    administrator: Officer,
    sign_in: Callable[[Officer], FlaskClient],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "match.npz").write_bytes(b"no model")
    for module in ("classifiers.matcher.match", "hoax_tracker.admin.system"):
        monkeypatch.setattr(f"{module}.load_match_model", lambda _=None: MatchModel.load(tmp_path / "match.npz"))
    browser = sign_in(administrator)
    page = browser.get("/petugas/kelola/sistem")
    assert page.status_code == 200
    assert "berkas modelnya hilang atau rusak" in page.get_data(as_text=True)
    asked = browser.post("/cek", data={"teks": load_corpus_texts("misinformation_loud")[3]})
    assert asked.status_code == 503
    assert "berkas model di server hilang atau rusak" in asked.get_data(as_text=True)
    answer = browser.post("/api/v1/check", json={"text": load_corpus_texts("misinformation_loud")[3]})
    assert answer.status_code == 503
