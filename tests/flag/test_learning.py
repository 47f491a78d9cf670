"""Decisions become labels, labels a proposal, and a person puts it into use; every odd desk is survived."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from classifiers.artefact import load, save
from classifiers.evaluate import model_card
from classifiers.local import AdaptedJudge, base_of
from classifiers.match_model import MatchModel
from hoax_tracker import jobs, pipeline
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.errors import Conflict, Invalid, ModelUnusable, NotAllowed, NotFound
from hoax_tracker.flag import labels, learning, models, registry
from hoax_tracker.flag.comparing import Comparison, compare
from hoax_tracker.heartbeat import Heartbeat
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    Claim,
    ClaimStatus,
    ClarificationStatus,
    Decision,
    DecisionKind,
    ModelVersion,
    Officer,
    Report,
    Verdict,
    db,
)
from tests import factories
from tests.flag.decided import answered, closed, desk, texts
from tests.waiting import DEADLINE_S


@pytest.fixture
def base(app: APIFlask, now: datetime) -> ModelVersion:
    """The shipped model, in use."""
    with writing():
        return models.register_shipped(now)


def events(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def in_use() -> int:
    version = models.active()
    assert version is not None
    return version.id


def test_each_way_to_close_a_claim_is_the_label_it_says(officer: Officer, approver: Officer, now: datetime) -> None:
    hoax = answered("kabar satu", officer, approver)
    true = answered("kabar dua", officer, approver, Verdict.BENAR)
    joke = answered("lelucon", officer, approver, Verdict.SATIRE)
    answered("urusan lain", officer, approver, Verdict.DI_LUAR_KEWENANGAN)
    critic = closed("kritik", DecisionKind.NOT_A_CLAIM, officer, now)
    old = closed("sudah lama", DecisionKind.DISMISS, officer, now)
    closed("kabupaten", DecisionKind.OUT_OF_SCOPE, officer, now)
    factories.make_claim("masih baru")
    found = {one.claim_id: (one.worth, one.voice, one.weight) for one in labels.labels()}
    assert found == {
        hoax.id: (True, False, 1.0),
        true.id: (True, False, 1.0),
        joke.id: (False, True, 1.0),
        critic.id: (False, True, 1.0),
        old.id: (False, False, 0.5),
    }


def test_what_was_taken_back_is_no_label_and_the_last_word_counts(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    reopened = closed("dibuka lagi", DecisionKind.DISMISS, officer, now)
    reopened.status = ClaimStatus.TRIAGED
    twice = closed("dua kali", DecisionKind.DISMISS, officer, now)
    db.session.add(
        Decision(claim_id=twice.id, officer_id=officer.id, kind=DecisionKind.NOT_A_CLAIM, reason="", decided_at=now)
    )
    undone = closed("diurungkan", DecisionKind.NOT_A_CLAIM, officer, now)
    db.session.add(
        Decision(
            claim_id=undone.id,
            officer_id=officer.id,
            kind=DecisionKind.UNDO,
            reason="",
            decided_at=now,
            undoes_id=db.session.scalars(sa.select(Decision.id).where(Decision.claim_id == undone.id)).one(),
        )
    )
    withdrawn = answered("ditarik", officer, approver)
    withdrawn.clarifications[0].status = ClarificationStatus.RETRACTED  # type: ignore[attr-defined]
    db.session.commit()
    assert [(one.claim_id, one.voice) for one in labels.labels()] == [(twice.id, True)]


def test_near_copies_are_never_on_both_sides_of_a_fold(officer: Officer, approver: Officer, now: datetime) -> None:
    text = texts("misinformation_loud")[0]
    answered(text, officer, approver)
    answered("Diteruskan. " + text, officer, approver)
    closed(texts("notices")[0], DecisionKind.DISMISS, officer, now)
    groups = labels.decided(labels.labels()).groups
    assert len(groups) == 3
    assert len(set(groups)) == 2


@pytest.mark.usefixtures("base")
def test_no_decisions_a_handful_or_one_side_propose_nothing(officer: Officer, approver: Officer, now: datetime) -> None:
    assert learning.learn(now) is None
    answered("satu saja", officer, approver)
    assert learning.learn(now) is None
    for text in texts("misinformation_calm")[:30]:
        answered(text, officer, approver)
    assert learning.learn(now) is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModelVersion)) == 1


def test_a_few_dozen_decisions_propose_a_model_that_only_an_administrator_puts_into_use(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    assert version.proposed_at == now
    assert in_use() == base.id
    assert version.about is not None
    assert version.about["data_hash"] == labels.hash_of(labels.labels())
    assert version.about["comparison"]["gain_ci"][0] > 0
    assert learning.learn(now) is None, "the same decisions are not fitted twice"
    with pytest.raises(NotAllowed):
        registry.activate(version.id, seen_active=base.id, officer=officer, now=now)
    registry.activate(version.id, seen_active=base.id, officer=administrator, now=now)
    assert in_use() == version.id
    assert version.proposed_at is None
    assert [event.detail["forced"] for event in events("model_activated")] == [False]
    local = models.bundle_of(version)
    assert base_of(local) is not None
    notice = texts("notices")[100]
    before, after = (one.hoax.predict_proba([notice])[0, 1] for one in (load(models.shipped()), local))
    assert after > before


def test_a_model_that_is_worse_is_refused_unless_a_reason_is_given(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    db.session.query(Decision).delete()
    for claim in db.session.scalars(sa.select(Claim)):
        claim.clarifications.clear()  # type: ignore[attr-defined]
        claim.status = ClaimStatus.TRIAGED
    db.session.commit()
    for text in texts("misinformation_loud")[:20]:
        answered(text, officer, approver)
    for text in texts("notices")[60:80]:
        closed(text, DecisionKind.DISMISS, officer, now)
    with pytest.raises(registry.Refused, match="40 keputusan"):
        registry.activate(version.id, seen_active=base.id, officer=administrator, now=now)
    with pytest.raises(registry.Refused):
        registry.activate(version.id, seen_active=base.id, officer=administrator, now=now, reason="  mau  ")
    assert in_use() == base.id
    reason = "Diminta Atasan PPID untuk uji coba"
    registry.activate(version.id, seen_active=base.id, officer=administrator, now=now, reason=reason)
    assert in_use() == version.id
    detail = events("model_activated")[0].detail
    assert (detail["reason"], detail["forced"]) == (reason, True)
    assert learning.watch(now), "the local model in use is no better than its base any more"
    assert in_use() == base.id
    assert len(events("model_fell_back")) == 1
    assert not learning.watch(now)


def test_more_flagged_criticism_is_an_objection_however_good_the_rest(base: ModelVersion) -> None:
    fine = Comparison(50, 0.3, (0.1, 0.5), 0.05, 0.2, 10, 0.2, 0.2)
    bundle = load(models.shipped())
    assert registry.objections(bundle, fine, base, base) == []
    worse = Comparison(50, 0.3, (0.1, 0.5), 0.05, 0.2, 10, 0.3, 0.2)
    assert len(registry.objections(bundle, worse, base, base)) == 1
    candidate = ModelVersion(metrics={"criticism_flagged": 0.4})
    assert len(registry.objections(bundle, None, candidate, ModelVersion(metrics={"criticism_flagged": 0.05}))) == 1
    assert registry.objections(bundle, None, candidate, ModelVersion(metrics={})) == []
    unknown = ModelVersion(metrics={"roc_auc": 0.9})
    assert len(registry.objections(bundle, None, unknown, base)) == 1, "nobody knows what it does to criticism"
    assert registry.objections(bundle, fine, unknown, base) == [], "officers' decisions tell"
    no_voices = replace(fine, voices=0, flagged=None, flagged_before=None)
    assert len(registry.objections(bundle, no_voices, unknown, base)) == 1, "these decisions do not"


@pytest.mark.usefixtures("base")
def test_contradictory_decisions_are_no_proof(officer: Officer, approver: Officer, now: datetime) -> None:
    for at, text in enumerate(texts("misinformation_calm")[:40]):
        if at % 2:
            answered(text, officer, approver)
        else:
            closed(text, DecisionKind.DISMISS, officer, now)
    version = learning.learn(now)
    assert version is not None
    assert version.proposed_at is None or (version.about or {})["comparison"]["gain_ci"][0] >= 0


def test_a_broken_file_is_named_and_the_shipped_model_takes_over(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    path = models.path_of(version)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    models.loaded.cache_clear()
    with pytest.raises(Invalid, match="berubah") as refused:
        registry.activate(version.id, seen_active=base.id, officer=administrator, now=now, reason="biar saja dipakai")
    assert "Tidak ada yang diubah" in str(refused.value.user_message)
    assert in_use() == base.id
    path.write_bytes(whole)
    registry.activate(version.id, seen_active=base.id, officer=administrator, now=now)
    path.write_bytes(b"rusak")
    models.loaded.cache_clear()
    assert pipeline.keep_model_sound(now)
    assert in_use() == base.id
    assert not pipeline.keep_model_sound(now)
    assert [event.detail["replaces"] for event in events("model_fell_back")] == [version.id]


def test_a_local_model_of_another_base_gives_way_when_the_program_is_updated(
    base: ModelVersion,
    officer: Officer,
    approver: Officer,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    registry.activate(version.id, seen_active=base.id, officer=None, now=now)
    newer = tmp_path / "base.skops"
    newer.write_bytes(models.shipped().read_bytes() + b"1")
    monkeypatch.setattr(models, "shipped", lambda: newer)
    with writing():
        shipped = models.register_shipped(now)
    assert in_use() == shipped.id != base.id
    again = learning.learn(now + timedelta(days=1))
    assert again is not None, "the same decisions are fitted anew on the new base"


def test_the_second_of_two_administrators_is_told(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    registry.activate(version.id, seen_active=base.id, officer=administrator, now=now)
    with pytest.raises(Conflict):
        registry.activate(base.id, seen_active=base.id, officer=administrator, now=now)
    assert in_use() == version.id
    for unknown in (999, 10**30):
        with pytest.raises(NotFound):
            registry.activate(unknown, seen_active=version.id, officer=administrator, now=now)


def test_two_at_once_leave_one_in_use(app: APIFlask, base: ModelVersion, now: datetime) -> None:
    with writing():
        others = [ModelVersion(digest=str(n) * 64, name="m", file_name="m", registered_at=now) for n in range(2)]
        db.session.add_all(others)
        db.session.flush()
        ids = [one.id for one in others]
    together = threading.Barrier(2)

    def put(key: int) -> None:
        with app.app_context():
            together.wait(DEADLINE_S)
            with writing():
                registry.use(db.session.get_one(ModelVersion, key))
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


@pytest.mark.usefixtures("base")
def test_learning_that_is_killed_half_way_is_done_by_the_next(
    officer: Officer, approver: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(officer, approver, now, contrary=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as then:
        then.setattr(learning, "register", killed)
        with pytest.raises(KeyboardInterrupt):
            learning.learn(now)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModelVersion)) == 1
    assert len(list(models.folder().glob("lokal-*"))) == 1
    version = learning.learn(now)
    assert version is not None
    assert len(list(models.folder().glob("lokal-*"))) == 1
    assert registry.usable(version)


def test_a_local_model_is_measured_on_what_it_was_not_fitted_on(
    base: ModelVersion, officer: Officer, approver: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    local = models.bundle_of(version)
    assert isinstance(local.hoax.named_steps["judge"], AdaptedJudge)
    found = labels.labels()
    seen = local.hoax.predict_proba([one.text for one in found])[:, 1]
    kept = np.array([local.meta["local"]["left_out"][str(one.claim_id)] for one in found])
    worth = np.array([one.worth for one in found])
    assert np.abs(seen - worth).mean() < np.abs(kept - worth).mean(), "seen texts look better than they are"
    compared = compare(local, load(models.shipped()), found)
    assert compared is not None
    assert compared.as_json() == (version.about or {})["comparison"]


@pytest.fixture
def local(base: ModelVersion, officer: Officer, approver: Officer, now: datetime) -> ModelVersion:
    """A local model, in use."""
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    registry.activate(version.id, seen_active=base.id, officer=None, now=now)
    return version


def of_other_features(path: Path) -> None:
    """Leave a whole file that a program with other cues fitted, as an update of the program would find it."""
    bundle = load(path)
    save(replace(bundle, meta=dict(bundle.meta) | {"features_version": "elsewhere"}), path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def reported(text: str, now: datetime) -> int:
    """A resident's report, stored and not taken in."""
    report = Report(ticket_digest="r" * 64, text=text, received_at=now)
    db.session.add(report)
    db.session.commit()
    return report.id


