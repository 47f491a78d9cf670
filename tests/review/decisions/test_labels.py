"""Labels are added, removed and searched; they follow a merge and return after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Claim, Officer, RoleName, Tag, db
from hoax_tracker.review.decisions import labels, merge, split, undo
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


def names(claim: Claim) -> list[str]:
    """The labels of a claim."""
    db.session.expire_all()
    return [tag.name for tag in labels.tags_of_claim(claim)]


def test_put_on_and_taken_off(claim: Claim, officer: Officer, now: datetime) -> None:
    added = labels.add_labels(claim.id, " #Bansos,  Minta  UANG , bansos,,", officer=officer, now=now)
    assert added == ["bansos", "minta uang"]
    assert labels.add_labels(claim.id, "BANSOS", officer=officer, now=now) == []
    assert names(claim) == ["bansos", "minta uang"]
    assert labels.remove_label(claim.id, "bansos", officer=officer, now=now)
    assert not labels.remove_label(claim.id, "bansos", officer=officer, now=now), (
        "somebody was first: nothing is left to do"
    )
    assert db.session.scalars(sa.select(Tag.name)).all() == ["minta uang"], "no label that no claim has is offered"
    assert (names(claim), claim.version) == (["minta uang"], 1)


@pytest.mark.parametrize("typed", ["", " , #", "x" * 41, ",".join(map(str, range(13)))])
def test_what_is_no_label_is_shown_back(claim: Claim, officer: Officer, sign_in: SignIn, typed: str) -> None:
    path = f"/petugas/klaim/{claim.id}"
    sent = factories.submit_form(sign_in(officer), f"{path}/label", path, label=typed)
    assert sent.status_code == 422
    assert f'value="{typed}" aria-invalid="true"' in sent.get_data(as_text=True)
    assert names(claim) == []


def test_who_does_not_decide_puts_on_nothing(claim: Claim, approver: Officer, now: datetime) -> None:
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    factories.make_officer("luar@kupang.example", RoleName.OFFICER)
    nurse = factories.make_officer("bidan@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    for person in (approver, nurse):
        with pytest.raises(NotAllowedError):
            labels.add_labels(claim.id, "fitnah", officer=person, now=now)


def test_lists_and_search_are_narrowed_by_a_label(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    factories.make_claim("Pasar tutup")
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    factories.submit_form(browser, f"{path}/label", path, label="<b>Bansos</b>")
    page = browser.get("/petugas/?label=%3Cb%3EBANSOS%3C/b%3E").get_data(as_text=True)
    assert "1 klaim cocok" in page
    assert "Pasar tutup" not in page
    assert "&lt;b&gt;bansos&lt;/b&gt;" in page
    assert "<b>bansos" not in page
    assert "Pasar tutup" not in browser.get("/petugas/cari/?label=%3Cb%3Ebansos%3C/b%3E").get_data(as_text=True)
    assert "Tidak ada klaim yang cocok" in browser.get("/petugas/?label=lain").get_data(as_text=True)
    assert factories.submit_form(browser, f"{path}/label/lepas", path, label="<b>bansos</b>").status_code == 303
    assert "«&lt;b&gt;bansos&lt;/b&gt;» dilepas" in browser.get("/petugas/").get_data(as_text=True)
    assert "bansos" not in browser.get("/petugas/").get_data(as_text=True)


def test_a_merge_brings_the_labels_and_undoing_takes_back_what_it_brought(
    claim: Claim, officer: Officer, now: datetime
) -> None:
    into = factories.make_claim("Air PDAM mati")
    labels.add_labels(claim.id, "air, lama", officer=officer, now=now)
    labels.add_labels(into.id, "air, baru", officer=officer, now=now)
    done = merge.merge_claims(claim.id, 1, into.id, officer=officer, now=now)
    assert (names(claim), names(into)) == (["air", "lama"], ["air", "baru", "lama"])
    undo.undo_decision(done.decision_id, officer=officer, now=now)
    assert (names(claim), names(into)) == (["air", "lama"], ["air", "baru"])
    merge.merge_claims(claim.id, claim.version, into.id, officer=officer, now=now)
    later = now + timedelta(days=9)
    taken = split.unmerge_claim(claim.id, claim.version, officer=officer, now=later)
    assert (names(claim), names(into)) == (["air", "lama"], ["air", "baru"])
    undo.undo_decision(taken.decision_id, officer=officer, now=later)
    assert names(into) == ["air", "baru", "lama"]


def test_too_many_together_are_refused(claim: Claim, officer: Officer, now: datetime) -> None:
    labels.add_labels(
        claim.id, ",".join(f"label {number}" for number in range(labels.LABELS_PER_CLAIM)), officer=officer, now=now
    )
    with pytest.raises(InvalidInputError):
        labels.add_labels(claim.id, "satu lagi", officer=officer, now=now)
    assert len(names(claim)) == labels.LABELS_PER_CLAIM
