"""Decisions become labels, labels a proposal, and a person puts it into use; every odd desk is survived."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
import sqlalchemy as sa

from classifiers.flagger.artefact import load
from classifiers.flagger.evaluate import model_card
from classifiers.flagger.local_adaptation import AdaptedJudge, base_of
from hoax_tracker.errors import NotAllowed
from hoax_tracker.flag.model import model_files, registry, retraining, training_labels
from hoax_tracker.flag.model.comparison import Comparison, compare
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimStatus,
    ClarificationStatus,
    Decision,
    DecisionKind,
    ModelVersion,
    Officer,
    Verdict,
    db,
)
from tests import factories
from tests.flag.decided import answered, closed, desk, texts


def events(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def in_use() -> int:
    version = model_files.active()
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
    found = {one.claim_id: (one.worth, one.voice, one.weight) for one in training_labels.labels()}
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
    assert [(one.claim_id, one.voice) for one in training_labels.labels()] == [(twice.id, True)]


def test_near_copies_are_never_on_both_sides_of_a_fold(officer: Officer, approver: Officer, now: datetime) -> None:
    text = texts("misinformation_loud")[0]
    answered(text, officer, approver)
    answered("Diteruskan. " + text, officer, approver)
    closed(texts("notices")[0], DecisionKind.DISMISS, officer, now)
    groups = training_labels.decided(training_labels.labels()).groups
    assert len(groups) == 3
    assert len(set(groups)) == 2


@pytest.mark.usefixtures("base")
def test_no_decisions_a_handful_or_one_side_propose_nothing(officer: Officer, approver: Officer, now: datetime) -> None:
    assert retraining.learn(now) is None
    answered("satu saja", officer, approver)
    assert retraining.learn(now) is None
    for text in texts("misinformation_calm")[:30]:
        answered(text, officer, approver)
    assert retraining.learn(now) is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModelVersion)) == 1


@pytest.mark.training
def test_a_few_dozen_decisions_propose_a_model_that_only_an_administrator_puts_into_use(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = retraining.learn(now)
    assert version is not None
    assert version.proposed_at == now
    assert in_use() == base.id
    assert version.about is not None
    assert version.about["data_hash"] == training_labels.hash_of(training_labels.labels())
    assert version.about["comparison"]["gain_ci"][0] > 0
    assert retraining.learn(now) is None, "the same decisions are not fitted twice"
    with pytest.raises(NotAllowed):
        registry.activate(version.id, seen_active=base.id, officer=officer, now=now)
    registry.activate(version.id, seen_active=base.id, officer=administrator, now=now)
    assert in_use() == version.id
    assert version.proposed_at is None
    assert [event.detail["forced"] for event in events("model_activated")] == [False]
    local = model_files.bundle_of(version)
    assert base_of(local) is not None
    notice = texts("notices")[100]
    before, after = (one.hoax.predict_proba([notice])[0, 1] for one in (load(model_files.shipped()), local))
    assert after > before


@pytest.mark.training
def test_a_model_that_is_worse_is_refused_unless_a_reason_is_given(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = retraining.learn(now)
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
    assert retraining.watch(now), "the local model in use is no better than its base any more"
    assert in_use() == base.id
    assert len(events("model_fell_back")) == 1
    assert not retraining.watch(now)


def test_more_flagged_criticism_is_an_objection_however_good_the_rest(base: ModelVersion) -> None:
    fine = Comparison(50, 0.3, (0.1, 0.5), 0.05, 0.2, 10, 0.2, 0.2)
    bundle = load(model_files.shipped())
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
@pytest.mark.training
def test_contradictory_decisions_are_no_proof(officer: Officer, approver: Officer, now: datetime) -> None:
    for at, text in enumerate(texts("misinformation_calm")[:40]):
        if at % 2:
            answered(text, officer, approver)
        else:
            closed(text, DecisionKind.DISMISS, officer, now)
    version = retraining.learn(now)
    assert version is not None
    assert version.proposed_at is None or (version.about or {})["comparison"]["gain_ci"][0] >= 0


@pytest.mark.usefixtures("base")
@pytest.mark.training
def test_learning_that_is_killed_half_way_is_done_by_the_next(
    officer: Officer, approver: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(officer, approver, now, contrary=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as then:
        then.setattr(retraining, "register", killed)
        with pytest.raises(KeyboardInterrupt):
            retraining.learn(now)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModelVersion)) == 1
    assert len(list(model_files.folder().glob("lokal-*"))) == 1
    version = retraining.learn(now)
    assert version is not None
    assert len(list(model_files.folder().glob("lokal-*"))) == 1
    assert registry.usable(version)


@pytest.mark.training
def test_a_local_model_is_measured_on_what_it_was_not_fitted_on(
    base: ModelVersion, officer: Officer, approver: Officer, now: datetime
) -> None:
    desk(officer, approver, now, contrary=True)
    version = retraining.learn(now)
    assert version is not None
    local = model_files.bundle_of(version)
    assert isinstance(local.hoax.named_steps["judge"], AdaptedJudge)
    found = training_labels.labels()
    seen = local.hoax.predict_proba([one.text for one in found])[:, 1]
    kept = np.array([local.meta["local"]["left_out"][str(one.claim_id)] for one in found])
    worth = np.array([one.worth for one in found])
    assert np.abs(seen - worth).mean() < np.abs(kept - worth).mean(), "seen texts look better than they are"
    compared = compare(local, load(model_files.shipped()), found)
    assert compared is not None
    assert compared.as_json() == (version.about or {})["comparison"]


@pytest.mark.training
def test_the_card_of_a_local_model_tells_what_it_was_adapted_to_and_what_that_changed(local: ModelVersion) -> None:
    card = model_card(model_files.bundle_of(local))
    assert card.startswith("# Model card: lokal")
    kept = load(model_files.path_of(local)).meta["local"]
    assert f"To {kept['decisions']} decisions of this instance" in card
    assert f"| roc_auc | {kept['metrics']['roc_auc']:.3f} (" in card
    assert f"| {kept['base_metrics']['roc_auc']:.3f} (" in card
    assert kept["metrics"]["brier"] < kept["base_metrics"]["brier"], "the desk decided against the base"
    assert str(local.about and local.about["base_digest"])[:12] in card
    assert "Adapted to" not in model_card(load(model_files.shipped()))
