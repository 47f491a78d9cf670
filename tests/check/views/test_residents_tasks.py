"""Twenty residents' tasks on a phone: what they read first, how far down it begins, and how many taps it takes.

They were written before they were first walked (residents_tasks.json). "*" leaves open what is answered; ``never`` is
what may not stand there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hoax_tracker.models import ClaimStatus, ClarificationStatus, Verdict, db
from tests import factories
from tests.check.conftest import Publish

PLAN = json.loads(Path(__file__).with_name("residents_tasks.json").read_text(encoding="utf-8"))
SHOWN_WITH_PICTURE = "sekolah"
PICTURE = {"evidence": 1, "alt": "Surat berkop dinas", "digest": "0" * 64, "width": 480, "height": 640}
"""Its bytes are not there: the place that it takes is."""
FOLD_PX, MOST_WORDS, LABEL_WORDS = 400, 45, 5
MEASURE = """() => {
    const fact = document.querySelector('main h1'), main = document.querySelector('main');
    const above = document.createRange();
    above.setStart(main, 0);
    above.setEndBefore(fact);
    return {
        top: fact.getBoundingClientRect().top,
        above: above.toString().split(/\\s+/).filter(Boolean).length,
        label: document.querySelector('.label')?.innerText ?? '',
        picture: document.querySelector('main img.circulates')?.getBoundingClientRect().top ?? 9999,
        wide: document.documentElement.scrollWidth > innerWidth,
    };
}"""


@pytest.fixture
def phone(city: None, address: str, chromium: Any, publish: Publish) -> Any:
    """A phone before the city's pages."""
    for page in PLAN["pages"]:
        named = {"verdict": Verdict[page["verdict"]]}
        named |= {"status": ClarificationStatus[page["status"]]} if "status" in page else {}
        named |= {"picture": PICTURE} if page["slug"] == SHOWN_WITH_PICTURE else {}
        publish(**(page | named))
    for text in PLAN["under_review"]:
        factories.make_claim(text, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    db.session.rollback()
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, base_url=address, has_touch=True, service_workers="block"
    )
    return context.new_page()


def walk_task(phone: Any, task: dict[str, Any]) -> list[str]:
    """Paste the message with one tap, and return what is wrong with the answer."""
    phone.goto("/")
    phone.fill("#pesan", task["text"])
    with phone.expect_navigation():
        phone.tap("form.ask button")
    seen, main, fact = phone.evaluate(MEASURE), phone.inner_text("main"), phone.inner_text("main h1")
    label = "" if seen["label"] == "" else seen["label"]
    is_same_school = task["fact"].startswith("Sekolah") and task["label"].startswith("Sama")
    checks = {
        f"the fact begins at {seen['top']:.0f} px": seen["top"] < FOLD_PX,
        f"{seen['above']} words before the fact": seen["above"] <= (MOST_WORDS if task.get("call") else LABEL_WORDS),
        f"the label is {label!r}": task["label"] in ("*", label) and len(label.split()) <= LABEL_WORDS,
        f"the fact is {fact!r}": task["fact"] == "*" or fact.startswith(task["fact"]),
        "another verdict on what is quoted": task.get("verdict", "") in phone.inner_text("main").split("Sama\n")[0],
        "the next step is missing": task.get("next", "") in main,
        "what may never stand there": "never" not in task or task["never"] not in phone.inner_text(".sheet"),
        "112 comes too late": not task.get("call") or 0 < main.find("112") < main.find(fact),
        "wider than the screen": not seen["wide"],
        f"the picture at {seen['picture']:.0f} px stands before the fact": seen["picture"] > seen["top"],
        "without the picture": seen["picture"] < 9999 or not is_same_school,
    }
    return [f"{task['who']}: {name}" for name, is_right in checks.items() if not is_right]


@pytest.mark.slow
def test_twenty_residents_read_the_fact_first(phone: Any) -> None:
    assert len(PLAN["tasks"]) == 20
    assert [fault for task in PLAN["tasks"] for fault in walk_task(phone, task)] == []
