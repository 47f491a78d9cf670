"""Prepare an instance: database at the newest migration, keys, reference data, shipped model, administrator.

Running it again changes nothing that already exists.
"""

from __future__ import annotations

from datetime import datetime

import flask_migrate
import sqlalchemy as sa

from hoax_tracker.accounts import officers as accounts
from hoax_tracker.core.database.schema_version import require_usable_database
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.flag.model.model_files import preload_shipped_model, register_shipped_model
from hoax_tracker.models import InstanceKey, Officer, RoleName, db
from hoax_tracker.operations.instance_keys import note_key_began, record_keys, require_instance_keys
from hoax_tracker.organisation import reference_data, units


def prepare_database(now: datetime) -> dict[str, int]:
    """Create or migrate the database, load the reference data, and register the shipped model.

    Returns how many rows of the reference data were added or changed. Raises DatabaseNotReadyError, with a message, for
    a database that cannot be reached or that this program must leave alone, and KeysDifferError where this host has
    other keys.
    """
    settings = current_settings()
    with read_transaction():  # waits for nobody who is at it
        if require_usable_database() and sa.inspect(db.engine).has_table(InstanceKey.__tablename__):
            require_instance_keys(settings)
            db.session.rollback()
    flask_migrate.upgrade()
    preload_shipped_model()
    with write_transaction():
        record_keys(settings, now)  # first: it begins the key of the audit log
        counts = reference_data.load_reference_data()
        register_shipped_model(now)
    note_key_began(settings, now)
    return counts


def add_administrator(email: str, password: str, now: datetime) -> Officer | None:
    """Add the first administrator, who is also an officer of PPID Utama. Raises InvalidInputError.

    Returns None where one exists by now: two processes may run at once.
    """
    with write_transaction():
        if accounts.has_administrator():
            return None
        return accounts.add_officer(
            email,
            "",
            (RoleName.ADMINISTRATOR, RoleName.OFFICER),
            unit=units.require_root_unit(),
            password=password,
            by=None,
            now=now,
        )
