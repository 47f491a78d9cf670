"""What a model added to the queue leaves with it, unless somebody touched it; what comes back comes back once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from classifiers.flagger.artefact import save_bundle
from hoax_tracker import pipeline
from hoax_tracker.authority.acts import find_act
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import activation, model_files, registry
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    DecisionKind,
    Item,
    ModelVersion,
    Note,
    Officer,
    Source,
    db,
)
from hoax_tracker.review.decisions.service import DecisionChoice, decide_claim
from tests import factories
from tests.factories import count_rows
from tests.flag.conftest import flag_texts
from tests.ingest.storage.test_store import entry

HOAX = (
    "SEBARKAN!!! Katanya air PDAM se-Kota Kupang mati total 7 hari mulai Senin karena pipa induk pecah, bayar "
    "Rp50.000 ke nomor WA orang dalam PDAM"
)
CALM = "Wali Kota Kupang meresmikan taman baru di Kelurahan Oebobo, warga menikmati senja di sana"
LATER = "Camat Alak membagikan bibit pohon mangga kepada ibu PKK di kantor kecamatan, Kota Kupang"


@pytest.fixture
def eager(base: ModelVersion, now: datetime) -> ModelVersion:
    """A model that flags all that is about the city, not in use."""
    bundle = model_files.load_version_bundle(base)
    eager = replace(bundle, thresholds=dict(bundle.thresholds) | {"misinformation": 0.0})
    path = model_files.own_models_folder() / "lokal-eager.skops"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    save_bundle(eager, path)
    with write_transaction():
        return model_files.register_model_file(path, now, activate=False)


@pytest.fixture
def source(base: ModelVersion, now: datetime) -> Source:
    """A source that writes about the city."""
    row = Source(name="s", url="https://s.example/", created_at=now, is_local=True)
    db.session.add(row)
    db.session.commit()
    return row


def use(version: ModelVersion, now: datetime) -> None:
    """Put a version into use, and let the worker assess by it."""
    with write_transaction():
        registry.set_active_version(db.session.get_one(ModelVersion, version.id))
    pipeline.flag_pending_items(now)


def openings() -> list[str]:
    """The words of all claims."""
    db.session.rollback()
    return sorted(text[:12] for text in db.session.scalars(sa.select(Claim.text)))


def test_what_a_model_added_leaves_when_it_is_taken_back(
    source: Source, base: ModelVersion, eager: ModelVersion, now: datetime
) -> None:
    flag_texts(source, now, HOAX, CALM)
    assert openings() == [HOAX[:12]]
    use(eager, now)
    assert openings() == sorted([HOAX[:12], CALM[:12]])
    flag_texts(source, now, LATER)  # seen by the second model alone
    assert len(openings()) == 3
    use(base, now)
    assert openings() == [HOAX[:12]]
    assert count_rows(Item) == 3, "no item goes"
    use(eager, now)
    assert len(openings()) == 3, "and comes back with it"
    use(eager, now)
    assert len(openings()) == 3
    kept = sa.select(sa.func.count()).select_from(ClaimAppearance).where(ClaimAppearance.opens)
    assert db.session.scalar(kept) == 3


def test_a_model_that_flags_less_takes_out_what_nobody_touched(
    source: Source, eager: ModelVersion, base: ModelVersion, now: datetime
) -> None:
    use(eager, now)
    flag_texts(source, now, CALM)
    use(base, now)
    assert openings() == []


def note(claim: Claim, officer: Officer, now: datetime) -> None:
    """Write a note."""
    with write_transaction():
        db.session.add(Note(claim_id=claim.id, officer_id=officer.id, text="periksa dulu", written_at=now))


def examine(claim: Claim, officer: Officer, now: datetime) -> None:
    """Begin to examine it."""
    decide_claim(claim.id, claim.version, DecisionChoice(DecisionKind.INVESTIGATE), officer=officer, now=now)


def close(claim: Claim, officer: Officer, now: datetime) -> None:
    """Close it."""
    choice = DecisionChoice(DecisionKind.DISMISS, "bukan soal kota, sudah dilihat")
    decide_claim(claim.id, claim.version, choice, officer=officer, now=now)


def ask(claim: Claim, _officer: Officer, _now: datetime) -> None:
    """Let residents have asked for it."""
    with write_transaction():
        db.session.get_one(Claim, claim.id).sightings = 1


@pytest.mark.parametrize("touch", [note, examine, close, ask], ids=lambda act: act.__name__)
def test_what_somebody_touched_stays(
    touch: Callable[[Claim, Officer, datetime], None],
    source: Source,
    eager: ModelVersion,
    base: ModelVersion,
    officer: Officer,
    now: datetime,
) -> None:
    use(eager, now)
    flag_texts(source, now, CALM)
    touch(db.session.scalars(sa.select(Claim)).one(), officer, now)
    use(base, now)
    assert openings() == [CALM[:12]]


def test_what_residents_reported_stays(
    source: Source, eager: ModelVersion, base: ModelVersion, settings: Settings, now: datetime
) -> None:
    use(eager, now)
    flag_texts(source, now, CALM)
    submit_report(CALM, "", "WhatsApp", "", True, now, settings)
    pipeline.assign_waiting_reports(now)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert len(claim.appearances) == 2
    use(base, now)
    assert openings() == [CALM[:12]]
    assert db.session.scalars(sa.select(Claim)).one().status is ClaimStatus.NEW


def test_what_its_source_reworded_stays(source: Source, base: ModelVersion, now: datetime) -> None:
    flag_texts(source, now, HOAX)
    with write_transaction():
        store_entries(source, [entry(CALM, feed_id=HOAX[:40])], now)
    pipeline.flag_pending_items(now)
    assert openings() == [HOAX[:12]], "officers see what it said, and what it says now"


def test_who_decides_about_a_model_reads_what_enters_and_leaves(
    source: Source, eager: ModelVersion, base: ModelVersion, administrator: Officer, now: datetime
) -> None:
    flag_texts(source, now, HOAX, CALM, LATER)
    into = registry.propose_version(
        eager.id, seen_active=base.id, officer=administrator, now=now, reason="dicoba sebulan"
    )
    assert (into.values["previewed"], into.values["added"], into.values["dropped"]) == (3, 2, 0)
    shown = activation.show_model(into)
    entering, leaving = shown.lines[1:]
    assert (entering[1], leaving[1:]) == ("–", ("–", "–"))
    assert f"«{CALM[:40]}" in entering[2]
    assert "«Camat" in entering[2]
    assert not any("titles" in name for name in find_act(activation.ACT).audited(into.values))
    factories.confirm_waiting(acts=("model",))
    pipeline.flag_pending_items(now)
    assert len(openings()) == 3, "as was said"
    back = registry.propose_version(
        base.id, seen_active=eager.id, officer=administrator, now=now, reason="terlalu banyak"
    )
    assert (back.values["added"], back.values["dropped"]) == (0, 2)
    factories.confirm_waiting(acts=("model",))
    pipeline.flag_pending_items(now)
    assert len(openings()) == 1


def test_a_month_ago_is_not_asked(source: Source, eager: ModelVersion, base: ModelVersion, now: datetime) -> None:
    flag_texts(source, now, CALM)
    later = now + timedelta(days=31)
    proposed = registry.propose_version(eager.id, seen_active=base.id, officer=None, now=later, reason="dicoba saja")
    assert (proposed.values["previewed"], proposed.values["added"]) == (0, 0)
