"""Fifteen officers' tasks on a phone, from *Pagi ini* on: whether they reach their end, and in how many taps.

They were written before they were first walked (officers_tasks.json). Set right after that: words on buttons, and one
count of taps that the plan had added up wrongly. Typing is no tap, choosing from a list is.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hoax_tracker.clarify import service
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Claim, ClarificationStatus, Officer, Question, RoleName, Source, db
from tests import factories
from tests.review.test_public_questions import add as add_question_of_residents
from tests.review.views.test_browser import enter

PLAN = json.loads(Path(__file__).with_name("officers_tasks.json").read_text(encoding="utf-8"))
WAIT_MS = 10_000


def make_claims() -> dict[str, int]:
    """Make the claims that the tasks name, each at the unit whose task it is; return their ids by letter."""
    told = {words for task in PLAN["tasks"] for _act, words, *_ in task["steps"]}
    made = {}
    for title in sorted(words for words in told if words.startswith("Kabar ")):
        letter = title.removeprefix("Kabar ")[:1]
        unit = factories.load_unit({"G": "pdam", "H": "pkm-bakti"}.get(letter, "diskominfo")).id
        about = {"unit_id": factories.load_unit().id, "accused_unit_id": unit} if letter == "H" else {"unit_id": unit}
        made[letter] = factories.make_claim(title, **about).id
    return made


@pytest.fixture
def people(officer: Officer) -> dict[str, Officer]:
    """Those who have the tasks, before a morning's work; ``officer`` wrote what awaits approval."""
    factories.make_unit("pkm-bakti", "dinkes")
    found = {
        name: factories.make_officer(f"{name}@kupang.example", RoleName[one["role"]], unit_code=one["unit"])
        for name, one in PLAN["people"].items()
    }
    claims, now = make_claims(), utc_now()
    for title in ("Pasar Naikoten buka seperti biasa", "Bantuan sembako dibagikan di kelurahan"):
        page = factories.make_clarification(officer, None, title=title, status=ClarificationStatus.AWAITING_APPROVAL)
        with write_transaction():
            service.propose_publication(page, officer, now)
    question = {"claim_id": claims["D"], "unit_id": factories.load_unit("pdam").id, "asked_by_id": officer.id}
    broken = {"failures": 3, "last_error": "404", "last_fetch_at": now}
    with write_transaction():
        db.session.add(
            Question(
                text="Apakah tarif air naik bulan depan?", asked_at=now, due_at=now + timedelta(days=1), **question
            )
        )
        db.session.add(Source(name="Koran Contoh", url="https://koran.example/feed", created_at=now, **broken))
    add_question_of_residents("apa betul pasar naikoten tutup")
    db.session.rollback()
    return found


class Phone:
    """A phone in somebody's hand: counts taps."""

    def __init__(self, page: Any) -> None:
        self.page, self.taps = page, 0

    def tap(self, words: str) -> None:
        """Tap on the first thing that begins with these words."""
        self.taps += 1
        things = self.page.locator("a, button, summary").filter(visible=True)
        chosen = things.filter(has_text=words)
        exact = [thing for thing in chosen.all() if thing.inner_text().strip().startswith(words)]
        (exact[0] if exact else chosen.first).click(timeout=WAIT_MS)
        self.page.wait_for_load_state("networkidle")

    def open(self, words: str) -> None:
        """Open a claim by its address, as a letter about it does."""
        db.session.rollback()
        claim = db.session.scalars(db.select(Claim).where(Claim.title == words)).one().id
        db.session.rollback()
        self.page.goto(f"/petugas/klaim/{claim}")
        self.taps += 1

    def fill(self, label: str, words: str) -> None:
        """Type into the visible field of this label."""
        self.page.get_by_label(label).filter(visible=True).first.fill(words, timeout=WAIT_MS)

    def pick(self, label: str, words: str) -> None:
        """Choose from a list."""
        self.taps += 1
        field = self.page.get_by_label(label).filter(visible=True).first
        option = field.locator("option", has_text=words).first
        field.select_option(option.get_attribute("value"), timeout=WAIT_MS)

    def check(self, words: str) -> None:
        """Tick a box."""
        self.taps += 1
        self.page.get_by_label(words).first.check(timeout=WAIT_MS)

    def press(self, key: str) -> None:
        """Press a key of the phone's keyboard."""
        self.page.keyboard.press(key)
        self.page.wait_for_load_state("networkidle")


def walk_task(page: Any, task: dict[str, Any]) -> list[str]:
    """Do the task from *Pagi ini* on, and return what is wrong."""
    page.goto("/petugas/untuk-anda")
    phone, faults = Phone(page), []
    try:
        for act, *words in task["steps"]:
            getattr(phone, act)(*words)
        for words in task["sees"].split("|"):
            page.get_by_text(words).first.wait_for(timeout=WAIT_MS, state="attached")
    except Exception as error:  # noqa: BLE001 - each task says how far it came, whatever stopped it
        shown = " / ".join(page.locator("a, button, summary").filter(visible=True).all_inner_texts())
        faults.append(f"{error!s:.300} at {page.url}: {shown:.1500}")
    if phone.taps > task["taps"]:
        faults.append(f"{phone.taps} taps")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append(f"{page.url} is wider than the screen")
    return [f"{task['who']} {task['task']}: {fault}" for fault in faults]


@pytest.mark.slow
def test_fifteen_officers_reach_their_end(address: str, chromium: Any, people: dict[str, Officer]) -> None:
    assert len(PLAN["tasks"]) == 15
    found: list[str] = []
    for name in PLAN["people"]:
        context = chromium.new_context(
            viewport={"width": 360, "height": 740}, base_url=address, service_workers="block"
        )
        page = context.new_page()
        enter(page, address, people[name])
        found += [fault for task in PLAN["tasks"] if task["who"] == name for fault in walk_task(page, task)]
        context.close()
    assert not found, "\n".join(found)
