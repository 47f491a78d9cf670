"""A repeated claim joins its claim, whichever process opened it and however old the index files are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from classifiers.matcher.document import Page
from classifiers.matcher.match import load_shipped_reader
from hoax_tracker import pipeline
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.flag import claim_grouping
from hoax_tracker.flag.claim_grouping import ClaimGrouper
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import JOIN_WITHIN, Claim, ClaimAppearance, db
from tests import factories
from tests.factories import NOW
from tests.sent_statements import record_statements

WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah, isi semua bak memang su"
RETOLD = "Pipa induk pecah, PDAM kas mati air se-Kota Kupang 7 hari mulai Senin besok"
OTHER = "Puskesmas Oesapa tidak terima pasien BPJS mulai Desember, semua harus bayar"


def found(grouper: ClaimGrouper, text: str) -> int | None:
    """The claim that a text tells."""
    same = grouper.find(text)
    return int(same.id) if same else None


def test_a_copy_and_a_retelling_join_the_claim_that_is_stored(app: APIFlask) -> None:
    factories.make_claim(OTHER)
    claim = factories.make_claim(WATER)
    grouper = ClaimGrouper().begin(NOW)
    assert found(grouper, WATER + " sebarkan") == claim.id
    assert found(grouper, RETOLD) == claim.id
    assert found(grouper, "Air PDAM se-Kota Kupang tidak mati total 7 hari, pipa induk tidak pecah") is None


def test_a_batch_is_looked_up_by_one_query(app: APIFlask) -> None:
    claims = [factories.make_claim(text) for text in (WATER, OTHER)]
    grouper = ClaimGrouper().begin(NOW)
    with record_statements() as asked:
        grouper.look_up([OTHER, RETOLD, "Jembatan Liliba dicat ulang"])
        grouped = [found(grouper, text) for text in (OTHER, RETOLD, "Jembatan Liliba dicat ulang")]
    assert grouped == [claims[1].id, claims[0].id, None]
    assert len(asked) == 1


def test_a_claim_opened_in_this_batch_is_joined_too(app: APIFlask) -> None:
    grouper = ClaimGrouper().begin(NOW)
    claim = factories.make_claim(WATER)
    assert found(grouper, WATER) is None
    grouper.add(claim.id, claim.title, claim.text)
    assert found(grouper, RETOLD) == claim.id


def test_the_next_batch_knows_what_another_process_opened(app: APIFlask) -> None:
    grouper = ClaimGrouper().begin(NOW)
    claim = factories.make_claim(WATER)
    assert found(grouper.begin(NOW), WATER) == claim.id


def test_claims_that_the_index_has_read_are_not_read_again(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [factories.make_claim(text) for text in (OTHER, WATER)]
    current_match_index().keep(after=0)
    bridge, roof = "Mulai Senin jembatan Liliba tutup 7 hari, tiang retak", "Pasar Oeba roboh, 9 pedagang luka di atap"
    late = factories.make_claim(bridge)
    grouper, reader, read = ClaimGrouper().begin(NOW), load_shipped_reader(), list[str]()
    monkeypatch.setattr(claim_grouping, "read_page", lambda claim: read.append(claim.id) or Page.read(claim, reader))
    told = (WATER + " kasihan sekali", RETOLD, bridge + " kasihan sekali")
    assert [found(grouper, text) for text in told] == [claims[1].id, claims[1].id, late.id]
    assert read == []
    opened = factories.make_claim(roof)
    grouper.add(opened.id, opened.title, opened.text)
    assert found(grouper, roof + " kasihan sekali") == opened.id
    assert read == [str(opened.id)]


def test_claims_of_long_ago_are_not_joined(app: APIFlask) -> None:
    claim = factories.make_claim(WATER)
    late = claim.last_seen_at + JOIN_WITHIN
    assert found(ClaimGrouper().begin(late), WATER) == claim.id
    assert found(ClaimGrouper().begin(late + timedelta(seconds=1)), WATER) is None


def test_from_files_as_from_memory(app: APIFlask) -> None:
    claim = factories.make_claim(WATER)
    assert "known" in current_match_index().keep(after=0)
    assert found(ClaimGrouper().begin(NOW), RETOLD) == claim.id
    db.session.delete(db.session.get(Claim, claim.id))
    db.session.commit()
    assert found(ClaimGrouper().begin(NOW), RETOLD) is None


def test_a_claim_that_was_rolled_back_is_no_ghost(app: APIFlask) -> None:
    grouper = ClaimGrouper().begin(NOW)
    claim = factories.make_claim(OTHER)
    db.session.delete(claim)
    db.session.flush()
    db.session.rollback()
    assert found(grouper.begin(NOW), OTHER) == claim.id


def test_an_empty_instance_joins_nothing(app: APIFlask) -> None:
    assert ClaimGrouper().find(WATER) is None
    assert ClaimGrouper().begin(NOW).find(WATER) is None


@pytest.mark.usefixtures("shipped_model")
def test_who_joins_a_claim_loads_none_of_those_before(app: APIFlask, now: datetime) -> None:
    claim_id, settings = factories.make_claim(WATER).id, app.extensions["settings"]
    loaded: list[object] = []

    def note(row: object, _context: object) -> None:
        loaded.append(row)

    sa.event.listen(ClaimAppearance, "load", note)
    for told in (RETOLD, WATER, RETOLD):
        submit_report(told, None, "grup", None, False, now, settings)
        pipeline.assign_waiting_reports(now)
    sa.event.remove(ClaimAppearance, "load", note)
    query = sa.select(sa.func.count()).where(
        ClaimAppearance.claim_id == claim_id, ClaimAppearance.report_id.is_not(None)
    )
    assert db.session.scalar(query) == 3
    assert loaded == []
