"""A clock that leaps ahead deletes nothing in bulk; the daily purge continues, and an administrator can override."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import PurgeRefusedError
from hoax_tracker.models import (
    CheckDecision,
    CheckQuery,
    ClaimStatus,
    Evidence,
    EvidenceCopy,
    EvidenceKind,
    Item,
    Officer,
    OutgoingMail,
    Report,
    ReportPicture,
    Source,
    db,
)
from hoax_tracker.privacy.retention import find_bulk_overdue, purge_expired_data
from hoax_tracker.worker import embedded, jobs
from tests import factories

DAY, MONTHS = timedelta(days=1), timedelta(days=100)
STORED = {
    "contacts": sa.select(sa.func.count(Report.contact_encrypted)),
    "items": sa.select(sa.func.count(Item.id)),
    "letters": sa.select(sa.func.count(OutgoingMail.id)),
    "pictures": sa.select(sa.func.count(ReportPicture.id)),
    "evidence": sa.select(sa.func.count(EvidenceCopy.sealed)),
    "queries": sa.select(sa.func.count(CheckQuery.id)),
}


def store(kind: str, moment: datetime) -> None:
    """Store one thing of a kind, as if it came at a moment."""
    key = f"{kind} {moment.isoformat()}"
    source = db.session.scalar(sa.select(Source)) or Source(name="s", created_at=moment)
    report = Report(ticket_digest=key, text="x", received_at=moment)
    db.session.add_all([source, report])
    db.session.flush()
    if kind == "contacts":
        report.contact_encrypted, report.consent_at = b"x", moment
    elif kind == "items":
        db.session.add(Item(source_id=source.id, entry_key=key, content_key=key, fetched_at=moment))
    elif kind == "letters":
        db.session.add(OutgoingMail(key=key, posted_at=moment, sent_at=moment))
    elif kind == "pictures":
        picture = ReportPicture(token_digest=key, sealed=b"x", width=1, height=1, added_at=moment, report_id=report.id)
        db.session.add(picture)
    elif kind == "evidence":
        claim, copy = factories.make_claim(key, status=ClaimStatus.DISMISSED), EvidenceCopy(sealed=b"x", kept_at=moment)
        link = {"kind": EvidenceKind.LINK, "title": key, "url": key}
        db.session.add(Evidence(claim_id=claim.id, added_at=moment, copy=copy, **link))
    else:
        db.session.add(CheckQuery(day=moment.date(), digest=key, text="x", decision=CheckDecision.NONE))
    db.session.commit()


def stored(kind: str) -> int:
    """How many things of a kind there are."""
    return int(db.session.scalar(STORED[kind]) or 0)


@pytest.mark.parametrize("kind", STORED)
@pytest.mark.parametrize("leap", [timedelta(days=20), MONTHS, timedelta(days=36_500)])
def test_a_clock_that_leaps_ahead_deletes_nothing(
    app: APIFlask, settings: Settings, now: datetime, kind: str, leap: timedelta
) -> None:
    for number in range(1, 90):
        store(kind, now - number * DAY)
    assert not any(purge_expired_data(settings, now).values())
    for moment in (now + leap, now + leap + DAY):
        with pytest.raises(PurgeRefusedError, match=rf"of 89 {kind} have been .* clock says {moment.year}-.*--overdue"):
            purge_expired_data(settings, moment)
    assert stored(kind) == 89
    assert purge_expired_data(settings, now + DAY)[kind] == 0, "the clock was set right: nobody has to do anything"
    assert purge_expired_data(settings, now + leap, overdue=True)[kind] >= 19
    assert not any(purge_expired_data(settings, now + leap).values()), "what was overdue is gone: the next days go on"


@pytest.mark.parametrize("kind", STORED)
def test_the_daily_purge_is_never_refused(app: APIFlask, settings: Settings, now: datetime, kind: str) -> None:
    """Most came in one week, and nothing for months: all of that is due in one week, and is no leap."""
    for hours in range(0, 7 * 24, 8):
        store(kind, now - timedelta(days=90) + timedelta(hours=hours))
    for day in range(12):
        purge_expired_data(settings, now + day * DAY)
    assert stored(kind) == 0


def test_a_machine_that_was_off_for_two_weeks_asks_nobody(app: APIFlask, settings: Settings, now: datetime) -> None:
    for number in range(90):
        store("items", now - number * DAY)
    assert purge_expired_data(settings, now + 15 * DAY)["items"] == 14


def test_a_clock_set_back_deletes_on(app: APIFlask, settings: Settings, now: datetime) -> None:
    store("contacts", now + MONTHS)
    for number in range(1, 100):
        store("contacts", now - number * DAY)
    assert purge_expired_data(settings, now)["contacts"] == 9


class Stop:
    """Lets a worker do as many rounds as there are moments, at these moments."""

    def __init__(self, patch: pytest.MonkeyPatch, moments: list[datetime]) -> None:
        self.left, self.learnt = list(moments), list[datetime]()
        patch.setattr(embedded, "utc_now", lambda: self.left.pop(0))
        patch.setattr(jobs, "watch_and_propose", self.learnt.append)

    def is_set(self) -> bool:
        return not self.left

    def wait(self, _seconds: float) -> None:
        """Do not wait."""


def test_the_worker_works_on_through_a_leap_and_back(
    app: APIFlask, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store("contacts", now - timedelta(days=89))
    moments = [now, now + MONTHS, now + MONTHS + timedelta(minutes=1), now + timedelta(minutes=2), now + 2 * DAY]
    rounds = Stop(monkeypatch, moments)
    daily = [job for job in jobs.JOBS if job.every == DAY]
    embedded.run_worker(settings, rounds, jobs=daily)  # type: ignore[arg-type]
    said = [one.message for one in caplog.records if one.name in (embedded.__name__, jobs.__name__)]
    assert said == ["old data was not deleted"]
    assert rounds.learnt == [moments[0], moments[1], moments[3], moments[4]]
    assert stored("contacts") == 0, "on the day when it was due, with the clock right again"


def test_an_administrator_sees_what_is_not_deleted(
    app: APIFlask, settings: Settings, now: datetime, administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    browser, page = sign_in(administrator), "/petugas/kelola/sistem"
    assert "--overdue" not in browser.get(page).text
    for _ in range(3):
        store("contacts", now - timedelta(days=98) - stored("contacts") * DAY)
    shown = browser.get(page).text
    assert "Kontak pelapor</b>: 3 dari 3" in shown
    assert "hoax-tracker purge --overdue" in shown
    assert [one.name for one in find_bulk_overdue(settings, now)] == ["contacts"]
