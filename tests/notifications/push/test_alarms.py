"""What officers on duty are told in their browsers: that something rises, no more, and only while it is theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.accounts import officers
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.insight.early_warning.alarms import TOLD_WITHIN, send_due_alarm_pushes, watch_for_waves
from hoax_tracker.models import Alarm, AlarmAnswer, AlarmBrowser, AuditEvent, NoticeKind, Officer, RoleName, Topic, db
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.outbox_leases import TRY_LASTS
from tests import factories
from tests.conftest import HTTPS
from tests.factories import list_rows
from tests.feed_server import FeedServer, Reply
from tests.insight.waves import NIGHT, OPEN_HOUR, make_wave
from tests.notifications.push.push_service import Browser

SignIn = Callable[[Officer], FlaskClient]
ACCOUNT = "/petugas/akun"
SHOWN = {
    "title": "Ada yang naik",
    "body": "Buka meja petugas untuk melihatnya.",
    "url": f"{HTTPS}/petugas/untuk-anda",
    "tag": "meja",
}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def desk(secure: Settings, officer: Officer, sign_in: SignIn) -> FlaskClient:
    """The officer's browser, signed in."""
    return sign_in(officer)


def add(desk: FlaskClient, browser: Browser) -> TestResponse:
    """Do what the button on the account page does."""
    token = re.search(r'data-token="([^"]+)"', desk.get(ACCOUNT).text)
    return desk.post(f"{ACCOUNT}/browser", data=browser.fields() | {"csrf_token": token[1] if token else ""})


def tell(person: Officer, now: datetime = OPEN_HOUR, topic: Topic = Topic.MARKET) -> Alarm:
    """Notify an officer that something rises."""
    alarm = factories.make_alarm(factories.make_claim(f"Klaim {now}", topic=topic))
    with write_transaction():
        notices.notify_officers([person], NoticeKind.RISING, now, claim_id=alarm.claim_id, alarm_id=alarm.id)
    return alarm


def test_a_wave_is_told_at_once_and_the_phone_says_nothing_of_it(
    server: FeedServer, secure: Settings, desk: FlaskClient
) -> None:
    browser = Browser(server, "/push/1")
    assert add(desk, browser).status_code == 204
    claim = factories.make_claim("RAHASIA di Oesapa")
    make_wave(claim, OPEN_HOUR)
    assert watch_for_waves(OPEN_HOUR) == 1
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 1
    assert browser.shown() == [SHOWN]
    headers = browser.requests()[0].headers
    assert (headers["topic"], headers["urgency"], headers["ttl"]) == ("meja", "high", "7200")
    assert send_due_alarm_pushes(secure, OPEN_HOUR + HOUR) == 0, "once"


def test_at_night_only_what_cannot_wait_is_told(server: FeedServer, secure: Settings, desk: FlaskClient) -> None:
    browser = Browser(server, "/push/1")
    add(desk, browser)
    make_wave(factories.make_claim("Pasar", topic=Topic.MARKET), NIGHT)
    watch_for_waves(NIGHT)
    assert send_due_alarm_pushes(secure, NIGHT) == 0
    urgent = factories.make_claim("Gempa", topic=Topic.DISASTER)
    later = NIGHT + 6 * MINUTE
    make_wave(urgent, later)
    watch_for_waves(later)
    assert send_due_alarm_pushes(secure, later) == 1


def test_what_was_seen_or_is_old_wakes_nobody(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer
) -> None:
    tell(officer)
    add(desk, Browser(server, "/push/1"))
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0, "it was there before the browser was"
    tell(officer, OPEN_HOUR - TOLD_WITHIN - MINUTE)
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0
    tell(officer)
    notices.mark_seen_up_to(officer, 10_000, OPEN_HOUR)
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0


def test_what_is_not_urgent_comes_once_an_hour(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer
) -> None:
    browser = Browser(server, "/push/1")
    add(desk, browser)
    tell(officer)
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 1
    tell(officer, OPEN_HOUR + 5 * MINUTE)
    assert send_due_alarm_pushes(secure, OPEN_HOUR + 30 * MINUTE) == 0
    assert send_due_alarm_pushes(secure, OPEN_HOUR + HOUR) == 1
    assert len(browser.shown()) == 2


def test_what_waited_past_closing_wakes_nobody_unless_it_is_urgent(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer
) -> None:
    add(desk, Browser(server, "/push/1", Reply(status=503), Reply(status=201)))
    tell(officer, NIGHT - HOUR)
    assert send_due_alarm_pushes(secure, NIGHT) == 0, "the offices have closed since"
    assert [row.attempts for row in list_rows(AlarmBrowser)] == [0]
    tell(officer, NIGHT - HOUR, Topic.HEALTH)
    assert send_due_alarm_pushes(secure, NIGHT) == 0
    assert [row.attempts for row in list_rows(AlarmBrowser)] == [1]
    assert send_due_alarm_pushes(secure, NIGHT + TRY_LASTS) == 1


