"""A report sent twice is stored once, with one ticket that only its sender sees."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image

from hoax_tracker.check.reports.submission import (
    derive_ticket,
    new_form_key,
    read_form_key,
    read_ticket,
    store_screenshot,
    submit_report,
)
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import OutgoingMail, Report, ReportPicture, db
from tests.check.conftest import MARKET, UNRELATED, AppWith, kept
from tests.check.views.test_reports import fields_of, press, ticket_of
from tests.factories import count_rows
from tests.mail_server import turn_mail_on
from tests.shared_app import change_settings
from tests.test_concurrency import together


def third_step(client: FlaskClient, text: str = MARKET) -> dict[str, str]:
    """What the last step of the form would send."""
    second = press(client, client.get("/lapor"), "2", teks=text)
    return fields_of(press(client, second, "3").get_data(as_text=True)) | {"ke": "kirim"}


def reports() -> int:
    return kept(lambda: count_rows(Report))


def test_the_same_form_sent_again_leads_to_the_same_ticket(client: FlaskClient) -> None:
    form = third_step(client)
    first, second = (ticket_of(client.post("/lapor", data=form)) for _ in range(2))
    assert first == second
    assert reports() == 1
    assert client.get(f"/lapor/{second}").status_code == 200


@pytest.mark.usefixtures("one_moment")
def test_what_is_sent_again_counts_for_no_limit(client_with: AppWith) -> None:
    client = client_with(reports_per_hour=1)
    form = third_step(client)
    assert {ticket_of(client.post("/lapor", data=form)) for _ in range(3)} == {
        ticket_of(client.post("/lapor", data=form))
    }
    assert client.post("/lapor", data=third_step(client, UNRELATED)).status_code == 429


def test_a_step_that_was_shown_again_keeps_its_key(client: FlaskClient) -> None:
    second = press(client, client.get("/lapor"), "2", teks=MARKET)
    shown = [press(client, second, "3") for _ in range(2)]  # the way back asks the browser to send step 2 again
    assert ticket_of(press(client, shown[0], "kirim")) == ticket_of(press(client, shown[1], "kirim"))
    assert reports() == 1


def test_another_person_with_the_same_words_gets_a_ticket_of_their_own(client: FlaskClient) -> None:
    forms = [third_step(client), third_step(client)]
    assert forms[0]["kunci"] != forms[1]["kunci"]
    assert len({ticket_of(client.post("/lapor", data=form)) for form in forms}) == 2


def test_what_was_put_right_before_it_was_sent_again_is_kept(client: FlaskClient) -> None:
    form = third_step(client)
    wrong = ticket_of(client.post("/lapor", data=form | {"kontak": "mria@surel.example", "setuju": "ya"}))
    right = ticket_of(client.post("/lapor", data=form | {"kontak": "maria@surel.example", "setuju": "ya"}))
    assert wrong != right
    assert reports() == 2


@pytest.mark.parametrize("key", ["", "1", "x" * 21, "x" * 23, "x" * 21 + "\n", "é" * 22])
def test_a_key_that_is_none_of_ours_is_no_key(client: FlaskClient, key: str) -> None:
    form = third_step(client) | {"kunci": key}
    assert len({ticket_of(client.post("/lapor", data=form)) for _ in range(2)}) == 2


def test_a_ticket_follows_from_key_content_and_secret_alone() -> None:
    key = new_form_key()
    ticket = derive_ticket(key, ("a", "b"), "s" * 32)
    assert read_form_key(key) == key
    assert read_ticket(ticket) == ticket
    others = {
        derive_ticket(new_form_key(), ("a", "b"), "s" * 32),
        derive_ticket(key, ("ab", ""), "s" * 32),
        derive_ticket(key, ("a", "b", ""), "s" * 32),
        derive_ticket(key, ("a", "b"), "t" * 32),
    }
    assert ticket not in others
    assert len(others) == 4


def test_nothing_that_is_stored_gives_the_key_away(client: FlaskClient) -> None:
    form = third_step(client)
    ticket_of(client.post("/lapor", data=form))
    tables = kept(lambda: [db.session.execute(sa.select(table)).all() for table in db.metadata.sorted_tables])
    assert form["kunci"] not in str(tables)


def test_two_workers_that_get_it_at_once_store_it_once(app: APIFlask, now: datetime) -> None:
    settings = turn_mail_on(app)
    key, counted = new_form_key(), []

    def act() -> str:
        with app.test_request_context():
            return submit_report(
                MARKET, None, None, "maria@surel.example", True, now, settings,
                key=key, admit=lambda: counted.append(1),
            )  # fmt: skip

    tickets = together(app, [act] * 6)
    assert len(set(tickets)) == 1
    assert isinstance(tickets[0], str)
    assert reports() == 1
    assert kept(lambda: len(db.session.scalars(sa.select(OutgoingMail.id)).all())) == 1


def test_a_report_that_is_not_let_in_leaves_nothing(app: APIFlask, settings: Settings, now: datetime) -> None:
    def admit() -> None:
        raise RateLimitedError("enough", retry_after_s=1)

    key = new_form_key()
    with app.test_request_context():
        with pytest.raises(RateLimitedError):
            submit_report(MARKET, None, None, None, False, now, settings, key=key, admit=admit)
        assert reports() == 0
        assert submit_report(MARKET, None, None, None, False, now, settings, key=key)


def test_a_screenshot_that_is_added_afterwards_is_not_lost(app: APIFlask, settings: Settings, now: datetime) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "PNG")
    key, tokens = new_form_key(), ["", *(store_screenshot(out.getvalue(), now, settings) for _ in range(2))]
    with app.test_request_context():
        tickets = {
            submit_report(MARKET, None, None, None, False, now, settings, key=key, picture=token) for token in tokens
        }
    assert len(tickets) == 1
    given = kept(lambda: db.session.scalars(sa.select(ReportPicture.report_id).order_by(ReportPicture.id)).all())
    assert [one is not None for one in given] == [True, False]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.usefixtures("one_moment")
def test_in_a_browser_a_press_too_many_is_one_report(app: APIFlask, address: str, chromium: Any, scripts: bool) -> None:
    change_settings(app, reports_per_hour=1)
    # What a service worker asks for is not seen by route.
    page = chromium.new_context(java_script_enabled=scripts, service_workers="block").new_page()
    page.goto(f"{address}/lapor")
    page.fill("#teks", MARKET)
    for step in ("2", "3"):
        with page.expect_navigation():  # until the page's scripts have run
            page.click(f"button[value='{step}']")
    lost = []

    def lose(route: Any) -> None:
        """Let the form arrive and its answer get lost on the way, once: the browser stays where it was."""
        if "ke=kirim" not in (route.request.post_data or "") or lost:
            return route.continue_()
        lost.append(route.fetch(max_redirects=0).status)
        return route.abort("aborted")

    page.route("**/lapor", lose)
    with page.expect_event("requestfailed"):
        page.click("button[value='kirim']", no_wait_after=True)
    button = page.locator("button[value='kirim']")
    if scripts:
        assert (button.text_content(), button.get_attribute("aria-disabled")) == ("Mengirim…", "true")
        button.click(no_wait_after=True, force=True)
        assert page.url.endswith("/lapor")
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        assert (button.text_content(), button.get_attribute("aria-disabled")) == ("Kirim aduan", None)
    assert lost == [303]
    button.click()
    page.wait_for_selector(".ticket")
    assert reports() == 1
