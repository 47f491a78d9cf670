"""What each test asks of its database, so that PostgreSQL is asked everything, and by few tests.

On SQLite a run with STATEMENTS=1 notes in build/statements.tsv which statements each test sends, which places of the
program it passes that ask which database they work on, and whether several threads work on it. On PostgreSQL such a
run takes from the file: every test of several threads, and for each statement and place a cheap test that comes by. A
test that never runs there is not in the file: of a browser, of SQLite, or one that starts processes, whose statements
are not seen from here, and does not say that the database matters to it. A test that is marked ``postgresql`` or
``database`` runs there anyway, and so does one that the file does not know. Without the file all tests with a database
run.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heappush
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import Engine

from tests import databases
from tests.repository import ROOT

TABLE = Path("build/statements.tsv")
# A test has a database by one of these fixtures, or says so by its mark.
DATABASE_FIXTURES = frozenset({"prepared", "made", "empty"})
THREADS = "threads"
NEVER_ON_POSTGRESQL = ("browser", "sqlite", "long")  # .ci/run
ALWAYS_ON_POSTGRESQL = ("postgresql", "database")
DATABASE_MADE_S = 0.2  # what each test costs beside itself
LEAST_WORTH = 0.5  # new features a second: below it a test that takes seconds would bring one statement more
LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)(?:\s*,\s*\(\s*\?(?:\s*,\s*\?)*\s*\))*")
OURS = (str(ROOT / "hoax_tracker"), str(ROOT / "classifiers"))

_seen: set[str] = set()
_threads: set[int] = set()


@dataclass(frozen=True)
class Asked:
    """A test with its processor seconds and what it asked of the database."""

    test: str
    spent_s: float
    features: frozenset[str] = field(hash=False)


def is_noting() -> bool:
    """Tell whether this run notes what tests ask."""
    return bool(os.environ.get("STATEMENTS")) and not databases.ON_POSTGRESQL


@cache
def statement_mark(statement: str) -> str:
    """Return a short mark of a statement, the same for lists of any length."""
    return f"{zlib.crc32(LISTS.sub('(?)', statement).encode()):08x}"


def note_statement(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    """Note a statement of the running test."""
    _seen.add(statement_mark(statement))
    _threads.add(threading.get_ident())


class AskedName:
    """The name of SQLite's dialect, which notes the places of the program that ask for it."""

    def __get__(self, instance: object, owner: type) -> str:
        """Return the name."""
        caller = sys._getframe(1)
        if caller.f_code.co_filename.startswith(OURS):
            _seen.add(f"{Path(caller.f_code.co_filename).relative_to(ROOT)}:{caller.f_lineno}")
        return "sqlite"


def pytest_configure() -> None:
    """Listen to all engines of this process."""
    if is_noting():
        event.listen(Engine, "before_cursor_execute", note_statement)
        SQLiteDialect.name = AskedName()  # type: ignore[assignment]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note what a test asks, with its fixtures."""
    if not is_noting() or any(map(item.get_closest_marker, NEVER_ON_POSTGRESQL)) or is_about_processes(item):
        return (yield)
    _seen.clear()
    _threads.clear()
    began = time.process_time()
    try:
        return (yield)
    finally:
        features = _seen | ({THREADS} if len(_threads) > 1 else set())
        with TABLE.open("a", encoding="utf-8") as table:
            table.write(f"{time.process_time() - began:.3f}\t{item.nodeid}\t{' '.join(sorted(features))}\n")


def read_table() -> list[Asked]:
    """Read what was noted; the newest line of a test counts."""
    if not TABLE.exists():
        return []
    lines = (line.rstrip("\n").split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    return list({test: Asked(test, float(spent), frozenset(asked.split())) for spent, test, asked in lines}.values())


def choose(noted: Iterable[Asked]) -> set[str]:
    """Return the tests that PostgreSQL is asked by: all of several threads, and a witness of every feature.

    The next witness is the test that brings most new features for its time, as long as that is worth it.
    """
    tests = {asked.test: asked for asked in noted}
    chosen = {name for name, asked in tests.items() if THREADS in asked.features}
    witnessed = set[str]().union(*(tests[name].features for name in chosen))

    def worth(name: str) -> float:
        return len(tests[name].features - witnessed) / (tests[name].spent_s + DATABASE_MADE_S)

    # What a test is worth only falls while others are taken: the first whose worth is still what it was is the best.
    waiting = [(-worth(name), name) for name in tests]
    heapify(waiting)
    while waiting:
        was, name = heappop(waiting)
        if (now := -worth(name)) > was:
            heappush(waiting, (now, name))
        elif now <= -LEAST_WORTH:
            chosen.add(name)
            witnessed |= tests[name].features
    return chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what ran on SQLite and has no database, or asks nothing that others do not ask."""
    if databases.ON_POSTGRESQL:
        asked = asked_by_others()
        same = {item for item in items if not may_differ_on_postgresql(item, asked)}
        config.hook.pytest_deselected(items=[item for item in items if item in same])
        items[:] = [item for item in items if item not in same]


def may_differ_on_postgresql(item: pytest.Item, asked_by_others: Collection[str]) -> bool:
    """Tell whether the database can change a test's result, as far as no other test asks the same of it."""
    if any(map(item.get_closest_marker, ALWAYS_ON_POSTGRESQL)):
        return True
    if is_about_processes(item):
        return False
    has_database = bool(DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ())))
    return has_database and item.nodeid not in asked_by_others


def is_about_processes(item: pytest.Item) -> bool:
    """Tell whether a test starts processes and the database is no matter of it."""
    return bool(item.get_closest_marker("process")) and not any(map(item.get_closest_marker, ALWAYS_ON_POSTGRESQL))


def asked_by_others() -> set[str]:
    """Return the tests that ask nothing of the database that those of ``choose`` do not ask."""
    noted = read_table() if os.environ.get("STATEMENTS") else []
    return {asked.test for asked in noted} - choose(noted)
