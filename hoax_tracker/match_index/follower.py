"""Each web process hears from PostgreSQL that a page was published or withdrawn, and reads it before anybody asks.

It also hears that a reporter erased something, and then writes its host's files without those words.

What counts does not depend on this: every question looks at the table of changes itself. But a host where nobody asks
for a while would fall behind, and the next question would wait for all pages since; and a web host without a worker has
nobody else to write its files.

A word that is lost (the connection broke, the database was started anew, a pooler swallowed it) costs a delay: the
process looks as soon as it listens again, and once a minute in any case.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask

from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.match_index import current_match_index, warm_up_match_index
from hoax_tracker.models import ERASED_WORD, PUBLISHED_CHANNEL, db

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 60.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 4.0
"""Before the process listens again, doubling while the database does not answer."""


def follow_published_pages(app: Flask, stop: Event) -> None:
    """Load the match index; on PostgreSQL then keep it in step until ``stop`` is set. Runs in a thread of its own."""
    warm_up_match_index(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "postgresql":  # one host, whose worker writes the files
        return
    pause_s = FIRST_PAUSE_S
    while not stop.is_set():
        try:
            with listening_connection(engine) as connection:
                pause_s = FIRST_PAUSE_S
                while not stop.is_set():
                    warm_up_match_index(app)
                    if _wait_for_word(connection) == ERASED_WORD:
                        with app.app_context():
                            current_match_index().forget()
                            db.session.remove()
        except (sa.exc.SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
            fields = log_fields(error=type(error).__name__, next_in_s=pause_s)
            log.warning("published pages are heard of again after a pause", extra=fields)
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


@contextmanager
def listening_connection(engine: sa.Engine) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection of its own that hears of published pages. Raises the errors of SQLAlchemy and the driver."""
    from hoax_tracker.core.database.postgresql import open_detached_connection

    connection = open_detached_connection(engine)
    try:
        connection.execute(f"listen {PUBLISHED_CHANNEL}")
        yield connection
    finally:
        connection.close()


def _wait_for_word(connection: psycopg.Connection[Any]) -> str:
    """Return what is told, or "" once a minute is over. Raises the driver's error where the connection breaks."""
    for word in connection.notifies(timeout=LOOKS_EVERY_S, stop_after=1):
        return word.payload
    return ""
