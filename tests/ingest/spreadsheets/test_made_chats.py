"""Of thousands of made chats no name, number or address is left, in whatever is kept; every claim is."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.ingest.service import IngestOutcome, read_feed_file
from hoax_tracker.ingest.spreadsheets.posts import guess_columns, read_posts_from_table
from hoax_tracker.ingest.spreadsheets.reader import read_table
from hoax_tracker.models import Base, Item, Officer, db
from tests.browser import submit_changes
from tests.factories import NOW, count_rows
from tests.ingest.parsers.posts.reading import read
from tests.ingest.spreadsheets.made_chats import MadeChat, make_telegram_group, make_whatsapp_chat
from tests.ingest.views.test_spreadsheets import upload

pytestmark = pytest.mark.usefixtures("app")
SignIn = Callable[[Officer], FlaskClient]
FEW, MANY = range(250), range(250, 5_250)


_BETWEEN_DIGITS = re.compile("(?<=\\d)[\\s.\u00a0\u2010-\u2015-](?=\\d)")


def leaks(chat: MadeChat, kept: str) -> list[str]:
    """What of a chat's people is in a text, however the digits of a number are written."""
    folded = kept.casefold()
    folded += _BETWEEN_DIGITS.sub("", folded)
    return sorted(mark for mark in chat.marked if mark.casefold() in folded)


def check_whatsapp(seed: int) -> list[str]:
    """What a made chat leaks or loses."""
    chat = make_whatsapp_chat(seed)
    table = read_table(chat.text.encode())
    feed = read_posts_from_table(table, guess_columns(table), NOW)
    kept = "\n".join(entry.text for entry in feed.entries)
    lost = [claim for claim in chat.claims if kept.count(claim) < chat.text.count(claim)]
    return [f"{seed} keeps {mark}" for mark in leaks(chat, f"{table}{feed}")] + [f"{seed} loses {x}" for x in lost]


def check_telegram(seed: int) -> list[str]:
    """What a made private group leaks or loses."""
    chat = make_telegram_group(seed)
    feed = read(chat.text)
    kept = "\n".join(entry.text for entry in feed.entries)
    shown = [f"{seed} keeps {mark}" for mark in leaks(chat, repr(feed))]
    lost = [] if "kabar.example" in kept or not feed.entries else [f"{seed} loses the link"]
    return shown + lost


@pytest.mark.parametrize("check", [check_whatsapp, check_telegram])
def test_nobody_of_a_chat_is_kept_and_no_claim_lost(check: Callable[[int], list[str]]) -> None:
    assert [fault for seed in FEW for fault in check(seed)] == []


@pytest.mark.long
@pytest.mark.parametrize("check", [check_whatsapp, check_telegram])
def test_nobody_of_five_thousand_chats_is_kept(check: Callable[[int], list[str]]) -> None:
    assert [fault for seed in MANY for fault in check(seed)] == []


def everything_stored(folder: Path) -> str:
    """All columns, and all files of an instance: database, journal, indexes."""
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    rows = [db.session.scalars(sa.select(column).where(column.is_not(None))).all() for column in columns]
    files = [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]
    return repr(rows) + "\n".join(files)


@pytest.mark.slow
def test_of_chats_that_were_imported_nobody_is_in_a_column_file_log_or_index(
    administrator: Officer, sign_in: SignIn, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with write_transaction():
        flag_models.register_shipped_model(NOW)
    browser = sign_in(administrator)
    chats = [make_whatsapp_chat(seed) for seed in range(5)]
    for chat in chats:
        name = f"WhatsApp Chat with {min(chat.marked)}.txt"
        page = upload(browser, chat.text.encode(), name).location
        assert page is not None
        assert leaks(chat, browser.get(page).get_data(as_text=True) + everything_stored(settings.data_folder)) == []
        stored = submit_changes(browser, page, name="Grup warga")
        assert stored.status_code == 302
    groups = [make_telegram_group(seed) for seed in range(5)]
    for number, group in enumerate(groups):
        path, outcome = tmp_path / f"result{number}.json", IngestOutcome()
        path.write_text(group.text, encoding="utf-8")
        read_feed_file(path, NOW, outcome)
        assert outcome.failed == []
    pipeline.flag_pending_items(NOW)
    db.session.rollback()
    assert count_rows(Item) > 20
    kept = everything_stored(settings.data_folder) + caplog.text
    assert [mark for chat in (*chats, *groups) for mark in leaks(chat, kept)] == []
