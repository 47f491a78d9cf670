"""Web Push to a service on loopback: a browser decrypts it, once a day; gone ones go; nobody else is written to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient

from hoax_tracker.check.subscriptions.service import send_due_pushes
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import ClarificationStatus, Officer, PushSubscription, Topic, db
from hoax_tracker.notifications.outbox_leases import TRY_LASTS
from hoax_tracker.notifications.push import targets as push_keys
from hoax_tracker.notifications.push.targets import encrypt_for_browser
from tests import databases
from tests.check.subscriptions.conftest import DAY, Publish, revise
from tests.conftest import HTTPS
from tests.factories import list_rows
from tests.feed_server import FeedServer, Reply, redirect_reply
from tests.forks import run_python
from tests.notifications.push.push_service import Browser, decode, encode, verify_sender


@pytest.fixture
def subscribe(client: FlaskClient, secure: Settings) -> Callable[..., int]:
    """Return a function that subscribes a browser and returns the status."""
    return lambda browser, choice="semua": client.post("/kabari/ponsel", data=browser.fields(choice)).status_code


def test_a_browser_shows_what_was_published_and_nobody_else_can_read_it(
    server: FeedServer, secure: Settings, subscribe: Callable[..., int], publish: Publish
) -> None:
    publish("Dari sebelum berlangganan")
    browser = Browser(server, "/push/1")
    assert subscribe(browser) == 204
    page = publish("Air tetap mengalir")
    assert send_due_pushes(secure, utc_now()) == 1
    assert send_due_pushes(secure, utc_now() + 9 * DAY) == 0
    assert browser.shown() == [
        {"title": "Air tetap mengalir", "body": "Baru", "url": f"{HTTPS}/klarifikasi/{page.slug}"}
    ]
    (request,) = browser.requests()
    assert b"mengalir" not in request.body
    assert len(request.body) <= 4096
    assert (request.headers["content-encoding"], request.headers["topic"]) == ("aes128gcm", "kabas")
    claims = verify_sender(request, push_keys.push_public_key(secure.contact_key))
    assert (claims["aud"], claims["sub"]) == (server.url("").rstrip("/"), HTTPS)
    assert 0 < claims["exp"] - utc_now().timestamp() <= 24 * 3600


def test_the_example_of_the_standard_is_encrypted_as_it_says() -> None:
    """RFC 8291, appendix A."""
    secret = int.from_bytes(decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    body = encrypt_for_browser(
        b"When I grow up, I want to be a watermelon",
        decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        decode("BTBZMqHH6r4Tts7J_aSIgg"),
        decode("DGv6ra1nlYgDCS1FRnbzlw"),
        ec.derive_private_key(secret, ec.SECP256R1()),
    )
    assert encode(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_one_message_a_day_and_nothing_of_a_draft(
    server: FeedServer,
    secure: Settings,
    subscribe: Callable[..., int],
    publish: Publish,
    officer: Officer,
    approver: Officer,
) -> None:
    browser, moment = Browser(server, "/push/1"), utc_now()
    old = publish("Puskesmas buka")
    subscribe(browser)
    publish("Air tetap mengalir")
    assert send_due_pushes(secure, moment) == 1
    publish("Pasar buka " + "x" * 280)
    revise(old, ClarificationStatus.RETRACTED, approver)
    page = publish("Pajak tidak naik")
    page.proposed, page.proposed_kind = {"title": "Usulan rahasia"}, ClarificationStatus.CORRECTED
    page.proposed_by_id = officer.id
    db.session.commit()
    assert send_due_pushes(secure, moment + timedelta(hours=23)) == 0
    assert send_due_pushes(secure, moment + DAY) == 1
    last = browser.shown()[-1]
    assert last["title"] == "3 klarifikasi baru atau berubah"
    assert last["url"] == f"{HTTPS}/klarifikasi/"
    assert "rahasia" not in str(browser.shown())


def test_a_topic_is_told_of_its_own_alone_and_the_choice_can_change(
    server: FeedServer, secure: Settings, subscribe: Callable[..., int], publish: Publish
) -> None:
    browser = Browser(server, "/push/1")
    subscribe(browser, "topik:tax")
    publish("Air tetap mengalir", topic=Topic.WATER)
    assert send_due_pushes(secure, utc_now()) == 0
    subscribe(browser, "topik:water")
    assert [row.topic for row in list_rows(PushSubscription)] == [Topic.WATER]
    publish("Pipa diperbaiki", topic=Topic.WATER)
    assert send_due_pushes(secure, utc_now()) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_deleted(
    server: FeedServer, secure: Settings, subscribe: Callable[..., int], publish: Publish, status: int
) -> None:
    subscribe(Browser(server, "/push/1", Reply(status=status)))
    publish("Air tetap mengalir")
    assert send_due_pushes(secure, utc_now()) == 0
    assert list_rows(PushSubscription) == []


def test_a_service_that_fails_is_tried_eight_times(
    server: FeedServer, secure: Settings, subscribe: Callable[..., int], publish: Publish
) -> None:
    browser, moment = Browser(server, "/push/1", Reply(status=500)), utc_now()
    subscribe(browser)
    publish("Air tetap mengalir")
    for _ in range(20):
        send_due_pushes(secure, moment)
        moment += DAY
    assert len(browser.requests()) == 8
    assert list_rows(PushSubscription) == []


def test_a_redirect_of_a_push_service_is_not_followed(
    server: FeedServer, secure: Settings, subscribe: Callable[..., int], publish: Publish
) -> None:
    server.answer("/elsewhere", Reply(status=201))
    subscribe(Browser(server, "/push/1", redirect_reply("/elsewhere", 307)))
    publish("Air tetap mengalir")
    assert send_due_pushes(secure, utc_now()) == 0
    assert server.count("/elsewhere") == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://situs.example/push",
        "https://fcm.googleapis.com.situs.example/push",
        "https://situsfcm.googleapis.com/push",
        "http://fcm.googleapis.com/push",
        "https://127.0.0.1/push",
        "https://x@fcm.googleapis.com/push",
        "https://fcm.googleapis.com:22/push",
        "https://fcm.googleapis.com/" + "x" * 1000,
        "https://fcm.googleapis.com/\r\nHost: situs.example",
        "",
    ],
)
def test_only_push_services_are_written_to(
    client: FlaskClient, server: FeedServer, secure: Settings, endpoint: str
) -> None:
    fields = Browser(server, "/push/1").fields() | {"endpoint": endpoint}
    assert client.post("/kabari/ponsel", data=fields).status_code == 422
    assert list_rows(PushSubscription) == []


@pytest.mark.parametrize(
    "wrong", [{"p256dh": "AAAA"}, {"p256dh": "B" * 87}, {"auth": "AAAA"}, {"auth": "é"}, {"tentang": "karangan"}]
)
def test_what_is_no_key_or_no_choice_is_refused(
    client: FlaskClient, server: FeedServer, secure: Settings, wrong: dict[str, str]
) -> None:
    assert client.post("/kabari/ponsel", data=Browser(server, "/push/1").fields() | wrong).status_code == 422
    assert list_rows(PushSubscription) == []


def test_known_push_services_are_taken(client: FlaskClient, server: FeedServer, secure: Settings) -> None:
    for number, host in enumerate(("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com")):
        fields = Browser(server, "/push/1").fields() | {"endpoint": f"https://{host}/{number}"}
        assert client.post("/kabari/ponsel", data=fields).status_code == 204
    assert len(list_rows(PushSubscription)) == 3


def test_a_form_of_another_site_and_a_sixth_within_the_hour_are_refused(
    client: FlaskClient, server: FeedServer, subscribe: Callable[..., int]
) -> None:
    fields = Browser(server, "/push/0").fields()
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/kabari/ponsel", data=fields, headers=cross).status_code == 403
    statuses = [subscribe(Browser(server, f"/push/{number}")) for number in range(6)]
    assert statuses == [204] * 5 + [429]


def test_a_browser_unsubscribes(
    client: FlaskClient, server: FeedServer, secure: Settings, subscribe: Callable[..., int]
) -> None:
    browser = Browser(server, "/push/1")
    subscribe(browser)
    other = client.post("/kabari/ponsel/hapus", data={"endpoint": "https://fcm.googleapis.com/lain"})
    assert (other.status_code, len(list_rows(PushSubscription))) == (204, 1)
    assert client.post("/kabari/ponsel/hapus", data={"endpoint": browser.endpoint}).status_code == 204
    assert list_rows(PushSubscription) == []


def test_neither_address_nor_key_of_a_browser_stands_in_the_database(
    server: FeedServer, subscribe: Callable[..., int]
) -> None:
    browser = Browser(server, "/push/1")
    subscribe(browser)
    db.session.rollback()
    stored = str(list(db.session.execute(sa.text("select * from push_subscription"))))
    assert not any(value in stored for name, value in browser.fields().items() if name != "tentang")


def test_without_https_or_in_the_demo_no_browser_is_asked(
    app: APIFlask, client: FlaskClient, server: FeedServer, settings: Settings, secure: Settings
) -> None:
    assert "push.js" in client.get("/kabari").text
    for changed in (settings, replace(secure, demo=True)):
        app.extensions["settings"] = changed
        assert client.get("/kabari").status_code == 404
        assert client.post("/kabari/ponsel", data=Browser(server, "/push/1").fields()).status_code == 404
        assert send_due_pushes(changed, utc_now()) == 0


def test_every_host_has_the_same_key_and_another_instance_another(secure: Settings) -> None:
    first = push_keys.push_public_key(secure.contact_key)
    push_keys.push_private_key.cache_clear()
    assert push_keys.push_public_key(secure.contact_key) == first
    assert push_keys.push_public_key("x" * 44) != first


SENDER = """
import sys
from dataclasses import replace
from datetime import datetime
from hoax_tracker.app import create_app
from hoax_tracker.check.subscriptions import service
from tests.failpoints import Failpoint, arm
app = create_app()
settings = app.extensions["settings"] = replace(app.extensions["settings"], base_url=sys.argv[4])
arm(Failpoint(sys.argv[1], sys.argv[2]))
with app.app_context():
    service.send_due_pushes(settings, datetime.fromisoformat(sys.argv[3]))
