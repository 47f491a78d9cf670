"""Workers killed at named steps store the same rows of feeds and reports as undisturbed ones."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import Source, db
from tests import databases
from tests.conftest import settings_for
from tests.feed_server import FeedServer, Reply
from tests.killing import FEEDS_A_ROUND, KILLS, REPORTS_A_ROUND, ROUND
from tests.repository import ROOT
from tests.test_pipeline import feed, rows_of, texts

Rows = dict[str, list[tuple[object, ...]]]
TEASER_LENGTH = 120


def add_feeds(server: FeedServer, count: int, now: datetime) -> None:
    """Feeds with entries of their own, with pages that several of them have, and with the same words.

    Some become due each round. What every second feed only begins to tell stands on a page; no two begin alike, because
    which of those is read first decides more than one page.
    """
    hoaxes, news = texts("misinformation_loud"), texts("news")
    long = [text for text in hoaxes[20:] if len(text) > TEASER_LENGTH]
    long, told = long[:100], long[100:]
    for number in range(count):
        own = [f"{news[(number * 7 + place) % len(news)]} Laporan {number}-{place}." for place in range(3)]
        own += [f"{told[(number * 2 + place) % len(told)]} Laporan {number}-{place}." for place in (3, 4)]
        posts = [*own, news[number % 10], hoaxes[number % 20]] if number % 5 == 0 else own
        body = feed(f"sumber-{number}", posts).replace(b"https://sumber-1", b"https://portal-1")
        if number % 2:
            story = f"Kabar {number} dari warga Kota Kupang: {long[number // 2]}"
            begun = (
                f"<item><link>{server.url(f'/cerita/{number}')}</link><description>{escape(story[:TEASER_LENGTH])} …"
            )
            body = body.replace(b"<item>", f"{begun}</description></item><item>".encode(), 1)
            page = f"<html><body><article><p>{escape(story)}</p></article></body></html>"
            server.answer(f"/cerita/{number}", Reply(page.encode(), content_type="text/html"))
        url = server.answer(f"/{number}", Reply(body))
        due = now + ROUND * (1 + number // FEEDS_A_ROUND)
        db.session.add(
            Source(name=f"sumber-{number}", url=url, created_at=now, next_fetch_at=due, interval_minutes=1440)
        )
    db.session.commit()


class Rounds:
    """An instance with feeds for so many rounds; on copies of it workers work, of which one a round is killed."""

    def __init__(self, settings: Settings, kills: int, now: datetime, folder: Path) -> None:
        self.settings, self.kills, self.now, self.folder = settings, kills, now, folder

    def run(self, name: str, workers: int = 1, redis_url: str = "", *, armed: bool = True) -> list[dict[str, Any]]:
        """Run the rounds on a copy, in a process of their own; return what each left."""
        folder = self.folder / name
        databases.copy_instance(self.settings.data_folder, folder)
        allow = ",".join(f"{host}:{port}" for host, port in self.settings.fetch_allow)
        environ = databases.command_environment(folder, HOAX_TRACKER_FETCH_ALLOW=allow, REDIS_URL=redis_url)
        given = [str(self.kills), str(workers), self.now.isoformat(), "armed" if armed else "undisturbed"]
        command = [sys.executable, "-m", "tests.killing", *given]
        done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def rows(self, name: str) -> Rows:
        """What the rounds left: the items, what was made of them, and each report with its claims."""
        settings = settings_for(self.folder / name)
        engine = sa.create_engine(settings.database_url)
        queries = {
            "reports": "select r.ticket_digest, count(c.id) from report r left join claim_appearance c"
            " on c.report_id = r.id group by 1 order by 1",
            "doubled": "select item_id, report_id, count(*) from claim_appearance group by 1, 2 having count(*) > 1",
            "unopened": "select c.id from claim c left join claim_appearance a on a.claim_id = c.id and a.opens"
            " group by c.id having count(a.id) <> 1",
            "left": "select item_id from unassessed_item union all select item_id from ungrouped_item",
            "lost": "select i.entry_key from item i join assessment a on a.item_id = i.id where a.flagged"
            " and not exists (select 1 from claim_appearance c where c.item_id = i.id)",
        }
        with engine.connect() as connection:
            found = {key: [tuple(row) for row in connection.execute(sa.text(query))] for key, query in queries.items()}
            assert chain_check.verify_chain_in(connection, settings.audit_key).broken_at is None
        engine.dispose()
        found |= rows_of(self.folder / name)
        # What is not flagged and tells a claim in other words joins it only where the claim was there first.
        del found["claimed"]
        return found


@pytest.fixture
def rounds(
    request: pytest.FixtureRequest,
    app: APIFlask,
    server: FeedServer,
    settings: Settings,
    now: datetime,
    tmp_path: Path,
) -> Rounds:
    """The feeds of as many rounds as there are kills (the fixture's parameter)."""
    kills: int = request.param
    with write_transaction():
        flag_models.register_shipped_model(now)
    add_feeds(server, kills * FEEDS_A_ROUND, now)
    db.session.remove()
    db.engine.dispose()
    return Rounds(settings, kills, now, tmp_path)


def require_same(found: Rows, wanted: Rows) -> None:
    """The rows are those; what differs is named."""
    assert found.keys() == wanted.keys()
    assert {key: set(found[key]) ^ set(wanted[key]) for key in wanted if found[key] != wanted[key]} == {}


def require_killed_at_each_step(found: list[dict[str, Any]]) -> None:
    """Every worker died at the step that was its turn, and what was done before is stored."""
    for line in found:
        assert line["ends"] == line["planned"]
        assert line["after"][line["grows"]] > line["before"][line["grows"]], line


def require_whole(rows: Rows, kills: int) -> None:
    """Nothing is lost and nothing is there twice."""
    assert len(rows["items"]) >= kills * FEEDS_A_ROUND * 5
    assert sum(full is not None for *_, full in rows["items"]) == kills * FEEDS_A_ROUND // 2
    assert [count for _, count in rows["reports"]] == [1] * (kills * REPORTS_A_ROUND)
    assert rows["doubled"] == rows["unopened"] == rows["left"] == rows["lost"] == []
    assert sum(bool(flagged) for _, flagged in rows["assessed"]) >= kills * FEEDS_A_ROUND


@pytest.mark.needs("posix")
@pytest.mark.slow
@pytest.mark.parametrize("rounds", [8], indirect=True)
def test_a_kill_at_each_stage_leaves_the_rows_of_an_undisturbed_run(rounds: Rounds) -> None:
    rounds.run("undisturbed", armed=False)
    wanted = rounds.rows("undisturbed")
    require_whole(wanted, rounds.kills)
    require_killed_at_each_step(rounds.run("killed"))
    require_same(rounds.rows("killed"), wanted)


@pytest.mark.needs("posix")
@pytest.mark.long
@pytest.mark.parametrize("rounds", [50], indirect=True)
def test_fifty_kills_leave_the_rows_of_an_undisturbed_run(rounds: Rounds, redis_url: str) -> None:
    assert len(KILLS) <= rounds.kills, "each step has its turn"
    rounds.run("undisturbed", armed=False)
    wanted = rounds.rows("undisturbed")
    require_whole(wanted, rounds.kills)
    require_killed_at_each_step(rounds.run("one"))
    require_same(rounds.rows("one"), wanted)
    # Four share the work, so one may find its step done by another. What many machines share is the database; Redis,
    # which they count in, changes nothing of it.
    found = rounds.run("four", 4, redis_url)
    for line in found:
        assert all(end in (planned, "done") for end, planned in zip(line["ends"], line["planned"], strict=True))
        assert sum(line["after"].values()) > sum(line["before"].values())
    assert sum(end != "done" for line in found for end in line["ends"]) >= rounds.kills
    require_same(rounds.rows("four"), wanted)
