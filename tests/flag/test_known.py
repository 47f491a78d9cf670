"""A returning hoax joins its claim even with a low score; criticism and denials do not."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files
from hoax_tracker.models import Assessment, Claim, ClaimAppearance, ClaimStatus, Source, db
from tests import factories
from tests.flag.conftest import flag_texts

WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah, isi semua bak mandi"
ASKED = "Mau tanya, apa benar pipa induk PDAM pecah dan air di Kota Kupang mati 7 hari?"
DENIED = (
    "Sumber: humas PDAM Kota Kupang. Perumda Air Minum membantah kabar pipa induk pecah; air se-Kota Kupang tidak mati "
    "tujuh hari."
)
OTHER = "Permisi, mau tanya: loket PDAM Kota Kupang hari Senin buka jam berapa?"
FAR = "Permisi, mau tanya: apa benar pipa induk PDAM Surabaya pecah dan air se-Surabaya mati 7 hari mulai Senin?"


def of(claim_id: int) -> int:
    """How many appearances a claim has."""
    query = sa.select(sa.func.count()).select_from(ClaimAppearance).where(ClaimAppearance.claim_id == claim_id)
    return db.session.scalar(query) or 0


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize("status", [ClaimStatus.NEW, ClaimStatus.INVESTIGATING, ClaimStatus.CLARIFIED])
def test_a_question_that_no_score_flags_is_seen_as_the_known_claim(
    source: Source, now: datetime, status: ClaimStatus
) -> None:
    claim = factories.make_claim(WATER, status=status)
    key, before = claim.id, claim.last_seen_at
    assert flag_texts(source, now, ASKED, OTHER, FAR, DENIED) == 0
    assert of(key) == 1
    assert db.session.scalars(sa.select(Claim.id)).all() == [key]
    assert not db.session.scalars(sa.select(Assessment.flagged).where(Assessment.flagged)).all()
    assert db.session.get_one(Claim, key).last_seen_at >= before
    assert pipeline.flag_pending_items(now) == 0
    assert of(key) == 1


def test_what_officers_dismissed_draws_nothing_to_it(source: Source, now: datetime) -> None:
    key = factories.make_claim(WATER, status=ClaimStatus.DISMISSED).id
    flag_texts(source, now, ASKED)
    assert of(key) == 0


@pytest.mark.needs("onnxruntime")
def test_it_joins_what_the_same_batch_opens(source: Source, now: datetime) -> None:
    loud = WATER.upper() + "!!! SEBARKAN ke semua grup, katanya orang dalam PDAM, bayar Rp50.000 ke nomor WA di bawah"
    assert flag_texts(source, now, ASKED, loud) == 1
    [claim] = db.session.scalars(sa.select(Claim)).all()
    assert of(claim.id) == 2
    opening = db.session.scalars(sa.select(ClaimAppearance).where(ClaimAppearance.opens)).one()
    assert opening.claim_id == claim.id


@pytest.mark.needs("onnxruntime")
def test_another_model_adds_no_second_appearance(source: Source, now: datetime) -> None:
    key = factories.make_claim(WATER).id
    flag_texts(source, now, ASKED)
    with write_transaction():
        version = model_files.find_active_version()
        assert version is not None
        version.digest = "0" * 64
        version.is_active = False
    with write_transaction():
        model_files.register_shipped_model(now)
    pipeline.flag_pending_items(now)
    assert of(key) == 1