"""


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("step", "when", "copies"),
    [
        ("hoax_tracker.check.subscriptions.service:lease_next_push", "after", 1),
        ("hoax_tracker.notifications.push.delivery:post_push", "after", 2),
        ("hoax_tracker.notifications.push.delivery:record_push", "after", 1),
    ],
)
def test_a_killed_sender_loses_nothing(
    server: FeedServer,
    secure: Settings,
    subscribe: Callable[..., int],
    publish: Publish,
    step: str,
    when: str,
    copies: int,
) -> None:
    """Only who dies between the answer and its record sends it again, and the browser shows it in its place."""
    browser, moment = Browser(server, "/push/1"), utc_now()
    subscribe(browser)
    publish("Air tetap mengalir")
    db.session.remove()
    allowed = f"127.0.0.1:{server.port}"
    environ = databases.command_environment(secure.data_folder, HOAX_TRACKER_FETCH_ALLOW=allowed)
    killed = run_python("-c", SENDER, step, when, moment.isoformat(), HTTPS, environ=environ)
    assert killed.returncode == -9, killed.stderr
    assert send_due_pushes(secure, moment) == 0
    send_due_pushes(secure, moment + TRY_LASTS)
    assert send_due_pushes(secure, moment + 2 * TRY_LASTS) == 0
    assert len(browser.shown()) == copies


def test_a_clock_that_was_set_back_keeps_no_browser_waiting(
    server: FeedServer, secure: Settings, subscribe: Callable[..., int], publish: Publish
) -> None:
    subscribe(Browser(server, "/push/1"))
    publish("Air tetap mengalir")
    ahead: datetime = utc_now() + 400 * DAY
    assert send_due_pushes(secure, ahead) == 1
    publish("Pasar buka")
    assert send_due_pushes(secure, utc_now()) == 1
