"""A day after a person's last message their news waits behind an approved template, whose button delivers it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Chat, ChatAnswer, ChatReply, Claim, ClarificationStatus, Officer, db
from hoax_tracker.notifications.chats import list_untold_reports
from hoax_tracker.tipline.corrections import tell_changed_pages
from hoax_tracker.tipline.messages import Reply, SendRefused, TemporarySendError, WindowClosed
from tests.check.conftest import MARKET, MESSAGE
from tests.tipline.conftest import MARIA, Phone
from tests.tipline.test_corrections import change
from tests.tipline.test_tickets import examine, report

Page = Callable[..., int]
DAY = timedelta(days=1)
UNTOLD = "Kabar terakhir belum sampai"


@pytest.fixture
def away(phone: Phone, settings: Settings) -> Phone:
    """A phone whose person reported something, went away for two days, and has news of it."""
    report(phone)
    phone.clock[0] += 2 * DAY
    examine(phone)
    phone.channel.window = DAY
    notify_reporters(settings, phone.clock[0])
    return phone


def answer_with(page_id: int, at: datetime) -> None:
    """Let the only conversation have been answered with a page."""
    chat_id = db.session.scalars(sa.select(Chat.id)).one()
    db.session.add(ChatAnswer(chat_id=chat_id, clarification_id=page_id, answered_at=at))
    db.session.commit()


def press_template(phone: Phone) -> list[Reply]:
    """Press the button of the template and return what arrives."""
    phone.send("Baca kabarnya", kind="choice", choice="news")
    return phone.wait()


def test_the_button_of_the_template_delivers_the_news(away: Phone) -> None:
    away.channel.has_template = True
    assert away.wait() == []
    assert away.channel.templates == [MARIA]
    (word,) = press_template(away)
    assert word.text.startswith("Aduan Anda sedang diperiksa.")
    (nothing,) = press_template(away)
    assert nothing.text.startswith("Tidak ada kabar lain yang menunggu.")


def test_the_channels_own_word_leads_to_the_template_as_well(away: Phone) -> None:
    away.channel.window, away.channel.has_template = None, True
    away.channel.faults.append(WindowClosed("131047"))
    assert away.wait() == []
    assert away.channel.templates == [MARIA]
    assert len(press_template(away)) == 1


def test_several_pieces_of_news_are_asked_about_once_a_day_and_delivered_together(
    away: Phone, page: Page, officer: Officer
) -> None:
    away.channel.has_template = True
    page_id = page(title="Air PDAM tidak mati tujuh hari", slug="air")
    away.wait()
    press_template(away)
    away.ask(MESSAGE, forwarded=True)
    away.channel.templates.clear()
    away.clock[0] += 2 * DAY
    change(page_id, ClarificationStatus.CORRECTED, officer, away.clock[0])
    tell_changed_pages(away.clock[0])
    away.wait()
    away.clock[0] += timedelta(hours=2)
    other = page(title="Pasar Oeba tetap buka", slug="pasar", claim_quote=MARKET)
    answer_with(other, away.clock[0] - 2 * DAY)
    change(other, ClarificationStatus.RETRACTED, officer, away.clock[0])
    tell_changed_pages(away.clock[0])
    away.wait()
    assert away.channel.templates == [MARIA]
    assert len(press_template(away)) == 2


def test_without_a_template_the_news_waits_and_officers_see_it(
    away: Phone, officer: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    assert away.wait() == []
    claim = db.session.scalars(sa.select(Claim.id)).one()
    browser = sign_in(officer)
    assert UNTOLD in browser.get(f"/petugas/klaim/{claim}").text
    away.send("tiket")
    assert len(away.wait()) == 2
    assert UNTOLD not in browser.get(f"/petugas/klaim/{claim}").text


def test_officers_are_not_told_so_of_news_that_a_template_offers(away: Phone) -> None:
    away.channel.has_template = True
    away.wait()
    row = db.session.scalars(sa.select(ChatReply).where(ChatReply.report_id.is_not(None))).one()
    assert list_untold_reports([row.report_id or 0]) == set()


def test_a_busy_channel_is_asked_again_and_a_refused_template_waits(
    away: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[Exception] = [TemporarySendError("429", retry_after=40), SendRefused("132001")]

    def fail(_recipient: str) -> bool:
        raise faults.pop(0)

    monkeypatch.setattr(away.channel, "send_template", fail)
    assert away.wait() == []
    assert len(faults) == 1
    away.wait(timedelta(seconds=50))
    assert faults == []
    away.send("tiket")
    assert len(away.wait()) == 2


def test_within_the_day_nothing_is_asked_by_template(phone: Phone) -> None:
    phone.channel.window, phone.channel.has_template = DAY, True
    assert phone.ask("halo").text
    assert phone.channel.templates == []