@pytest.mark.parametrize("end", [{"calmed_at": OPEN_HOUR}, {"answer": AlarmAnswer.SILENCED, "answered_at": OPEN_HOUR}])
def test_an_alarm_that_ended_meanwhile_wakes_nobody(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer, end: dict[str, Any]
) -> None:
    add(desk, Browser(server, "/push/1"))
    alarm = tell(officer, OPEN_HOUR, Topic.DISASTER)
    for name, value in end.items():
        setattr(alarm, name, value)
    db.session.commit()
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0


def test_nobody_else_is_told_and_a_browser_belongs_to_who_added_it_last(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer, sign_in: SignIn
) -> None:
    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    shared = Browser(server, "/push/1")
    add(desk, shared)
    add(sign_in(other), shared)
    assert [row.officer_id for row in list_rows(AlarmBrowser)] == [other.id]
    tell(officer)
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0
    tell(other)
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 1


def test_a_browser_that_is_gone_is_dropped_and_one_that_fails_is_tried_again(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer
) -> None:
    add(desk, Browser(server, "/push/1", Reply(status=410)))
    waits = Browser(server, "/push/2", Reply(status=503), Reply(status=201))
    add(desk, waits)
    tell(officer)
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0
    assert [row.attempts for row in list_rows(AlarmBrowser)] == [1]
    assert send_due_alarm_pushes(secure, OPEN_HOUR + TRY_LASTS) == 1
    assert len(waits.requests()) == 2


@pytest.mark.parametrize("how", ["closed", "everywhere", "removed"])
def test_a_browser_goes_with_the_account_and_on_request(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer, administrator: Officer, how: str
) -> None:
    add(desk, Browser(server, "/push/1"))
    page = desk.get(ACCOUNT).text
    if how == "closed":
        with write_transaction():
            officers.disable_officer(officer, by=administrator, now=utc_now())
    elif how == "everywhere":
        factories.submit_form(desk, f"{ACCOUNT}/sesi/keluarkan-lain", ACCOUNT)
    else:
        path = re.search(r'action="(/petugas/akun/browser/\d+/cabut)"', page)
        assert path is not None
        factories.submit_form(desk, path[1], ACCOUNT)
        acts = [event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]
        assert acts[-2:] == ["alarm_browser_added", "alarm_browser_removed"]
    assert list_rows(AlarmBrowser) == []


def test_signing_out_leaves_it_and_a_closed_account_is_told_nothing(
    server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer
) -> None:
    add(desk, Browser(server, "/push/1"))
    factories.submit_form(desk, "/petugas/keluar", ACCOUNT)
    tell(officer)
    assert len(list_rows(AlarmBrowser)) == 1
    officer.active = False
    db.session.commit()
    assert send_due_alarm_pushes(secure, OPEN_HOUR) == 0


def test_another_officers_browser_cannot_be_removed(
    server: FeedServer, secure: Settings, desk: FlaskClient, sign_in: SignIn
) -> None:
    add(desk, Browser(server, "/push/1"))
    other = sign_in(factories.make_officer("kedua@kupang.example", RoleName.OFFICER))
    answer = factories.submit_form(other, f"{ACCOUNT}/browser/{list_rows(AlarmBrowser)[0].id}/cabut", ACCOUNT)
    assert answer.status_code == 404
    assert len(list_rows(AlarmBrowser)) == 1


def test_five_at_most_each_once_and_sealed(server: FeedServer, secure: Settings, desk: FlaskClient) -> None:
    browsers = [Browser(server, f"/push/{number}") for number in range(6)]
    assert [add(desk, browser).status_code for browser in browsers] == [204] * 5 + [422]
    assert add(desk, browsers[0]).status_code == 204
    assert len(list_rows(AlarmBrowser)) == 5
    stored = b"".join(row.sealed for row in list_rows(AlarmBrowser))
    assert browsers[0].endpoint.encode() not in stored


def test_only_officers_who_decide_and_push_services_are_taken(
    app: APIFlask, server: FeedServer, secure: Settings, settings: Settings, desk: FlaskClient, sign_in: SignIn
) -> None:
    fields = Browser(server, "/push/1").fields()
    token = factories.csrf_token_in(desk.get(ACCOUNT).text)
    wrong = fields | {"csrf_token": token, "endpoint": "https://situs.example/push"}
    assert desk.post(f"{ACCOUNT}/browser", data=wrong).status_code == 422
    assert desk.post(f"{ACCOUNT}/browser", data=fields).status_code == 400, "without the page's token"
    auditor = sign_in(factories.make_officer("auditor@kupang.example", RoleName.AUDITOR))
    page = auditor.get(ACCOUNT).text
    assert "Kabari di browser ini" not in page
    answer = auditor.post(f"{ACCOUNT}/browser", data=fields | {"csrf_token": factories.csrf_token_in(page)})
    assert answer.status_code == 403
    app.extensions["settings"] = settings
    assert desk.post(f"{ACCOUNT}/browser", data=fields | {"csrf_token": token}).status_code == 404
    assert list_rows(AlarmBrowser) == []


def test_a_new_password_drops_them(server: FeedServer, secure: Settings, desk: FlaskClient, officer: Officer) -> None:
    add(desk, Browser(server, "/push/1"))
    new = "kuda laut empat pagar"
    factories.submit_form(desk, f"{ACCOUNT}/sandi", ACCOUNT, old=factories.PASSWORD, password=new, again=new)
    assert list_rows(AlarmBrowser) == []
