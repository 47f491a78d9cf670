"""Decisions become labels, labels a proposal, and a person activates it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
import sqlalchemy as sa

from classifiers.flagger.artefact import load_bundle
from classifiers.flagger.evaluate import render_model_card
from classifiers.flagger.local_adaptation import AdaptedJudge, find_base_bundle
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.flag.model import model_files, registry, retraining, training_labels
from hoax_tracker.flag.model.comparison import ModelComparison, compare_models
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
from tests.factories import count_rows
from tests.flag.activation import activate_by_two
from tests.flag.decided import decide_sample_claims, load_corpus_texts, make_answered_claim, make_closed_claim


def events(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def in_use() -> int:
    version = model_files.find_active_version()
    assert version is not None
    return version.id


def test_each_way_to_close_a_claim_is_the_label_it_says(officer: Officer, approver: Officer, now: datetime) -> None:
    hoax = make_answered_claim("kabar satu", officer, approver)
    true = make_answered_claim("kabar dua", officer, approver, Verdict.BENAR)
    joke = make_answered_claim("lelucon", officer, approver, Verdict.SATIRE)
    make_answered_claim("urusan lain", officer, approver, Verdict.DI_LUAR_KEWENANGAN)
    critic = make_closed_claim("kritik", DecisionKind.NOT_A_CLAIM, officer, now)
    old = make_closed_claim("sudah lama", DecisionKind.DISMISS, officer, now)
    make_closed_claim("kabupaten", DecisionKind.OUT_OF_SCOPE, officer, now)
    factories.make_claim("masih baru")
    found = {one.claim_id: (one.worth, one.voice, one.weight) for one in training_labels.list_training_labels()}
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
    reopened = make_closed_claim("dibuka lagi", DecisionKind.DISMISS, officer, now)
    reopened.status = ClaimStatus.TRIAGED
    twice = make_closed_claim("dua kali", DecisionKind.DISMISS, officer, now)
    db.session.add(
        Decision(claim_id=twice.id, officer_id=officer.id, kind=DecisionKind.NOT_A_CLAIM, reason="", decided_at=now)
    )
    undone = make_closed_claim("diurungkan", DecisionKind.NOT_A_CLAIM, officer, now)
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
    withdrawn = make_answered_claim("ditarik", officer, approver)
    withdrawn.clarifications[0].status = ClarificationStatus.RETRACTED  # type: ignore[attr-defined]
    db.session.commit()
    assert [(one.claim_id, one.voice) for one in training_labels.list_training_labels()] == [(twice.id, True)]


def test_near_copies_are_never_on_both_sides_of_a_fold(officer: Officer, approver: Officer, now: datetime) -> None:
    text = load_corpus_texts("misinformation_loud")[0]
    make_answered_claim(text, officer, approver)
    make_answered_claim("Diteruskan. " + text, officer, approver)
    make_closed_claim(load_corpus_texts("notices")[0], DecisionKind.DISMISS, officer, now)
    groups = training_labels.build_training_set(training_labels.list_training_labels()).groups
    assert len(groups) == 3
    assert len(set(groups)) == 2


@pytest.mark.usefixtures("base")
def test_no_decisions_a_handful_or_one_side_propose_nothing(officer: Officer, approver: Officer, now: datetime) -> None:
    assert retraining.watch_and_propose(now) is None
    make_answered_claim("satu saja", officer, approver)
    assert retraining.watch_and_propose(now) is None
    for text in load_corpus_texts("misinformation_calm")[:30]:
        make_answered_claim(text, officer, approver)
    assert retraining.watch_and_propose(now) is None
    assert count_rows(ModelVersion) == 1


@pytest.mark.training
def test_a_few_dozen_decisions_propose_a_model_that_only_an_administrator_puts_into_use(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    assert version.proposed_at == now
    assert in_use() == base.id
    assert version.about is not None
    assert version.about["data_hash"] == training_labels.hash_labels(training_labels.list_training_labels())
    assert version.about["comparison"]["gain_ci"][0] > 0
    assert retraining.watch_and_propose(now) is None, "the same decisions are not fitted twice"
    with pytest.raises(NotAllowedError):
        activate_by_two(version.id, seen_active=base.id, officer=officer, now=now)
    activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now)
    assert in_use() == version.id
    assert version.proposed_at is None
    assert [event.detail["forced"] for event in events("model_activated")] == [False]
    local = model_files.load_version_bundle(version)
    assert find_base_bundle(local) is not None
    notice = load_corpus_texts("notices")[100]
    before, after = (
        one.hoax.predict_proba([notice])[0, 1] for one in (load_bundle(model_files.shipped_model_path()), local)
    )
    assert after > before


@pytest.mark.training
def test_a_model_that_is_worse_is_refused_unless_a_reason_is_given(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    db.session.query(Decision).delete()
    for claim in db.session.scalars(sa.select(Claim)):
        claim.clarifications.clear()  # type: ignore[attr-defined]
        claim.status = ClaimStatus.TRIAGED
    db.session.commit()
    for text in load_corpus_texts("misinformation_loud")[:20]:
        make_answered_claim(text, officer, approver)
    for text in load_corpus_texts("notices")[60:80]:
        make_closed_claim(text, DecisionKind.DISMISS, officer, now)
    with pytest.raises(registry.ActivationRefusedError, match="40 keputusan"):
        activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now)
    with pytest.raises(registry.ActivationRefusedError, match=r"paling sedikit 10 huruf.*40 keputusan"):
        activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now, reason="  mau  ")
    assert in_use() == base.id
    reason = "Diminta Atasan PPID untuk uji coba"
    activate_by_two(version.id, seen_active=base.id, officer=administrator, now=now, reason=reason)
    assert in_use() == version.id
    detail = events("model_activated")[0].detail
    assert (detail["reason"], detail["forced"]) == (reason, True)
    assert retraining.watch_active_model(now), "the local model in use is no better than its base any more"
    assert in_use() == base.id
    assert len(events("model_fell_back")) == 1
    assert not retraining.watch_active_model(now)


def test_only_a_gain_whose_whole_interval_lies_above_zero_is_proof(
    base: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = load_bundle(model_files.shipped_model_path())
    monkeypatch.setattr(registry, "find_base_bundle", lambda _bundle: bundle)  # as that of a local model
    sure = ModelComparison(50, 0.3, (0.01, 0.5), 0.05, 0.2, 10, 0.2, 0.2)
    assert registry.list_objections(bundle, sure, base, base) == []
    assert len(registry.list_objections(bundle, replace(sure, gain_ci=(0.0, 0.5)), base, base)) == 1


def test_more_flagged_criticism_is_an_objection_however_good_the_rest(base: ModelVersion) -> None:
    fine = ModelComparison(50, 0.3, (0.1, 0.5), 0.05, 0.2, 10, 0.2, 0.2)
    bundle = load_bundle(model_files.shipped_model_path())
    assert registry.list_objections(bundle, fine, base, base) == []
    worse = ModelComparison(50, 0.3, (0.1, 0.5), 0.05, 0.2, 10, 0.3, 0.2)
    assert len(registry.list_objections(bundle, worse, base, base)) == 1
    candidate = ModelVersion(metrics={"criticism_flagged": 0.4})
    assert (
        len(registry.list_objections(bundle, None, candidate, ModelVersion(metrics={"criticism_flagged": 0.05}))) == 1
    )
    assert registry.list_objections(bundle, None, candidate, ModelVersion(metrics={})) == []
    unknown = ModelVersion(metrics={"roc_auc": 0.9})
    assert len(registry.list_objections(bundle, None, unknown, base)) == 1, "nobody knows what it does to criticism"
    assert registry.list_objections(bundle, fine, unknown, base) == [], "officers' decisions tell"
    no_voices = replace(fine, voices=0, flagged=None, flagged_before=None)
    assert len(registry.list_objections(bundle, no_voices, unknown, base)) == 1, "these decisions do not"


@pytest.mark.usefixtures("base")
@pytest.mark.training
def test_contradictory_decisions_are_no_proof(officer: Officer, approver: Officer, now: datetime) -> None:
    for at, text in enumerate(load_corpus_texts("misinformation_calm")[:40]):
        if at % 2:
            make_answered_claim(text, officer, approver)
        else:
            make_closed_claim(text, DecisionKind.DISMISS, officer, now)
    version = retraining.watch_and_propose(now)
    assert version is not None
    assert version.proposed_at is None or (version.about or {})["comparison"]["gain_ci"][0] > 0


@pytest.mark.usefixtures("base")
@pytest.mark.training
def test_learning_that_is_killed_half_way_is_done_by_the_next(
    officer: Officer, approver: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as then:
        then.setattr(retraining, "register_local_model", killed)
        with pytest.raises(KeyboardInterrupt):
            retraining.watch_and_propose(now)
    assert count_rows(ModelVersion) == 1
    assert len(list(model_files.own_models_folder().glob("lokal-*"))) == 1
    version = retraining.watch_and_propose(now)
    assert version is not None
    assert len(list(model_files.own_models_folder().glob("lokal-*"))) == 1
    assert registry.require_usable_bundle(version)


@pytest.mark.training
def test_a_local_model_is_measured_on_what_it_was_not_fitted_on(
    base: ModelVersion, officer: Officer, approver: Officer, now: datetime
) -> None:
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    local = model_files.load_version_bundle(version)
    assert isinstance(local.hoax.named_steps["judge"], AdaptedJudge)
    found = training_labels.list_training_labels()
    seen = local.hoax.predict_proba([one.text for one in found])[:, 1]
    kept = np.array([local.meta["local"]["left_out"][str(one.claim_id)] for one in found])
    worth = np.array([one.worth for one in found])
    assert np.abs(seen - worth).mean() < np.abs(kept - worth).mean(), "seen texts look better than they are"
    compared = compare_models(local, load_bundle(model_files.shipped_model_path()), found)
    assert compared is not None
    assert compared.as_json() == (version.about or {})["comparison"]


@pytest.mark.training
def test_the_card_of_a_local_model_tells_what_it_was_adapted_to_and_what_that_changed(local: ModelVersion) -> None:
    card = render_model_card(model_files.load_version_bundle(local))
    assert card.startswith("# Model card: lokal")
    kept = load_bundle(model_files.model_path(local)).meta["local"]
    assert f"To {kept['decisions']} decisions of this instance" in card
    assert f"| roc_auc | {kept['metrics']['roc_auc']:.3f} (" in card
    assert f"| {kept['base_metrics']['roc_auc']:.3f} (" in card
    assert kept["metrics"]["brier"] < kept["base_metrics"]["brier"], "the desk decided against the base"
    assert str(local.about and local.about["base_digest"])[:12] in card
    assert "Adapted to" not in render_model_card(load_bundle(model_files.shipped_model_path()))
