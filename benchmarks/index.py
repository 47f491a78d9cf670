"""What a decision costs at 1,000, 10,000 and 100,000 clarifications: ``python -m benchmarks index``.

Two processes read the files of a seeded instance: each tells its memory before and after, and answers messages of 60
words. Times are those of the processor, so that what else the machine does counts little; only ``published_ms`` is by
the clock.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from flask import current_app

from benchmarks import plausible
from benchmarks.instance import temporary_instance
from benchmarks.seed import seed_instance
from classifiers.matcher.match import read_page, write_base_segment
from hoax_tracker.app import create_app
from hoax_tracker.authority import guards
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.match_index import INDEX_FOLDER
from hoax_tracker.match_index.documents import PUBLISHED_ROWS, MatchedRows
from hoax_tracker.match_index.files import POINTER_FILE
from hoax_tracker.models import Clarification, db

INDEX_SIZES = (1_000, 10_000, 100_000)
MESSAGE_COUNT = 200
WORDS_PER_MESSAGE = 60


def measure_index(sizes: tuple[int, ...] = INDEX_SIZES) -> dict[str, dict[str, float]]:
    """Return the figures for each size."""
    return {str(size): measure_index_size(size) for size in sizes}


def measure_index_size(size: int) -> dict[str, float]:
    """Return seconds, milliseconds and megabytes with so many clarifications published."""
    with temporary_instance() as (app, folder), app.app_context():
        seed_instance(items=2_000, claims=200, clarifications=size)
        started = time.perf_counter()
        count = write_index_files(folder / INDEX_FOLDER)
        found = {"clarifications": count, "written_s": round(time.perf_counter() - started, 1)}
        found["files_mb"] = round(sum(path.stat().st_size for path in (folder / INDEX_FOLDER).rglob("*")) / 1e6)
        texts = make_messages()
        db.session.remove()
        with answering_process(folder) as first, answering_process(folder) as second:
            figures = [ask_process(one, {"open": texts}) for one in (first, second)]
            found |= figures[0] | {"second_process_private_mb": figures[1]["private_mb"]}
            found["published_ms"] = publish_and_ask((first, second))
        return found


def write_index_files(folder: Path, rows: MatchedRows = PUBLISHED_ROWS) -> int:
    """Write the rows as an index; return how many."""
    from classifiers.matcher.match import matching_version

    with read_transaction():
        marks = rows.marks()
        keys = marks[:, 0].tolist()
        documents = rows.documents(keys)
        db.session.rollback()
    target = folder / rows.name
    target.mkdir(parents=True)
    pages = (read_page(documents[key]) for key in keys)
    write_base_segment(target / "000001", pages, {"version": matching_version()}, {"marks": marks})
    (target / POINTER_FILE).write_text("000001", encoding="ascii")
    return len(marks)


def make_messages(seed: int = 3) -> list[str]:
    """Messages of 60 words, as people pass them on: of clarified claims, and of anything else."""
    chance = random.Random(seed)
    quotes = [row["claim"] for row in plausible.load_clarifications()]
    others = [
        plausible.vary_text(base, chance).text for base in chance.sample(list(plausible.load_labelled_texts(True)), 100)
    ]
    found = []
    for _ in range(MESSAGE_COUNT):
        words = [word for text in chance.sample([*quotes, *others], 6) for word in text.split()]
        found.append(" ".join(words[:WORDS_PER_MESSAGE]))
    return found


@contextmanager
def answering_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that answers on its standard output what it is asked on its standard input."""
    settings = current_app.extensions["settings"]
    environment = {"HOAX_TRACKER_DATA": str(folder), "DATABASE_URL": settings.database_url, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "benchmarks.index"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def ask_process(child: subprocess.Popen[str], what: Any) -> Any:
    """Return what a process answers."""
    to, back = child.stdin, child.stdout
    if to is None or back is None:
        raise ValueError("the process was started without pipes")
    to.write(json.dumps(what) + "\n")
    to.flush()
    return json.loads(back.readline())


def publish_and_ask(children: tuple[subprocess.Popen[str], ...]) -> float:
    """Publish a clarification; return after how many milliseconds the last process answered with it."""
    claim = "Gajah sirkus lepas di Lasiana dan menginjak dua belas perahu nelayan, katanya belum tertangkap"
    with write_transaction():
        guards.drop_guards(db.session.connection())  # nobody publishes here, a row changes
        last = (
            db.session.query(Clarification)
            .where(PUBLISHED_ROWS.chosen)
            .order_by(Clarification.id.desc())
            .limit(1)
            .one()
        )
        last.title, last.claim_quote, last.summary = "Tidak ada gajah sirkus di Lasiana", claim, "Tidak benar."
        last.version += 1
        wanted = str(last.id)
    started = time.perf_counter()
    answers = [ask_process(child, {"ask": claim}) for child in children]
    taken = (time.perf_counter() - started) * 1000
    if any(answer[0] != wanted for answer in answers):
        raise ValueError(f"{wanted} was published, and the processes answered {answers}")
    return round(taken)


def answer_on_standard_input() -> None:
    """Do what ``ask_process`` says, one JSON object a line."""
    from classifiers.matcher.match import Document, Matcher, matching_version
    from hoax_tracker.match_index import current_match_index

    with create_app().app_context(), read_transaction():
        # What any process that matches holds, however many clarifications there are, is there before it is measured.
        small = Matcher([Document("1", "Air tidak mati", "Air mati seminggu", "")])
        for text in make_messages(seed=4):
            small.decide(text)
        matching_version()
        for line in sys.stdin:
            what = json.loads(line)
            answer = (
                measure_opened_index(what["open"])
                if "open" in what
                else [m.id for m in current_match_index().published(what["ask"]).matches]
            )
            db.session.rollback()
            print(json.dumps(answer), flush=True)


def measure_opened_index(texts: list[str]) -> dict[str, float]:
    """Open the files and answer the texts; return what it took."""
    from hoax_tracker.match_index import current_match_index

    before, started = process_memory_mb(), time.process_time()
    current_match_index().find_pages("air", 1)  # reads the rows and opens the files
    open_ms = (time.process_time() - started) * 1000
    taken = []
    for text in texts:
        begun = time.process_time()
        current_match_index().published(text)
        taken.append((time.process_time() - begun) * 1000)
        db.session.rollback()
    after = process_memory_mb()
    median, p95 = np.percentile(taken[20:], [50, 95])
    return {
        "open_ms": round(open_ms),
        "decision_median_ms": round(float(median), 1),
        "decision_p95_ms": round(float(p95), 1),
        "more_memory_mb": round(after["Rss"] - before["Rss"]),
        "private_mb": round(after["Private"] - before["Private"]),
    }


def process_memory_mb() -> dict[str, float]:
    """Return megabytes that this process holds, and of these what no other process shares."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return {
        "Rss": kilobytes["Rss"] / 1024,
        "Private": (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) / 1024,
    }


if __name__ == "__main__":
    answer_on_standard_input()
