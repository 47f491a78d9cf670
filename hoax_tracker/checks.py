"""Whether an instance can do its work now: the checks of ``/readyz``. Cheap, without secrets and without paths."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Thread

import sqlalchemy as sa
from flask import current_app

from hoax_tracker.config import Settings
from hoax_tracker.faults import in_words
from hoax_tracker.flag import models as flag_models
from hoax_tracker.heartbeat import is_fresh, newest_beat
from hoax_tracker.index import match_index, warm_up
from hoax_tracker.models import db
from hoax_tracker.readiness import newest_revision

OK = "ok"
FAILED_ROUNDS = 3
INDEX_MAY_LAG = timedelta(minutes=1)
MB = 2**20

Check = Callable[[Settings, datetime], str]
newest = cache(newest_revision)


def results(settings: Settings, now: datetime) -> Mapping[str, str]:
    """Return for each check "ok" or in a few words what is wrong; without its database the others cannot be asked."""
    found = {"database": asked(database, settings, now)}
    if found["database"] == OK:
        for check in (migrations, index, model, worker):
            found[check.__name__] = asked(check, settings, now)
    found["disk"] = asked(disk, settings, now)
    return found


def asked(check: Check, settings: Settings, now: datetime) -> str:
    """Return what a check finds; a database that fails under it is what it finds."""
    try:
        return check(settings, now)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        db.session.rollback()
        return type(in_words(error) or error).__name__


def database(settings: Settings, _now: datetime) -> str:
    """Does it answer, and may it be written? That writing works, the worker's heartbeat shows."""
    if db.engine.dialect.name == "postgresql":
        closed = "select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on'"
        return "read-only" if db.session.scalar(sa.text(closed)) else OK
    db.session.execute(sa.text("select 1 from sqlite_master limit 1"))
    path = db.engine.url.database
    places = (path, str(Path(path).parent)) if path else ()
    return OK if all(os.access(one, os.W_OK) for one in places) else "read-only"


def migrations(_settings: Settings, _now: datetime) -> str:
    """Is the database the one that this program needs?"""
    noted = db.session.scalars(sa.text("select version_num from alembic_version")).all()
    return OK if list(noted) == [newest()] else "not at the newest migration: run hoax-tracker init"


def index(_settings: Settings, now: datetime) -> str:
    """Was the match index read, and does it follow the rows?

    A question that finds it behind reads it anew before it is answered. Where nobody asks, this does so beside.
    """
    held, held_index = current_app.extensions, match_index()
    if not held_index.is_read:
        return "not read yet"
    if held_index.is_in_step():
        held.pop("index_behind_since", None)
        return OK
    behind = now - held.setdefault("index_behind_since", now)
    Thread(target=warm_up, args=(current_app._get_current_object(),), daemon=True).start()  # type: ignore[attr-defined]
    return OK if behind < INDEX_MAY_LAG else f"behind the rows for {int(behind.total_seconds())} s"


def model(_settings: Settings, _now: datetime) -> str:
    """Is there a model in use, and its very file?"""
    version = flag_models.active()
    if version is None:
        return "no model in use: run hoax-tracker init"
    return OK if flag_models.has_its_file(version) else "the model's file is missing or another one"


def worker(_settings: Settings, now: datetime) -> str:
    """Does a worker get on, and do its rounds go well?"""
    row = newest_beat()
    if row is None:
        return "no worker runs"
    if not is_fresh(row, now):
        return f"no sign of life for {int((now - row.beat_at).total_seconds())} s"
    return OK if row.failed_rounds < FAILED_ROUNDS else f"{row.failed_rounds} rounds failed in a row"


def disk(settings: Settings, _now: datetime) -> str:
    """Is there room to write?"""
    free = shutil.disk_usage(settings.data_folder).free // MB
    return OK if free >= settings.disk_floor_mb else f"{free} MB free, less than {settings.disk_floor_mb}"


__all__ = ["OK", "results"]
