"""Fixtures of the public pages: a published page, an instance with other settings, reports and letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from typing import Any, TypeVar

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from classifiers.matcher.details import Difference
from classifiers.matcher.match import MatchResult
from classifiers.matcher.stance import Stance
from hoax_tracker.app import create_app
from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.tally import drop_tallies
from hoax_tracker.match_index import MatchIndex
from hoax_tracker.models import ClaimStatus, Clarification, Officer, db
from hoax_tracker.notifications import mail
from tests import factories
from tests.mail_server import Postman, run_mail_server, turn_mail_on

MESSAGE = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
RETOLD = (
    "Katanya mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus, "
    "siap-siap tampung"
)
"""MESSAGE with words around it: like it, and none that officers judged."""
REORDERED = (
    "Katanya air PDAM se-Kota Kupang mati total tujuh hari mulai Senin besok karena pipa induk pecah di Tarus, "
    "siap-siap tampung air dulu"
)
"""The claim of MESSAGE in another order, so that only likeness tells that it is the same."""
MARKET = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap, semua pedagang pindah ke lapangan Oesapa"
UNRELATED = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang, penumpang tidur di pelabuhan Bolok"

T = TypeVar("T")
Publish = Callable[..., int]
AppWith = Callable[..., FlaskClient]
Found = Callable[..., None]
Told = Callable[[datetime], list[EmailMessage]]


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of cached pages: a page that is rendered as a minute ends would be rendered again."""
    moment = utc_now()
    monkeypatch.setattr("hoax_tracker.check.cache.page_cache.utc_now", lambda: moment)


@pytest.fixture
def publish(officer: Officer, approver: Officer) -> Publish:
    """Return a function that publishes a clarification, of MESSAGE by default, and returns its id."""

    def go(**fields: Any) -> int:
        row = factories.make_clarification(officer, approver, **({"claim_quote": MESSAGE} | fields))
        return kept(lambda: row.id)

    return go


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    """Return a function that sets the details that differ in a message, and its stance."""
    published = MatchIndex.published

    def go(*differs: Difference, stance: Stance = "asserts") -> None:
        def changed(index: MatchIndex, text: Any) -> MatchResult:
            result = published(index, text)
            matches = tuple(replace(match, differs=differs) for match in result.matches)
            return replace(result, matches=matches, stance=stance)

        monkeypatch.setattr(MatchIndex, "published", changed)

    return go


@pytest.fixture
def mailing(app: APIFlask, postman: Postman) -> Iterator[Settings]:
    """The settings of an instance with a working mail server."""
    with run_mail_server(postman) as port:
        yield turn_mail_on(app, port)


@pytest.fixture
def told(mailing: Settings, postman: Postman) -> Told:
    """Return a function that notifies reporters and returns the letters that arrived."""

    def go(now: datetime) -> list[EmailMessage]:
        before = len(postman.letters)
        notify_reporters(mailing, now)
        mail.send_due_letters(mailing, now)
        return postman.letters[before:]

    return go


@pytest.fixture
def client_with(settings: Settings) -> Iterator[AppWith]:
    """Return a function that opens the same instance with some settings changed."""
    with ExitStack() as stack:

        def go(**changes: Any) -> FlaskClient:
            app = create_app(replace(settings, **changes))
            stack.callback(close, app)
            return app.test_client()

        yield go


def show_main(client: FlaskClient, text: str) -> str:
    """Return the page that answers a message, without what frames every page."""
    page = client.post("/cek", data={"teks": text}).get_data(as_text=True)
    return page[page.index("<main") : page.index("</main>")]


def judged(key: int, text: str = MESSAGE) -> None:
    """Link a claim with these words to a page, as officers do."""
    claim = factories.make_claim(text, status=ClaimStatus.CLARIFIED)
    page = db.session.get_one(Clarification, key)
    page.claims.append(claim)
    db.session.commit()
    factories.judge(page)


def close(app: APIFlask) -> None:
    """Discard an app's tallies and close its connections."""
    drop_tallies(app)
    with app.app_context():
        db.engine.dispose()


def kept(read: Callable[[], T]) -> T:
    """Read rows and end the transaction, so that the next request may write."""
    try:
        return read()
    finally:
        db.session.rollback()