def test_the_card_of_a_local_model_tells_what_it_was_adapted_to_and_what_that_changed(local: ModelVersion) -> None:
    card = model_card(models.bundle_of(local))
    assert card.startswith("# Model card: lokal")
    kept = load(models.path_of(local)).meta["local"]
    assert f"To {kept['decisions']} decisions of this instance" in card
    assert f"| roc_auc | {kept['metrics']['roc_auc']:.3f} (" in card
    assert f"| {kept['base_metrics']['roc_auc']:.3f} (" in card
    assert kept["metrics"]["brier"] < kept["base_metrics"]["brier"], "the desk decided against the base"
    assert str(local.about and local.about["base_digest"])[:12] in card
    assert "Adapted to" not in model_card(load(models.shipped()))


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
    path = models.path_of(local)
    harm(path)
    if harm is of_other_features:
        local.digest = models.digest_of(path)  # the file is the one that was activated: only the program is another
        db.session.commit()
    report = reported(texts("misinformation_loud")[3], now)
    if who == "report":
        pipeline.take_in_report(report, now)
    elif who == "worker":
        jobs.one_round(settings, now, Heartbeat(), threading.Event())
    elif who == "claim":
        with writing():
            pipeline.open_claim(texts("misinformation_loud")[3], now, now)
    else:
        learning.learn(now)
    assert in_use() == base.id
    [event] = events("model_fell_back")
    assert event.detail["replaces"] == local.id
    assert ("versi" if harm is of_other_features else "hilang atau sudah berubah") in event.detail["why"]
    if who in ("report", "worker"):
        assert db.session.scalars(sa.select(Assessment.model_version_id)).all() == [base.id]


