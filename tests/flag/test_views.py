"""The flagger's page: explained when empty, with the decisions' figures, and with a choice of models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.flag import flagger_month
from hoax_tracker.flag.model import model_files, retraining, training_labels
from hoax_tracker.models import ClaimAppearance, Decision, DecisionKind, Item, ModelVersion, Officer, Report, Source, db
from tests import factories
from tests.flag.decided import decide_sample_claims, make_answered_claim, make_closed_claim

SignIn = Callable[[Officer], FlaskClient]
PAGE = "/petugas/penanda/"


def opened_by(claim_id: int, now: datetime, *, report: bool = False) -> None:
    """Let a claim have been opened by an entry of a source, or by a report."""
    appearance = ClaimAppearance(claim_id=claim_id, seen_at=now, opens=True)
    if report:
        appearance.report = Report(ticket_digest=str(claim_id), text="aduan", received_at=now)
    else:
        source = db.session.scalar(sa.select(Source)) or Source(name="sumber", created_at=now)
        appearance.item = Item(source=source, entry_key=str(claim_id), content_key="k", text="x", fetched_at=now)
    db.session.add(appearance)
    db.session.commit()


@pytest.mark.usefixtures("base")
def test_an_empty_month_explains_itself(officer: Officer, sign_in: SignIn) -> None:
    page = sign_in(officer).get(PAGE).get_data(as_text=True)
    assert "belum menandai satu kiriman pun" in page
    assert "Periksa apakah sumber masih dibaca: mesin belum menandai apa pun." in " ".join(page.split())
    assert page.index("Yang perlu dilakukan:") < page.index("<details", page.index("<main")), (
        "sentences first, figures folded below"
    )
    assert "Belum ada aduan bulan ini" in page
    assert "Belum ada keputusan dalam enam bulan ini" in page
    assert "Belum cukup lama untuk dibandingkan" in page
    assert "Pakai model" not in page
    assert sign_in(officer).get(PAGE + "?bulan=lalu").status_code == 200


def test_the_numbers_are_those_of_the_decisions(
    app: APIFlask, officer: Officer, approver: Officer, now: datetime
) -> None:
    worth = make_answered_claim("kabar palsu", officer, approver)
    voice = make_closed_claim("kritik", DecisionKind.NOT_A_CLAIM, officer, now)
    missed = make_answered_claim("dibawa warga", officer, approver)
    waiting = factories.make_claim("belum diputuskan")
    for claim in (worth, voice, waiting):
        opened_by(claim.id, now)
    opened_by(missed.id, now, report=True)
    found = flagger_month.build_flagger_month(
        flagger_month.month_containing(now), training_labels.list_training_labels()
    )
    assert found.top == flagger_month.TopPrecision(3, 2, 1)
    assert (found.reported, found.missed) == (1, 1)
    assert (found.history[-1].decided, found.history[-1].voices, found.history[-1].share) == (2, 1, 0.5)
    assert [one.decided for one in found.history[:-1]] == [0] * 5


def test_a_month_begins_in_kupang() -> None:
    late = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)  # 1 November, 00.30 WITA
    assert flagger_month.month_containing(late) == flagger_month.month_containing(datetime(2026, 11, 15, tzinfo=UTC))
    assert flagger_month.month_containing(late).before().end == flagger_month.month_containing(late).start


def test_a_word_rises_only_where_chance_does_not_explain_it() -> None:
    assert flagger_month.rise_z_score(12, 40, 1, 100) > flagger_month.SIGNIFICANT_Z
    assert flagger_month.rise_z_score(3, 40, 5, 100) < flagger_month.SIGNIFICANT_Z


@pytest.mark.training
def test_an_administrator_chooses_and_a_worse_model_asks_for_a_reason(
    base: ModelVersion, officer: Officer, approver: Officer, administrator: Officer, sign_in: SignIn
) -> None:
    now = utc_now()
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    key = version.id
    path = f"{PAGE}model/{key}"
    assert sign_in(officer).post(path).status_code in (400, 403)
    browser = sign_in(administrator)
    assert "ditawarkan program" in browser.get(PAGE).get_data(as_text=True)
    stale = factories.submit_form(browser, path, PAGE, seen=str(key))
    assert stale.status_code == 409
    assert "Administrator lain" in stale.get_data(as_text=True)
    db.session.execute(sa.delete(Decision))
    db.session.execute(sa.text("update claim set status = 'triaged'"))
    db.session.commit()
    refused = factories.submit_form(browser, path, PAGE, seen=str(base.id))
    assert refused.status_code == 422
    assert "Keputusan petugas belum cukup" in refused.get_data(as_text=True)
    done = factories.submit_form(browser, path, PAGE, seen=str(base.id), reason="Uji coba disetujui Atasan PPID")
    assert done.status_code == 303
    db.session.expire_all()
    factories.confirm_waiting(acts=("model",))
    db.session.expire_all()
    used = model_files.find_active_version()
    assert used is not None
    assert used.id == key
    assert db.session.scalar(sa.select(sa.func.count()).where(ModelVersion.is_active)) == 1
