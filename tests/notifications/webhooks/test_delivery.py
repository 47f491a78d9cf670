"""Messages reach a real server: signed, once, guarded; one that is away, slow, redirecting, gone, or too talkative."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from standardwebhooks.webhooks import WebhookVerificationError

from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import AuditEvent, Claim, Notice, NoticeKind, Officer, WebhookDelivery, WebhookEndpoint, db
from hoax_tracker.notifications import webhooks
from hoax_tracker.notifications.outbox_leases import TRY_LASTS
from hoax_tracker.notifications.webhooks import endpoints, events
from tests import factories
from tests.factories import list_rows, only_row
from tests.feed_server import FeedServer, Reply, redirect_reply
from tests.notifications.webhooks.conftest import HOOK, AddEndpoint, verify
from tests.services import free_port

MINUTE = timedelta(minutes=1)


def tell(claim: Claim, now: datetime) -> None:
    """Let a report come to the claim."""
    with write_transaction():
        webhooks.enqueue_report_event(claim, now)


@pytest.fixture
def claim(app: APIFlask) -> Claim:
    """A claim of the water company."""
    return factories.make_claim(unit_id=factories.load_unit("pdam").id, claimant="Akun Karangan")


def test_a_message_arrives_signed_and_once(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime
) -> None:
    secret = add_endpoint()
    tell(claim, now)
    assert webhooks.send_due_deliveries(settings, now) == 1
    assert webhooks.send_due_deliveries(settings, now + timedelta(days=9)) == 0
    (request,) = server.requests(HOOK)
    message = verify(request, secret)
    assert message == {
        "type": "report.received",
        "timestamp": "2026-11-24T08:05:00+00:00",
        "data": {"claim": claim.id, "unit": {"code": "pdam", "name": "Perumda Air Minum Kota Kupang"}},
    }
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == list_rows(WebhookDelivery)[0].message_id
    (row,) = list_rows(WebhookDelivery)
    assert (row.answer_status, row.answer_line, row.answered_at, row.sent_at) == (200, "ok", now, now)
    with pytest.raises(WebhookVerificationError):
        verify(request, endpoints.make_secret())


def test_a_message_vanishes_with_its_act(
    settings: Settings, add_endpoint: AddEndpoint, claim: Claim, now: datetime
) -> None:
    add_endpoint()
    with pytest.raises(ZeroDivisionError), write_transaction():
        webhooks.enqueue_report_event(claim, now)
        raise ZeroDivisionError
    assert list_rows(WebhookDelivery) == []


def test_old_and_new_secret_sign_together_for_a_day(
    settings: Settings,
    server: FeedServer,
    add_endpoint: AddEndpoint,
    claim: Claim,
    administrator: Officer,
    now: datetime,
) -> None:
    old = add_endpoint()
    new = endpoints.renew_secret(only_row(WebhookEndpoint).id, settings=settings, by=administrator, now=now)
    tell(claim, now)
    webhooks.send_due_deliveries(settings, now + timedelta(hours=23))
    tell(claim, now + timedelta(hours=23))
    webhooks.send_due_deliveries(settings, now + timedelta(hours=25))
    within, after = server.requests(HOOK)
    assert verify(within, old) == verify(within, new)
    assert verify(after, new)
    with pytest.raises(WebhookVerificationError):
        verify(after, old)


@pytest.mark.slow
def test_an_endpoint_that_is_away_is_tried_eight_times_and_turned_off(
    settings: Settings,
    server: FeedServer,
    add_endpoint: AddEndpoint,
    claim: Claim,
    administrator: Officer,
    now: datetime,
) -> None:
    add_endpoint(HOOK, ["report.received"], Reply(b"kita tutup\nrahasia baris dua", 503))
    tell(claim, now)
    moment, tries = now, []
    while only_row(WebhookEndpoint).is_active:
        moment += MINUTE
        if webhooks.send_due_deliveries(settings, moment) == 0 and server.count(HOOK) > len(tries):
            tries.append(moment)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == list(events.RETRY_PAUSES)
    (row,) = list_rows(WebhookDelivery)
    assert (row.attempts, row.answer_status, row.answer_line) == (8, 503, "kita tutup")
    assert row.failed_at == moment
    assert only_row(WebhookEndpoint).off_reason == "HTTP 503"
    (notice,) = db.session.scalars(sa.select(Notice).where(Notice.kind == NoticeKind.WEBHOOK_OFF))
    assert notice.officer_id == administrator.id
    assert "HTTP 503" in notice.text
    tell(claim, moment)
    assert len(list_rows(WebhookDelivery)) == 1, "who is off is told nothing"


@pytest.mark.parametrize("status", [500, 404, 301, 429])
def test_what_waits_for_an_endpoint_that_is_away_costs_one_try_and_goes_when_it_is_back(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime, status: int
) -> None:
    add_endpoint(HOOK, ["report.received"], Reply(status=status), Reply(b"ok"))
    add_endpoint("/other")
    for _ in range(5):
        tell(claim, now)
    assert webhooks.send_due_deliveries(settings, now) == 5, "the other endpoint is not held up"
    assert server.count(HOOK) == 1
    assert webhooks.send_due_deliveries(settings, now + MINUTE) == 5
    assert len({request.headers["webhook-id"] for request in server.requests(HOOK)}) == 5


def test_a_message_that_is_refused_alone_holds_no_other_up(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime
) -> None:
    add_endpoint(HOOK, ["report.received"], Reply(status=422), Reply(b"ok"))
    tell(claim, now)
    tell(claim, now)
    assert webhooks.send_due_deliveries(settings, now) == 1


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "/other"])
def test_a_redirect_is_not_followed(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime, location: str
) -> None:
    add_endpoint(HOOK, ["report.received"], redirect_reply(location, 301))
    server.answer("/other", Reply(b"ok"))
    tell(claim, now)
    assert webhooks.send_due_deliveries(settings, now) == 0
    assert [request.path for request in server.requests()] == [HOOK]
    assert list_rows(WebhookDelivery)[0].last_error == "HTTP 301"


def test_a_410_turns_it_off_at_once(settings: Settings, add_endpoint: AddEndpoint, claim: Claim, now: datetime) -> None:
    add_endpoint(HOOK, ["report.received"], Reply(status=410))
    tell(claim, now)
    webhooks.send_due_deliveries(settings, now)
    assert not only_row(WebhookEndpoint).is_active


def test_ten_megabytes_are_not_read_and_the_line_is_bounded(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime
) -> None:
    pieces = (b"x" * 65536 for _ in range(160))
    add_endpoint(HOOK, ["report.received"], Reply(pieces, chunked=True))
    tell(claim, now)
    assert webhooks.send_due_deliveries(settings, now) == 1
    assert list_rows(WebhookDelivery)[0].answer_line == "x" * 120


def test_an_endpoint_that_hangs_is_given_up_in_time(server: FeedServer) -> None:
    url = server.answer(HOOK, Reply(b"ok", delay_s=60))
    hanging = events.LeasedDelivery(1, 1, url, "msg_1", "{}", 1, (endpoints.make_secret(),))
    answer = events.post_delivery(hanging, Fetcher(server.allow, timeout_s=0.2))
    assert answer.status is None
    assert "lambat" in answer.fault


def test_a_body_that_never_ends_is_an_accepted_message(server: FeedServer) -> None:
    url = server.answer(HOOK, Reply(b"ok" * 900, pause_s=0.05))
    slow = events.LeasedDelivery(1, 1, url, "msg_1", "{}", 1, (endpoints.make_secret(),))
    assert events.post_delivery(slow, Fetcher(server.allow, timeout_s=0.3)).status == 200


def test_a_name_that_leads_inside_is_refused_when_it_is_sent(claim: Claim) -> None:
    inside = events.LeasedDelivery(1, 1, "https://intern.example/", "m", "{}", 1, (endpoints.make_secret(),))
    fetcher = Fetcher(resolver=lambda _host, _port: ["10.0.0.1"])
    assert events.post_delivery(inside, fetcher).fault == "Alamat itu tidak boleh diambil"


@pytest.mark.parametrize(
    "url",
    [
        "http://kantor.example/hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.7/hook",
        "https://[::1]/hook",
        "https://0x7f.1/",
        "https://user:pass@kantor.example/",
        "https://kantor.example:22/",
        "ftp://kantor.example/",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_may_not_be_asked_is_not_added(
    app: APIFlask, settings: Settings, administrator: Officer, now: datetime, url: str
) -> None:
    values = {"name": "Situs", "url": url, "events": ["claim.flagged"], "is_active": True}
    with pytest.raises(InvalidInputError) as refusal:
        endpoints.add_endpoint(values, settings=settings, by=administrator, now=now)
    assert refusal.value.field == "url"


def test_a_killed_sender_loses_nothing_and_nobody_sends_it_within_the_lease(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime
) -> None:
    add_endpoint()
    tell(claim, now)
    assert events.lease_next_delivery(settings.contact_key, now) is not None  # by a sender that was killed
    assert webhooks.send_due_deliveries(settings, now + MINUTE) == 0
    assert webhooks.send_due_deliveries(settings, now + TRY_LASTS) == 1
    assert server.count(HOOK) == 1


def test_an_endpoint_sealed_with_another_key_is_turned_off(
    settings: Settings, server: FeedServer, add_endpoint: AddEndpoint, claim: Claim, now: datetime
) -> None:
    add_endpoint()
    tell(claim, now)
    with write_transaction():
        only_row(WebhookEndpoint).sealed_secret = b"sealed with another key"
    assert webhooks.send_due_deliveries(settings, now) == 0
    assert not only_row(WebhookEndpoint).is_active
    assert server.count() == 0


def test_nobody_at_the_address_is_said_without_it(
    settings: Settings, claim: Claim, administrator: Officer, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="hoax_tracker")
    port = free_port()
    url = f"http://127.0.0.1:{port}/token-rahasia"
    away = events.LeasedDelivery(1, 1, url, "msg_1", "{}", 1, (endpoints.make_secret(),))
    answer = events.post_delivery(away, Fetcher({("127.0.0.1", port)}))
    assert answer.fault
    assert "token-rahasia" not in answer.fault + caplog.text


def test_sending_again_keeps_the_id_and_works_after_it_was_turned_on(
    settings: Settings,
    server: FeedServer,
    add_endpoint: AddEndpoint,
    claim: Claim,
    administrator: Officer,
    now: datetime,
) -> None:
    add_endpoint(HOOK, ["report.received"], Reply(status=410), Reply(b"ok"))
    tell(claim, now)
    tell(claim, now)
    webhooks.send_due_deliveries(settings, now)
    first = list_rows(WebhookDelivery)[0].id
    with pytest.raises(InvalidInputError):
        endpoints.resend_delivery(first, by=administrator, now=now)
    row = only_row(WebhookEndpoint)
    values = endpoints.endpoint_values(row)
    turned_on = {**values, "is_active": True}
    endpoints.change_endpoint(row.id, turned_on, values_digest(values), settings=settings, by=administrator, now=now)
    assert webhooks.send_due_deliveries(settings, now) == 1, "what waited goes by itself"
    endpoints.resend_delivery(first, by=administrator, now=now)
    assert webhooks.send_due_deliveries(settings, now) == 1
    ids = [request.headers["webhook-id"] for request in server.requests(HOOK)]
    assert ids[0] == ids[2] != ids[1]


def test_no_secret_stands_in_the_database_or_the_audit_log(
    settings: Settings, add_endpoint: AddEndpoint, administrator: Officer, now: datetime
) -> None:
    secret = add_endpoint()
    endpoint_id = only_row(WebhookEndpoint).id
    newer = endpoints.renew_secret(endpoint_id, settings=settings, by=administrator, now=now)
    stored = list(db.session.execute(sa.text("select * from webhook_endpoint")))
    endpoints.remove_endpoint(endpoint_id, by=administrator, now=now)
    events = list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.subject == f"webhook:{endpoint_id}")))
    assert [event.action for event in events] == ["webhook_added", "webhook_secret_renewed", "webhook_removed"]
    details = str([event.detail for event in events])
    assert all(part not in str(stored) + details for part in (secret[6:], newer[6:]))
    assert "http" not in details, "an address may hold a password of the other service"
