"""A throwaway instance to measure on: SQLite, or a database of the server in HOAX_TRACKER_TEST_DATABASE."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apiflask import APIFlask


@contextmanager
def temporary_instance(**settings: str) -> Iterator[tuple[APIFlask, Path]]:
    """Yield an application on a fresh data folder, database ready, with an open context."""
    from hoax_tracker.app import create_app
    from hoax_tracker.clock import utc_now
    from hoax_tracker.models import db
    from hoax_tracker.operations.bootstrap import prepare_database
    from tests.databases import ensure_database_url

    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"HOAX_TRACKER_DATA": name, "DATABASE_URL": ensure_database_url(Path(name))}
        os.environ.update({f"HOAX_TRACKER_{key}": value for key, value in settings.items()})
        app = create_app()
        with app.app_context():
            prepare_database(utc_now())
            yield app, Path(name)
            db.session.remove()
            db.engine.dispose()