def test_a_good_model_can_replace_one_whose_file_is_gone(
    local: ModelVersion, base: ModelVersion, administrator: Officer, now: datetime
) -> None:
    models.path_of(local).unlink()
    registry.activate(base.id, seen_active=local.id, officer=administrator, now=now)
    assert in_use() == base.id


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
        then.setattr(models, "shipped", lambda: broken)
        sent = client.post("/api/v1/reports", json={"text": texts("misinformation_loud")[3]})
        assert sent.status_code == 201
        jobs.one_round(settings, now, Heartbeat(), threading.Event())
        assert "no model can be used" in caplog.text
        assert db.session.query(Report).count() == 1
        assert db.session.query(Claim).count() == 0
        browser = sign_in(administrator)
        for page in ("/petugas/penanda/", "/petugas/kelola/sistem", "/petugas/", "/"):
            assert browser.get(page, follow_redirects=True).status_code == 200, page
        refused = factories.submit(browser, f"/petugas/penanda/model/{base.id}", "/petugas/penanda/", seen=str(base.id))
        assert refused.status_code == 422
        with pytest.raises(ModelUnusable, match="bukan berkas model"):
            registry.keep_sound(now)
    jobs.one_round(settings, now, Heartbeat(), threading.Event())
    assert db.session.query(Claim).count() == 1, "the report waited for the model to come back"


def test_a_broken_matching_model_is_said_in_words(
    base: ModelVersion,
    administrator: Officer,
    sign_in: Callable[[Officer], FlaskClient],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "match.npz").write_bytes(b"no model")
    monkeypatch.setattr("classifiers.match.shipped_model", lambda _=None: MatchModel.load(tmp_path / "match.npz"))
    browser = sign_in(administrator)
    page = browser.get("/petugas/kelola/sistem")
    assert page.status_code == 200
    assert "berkas modelnya hilang atau rusak" in page.get_data(as_text=True)
    asked = browser.post("/cek", data={"teks": texts("misinformation_loud")[3]})
    assert asked.status_code == 503
    assert "berkas model di server hilang atau rusak" in asked.get_data(as_text=True)
    answer = browser.post("/api/v1/check", json={"text": texts("misinformation_loud")[3]})
    assert answer.status_code == 503
