"""Whether this host has the keys of the instance, whose fingerprints are in the database.

``init`` records the fingerprints of a new instance. From then on nothing starts with other keys: a second host with an
empty data folder would make its own, seal contacts that nobody else can read, and let nobody sign in.

A fingerprint is an HMAC under the contact key, 32 random bytes: who has the database alone can try no guess at a
``secret_key`` or ``password_salt`` that somebody made up. The contact key's own tells who guesses no more than the
contacts do that it seals.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.models import EvidenceCopy, InstanceKey, OutgoingMail, Report, ReportPicture, SecondFactor, db

CONTACT_KEY = "contact_key"
NAMES = (CONTACT_KEY, "secret_key", "password_salt")
SEALED = {
    "contacts of reporters": Report.contact_encrypted,
    "screenshots": ReportPicture.sealed,
    "letters": OutgoingMail.sealed,
    "files and copies of evidence": EvidenceCopy.sealed,
    "code apps of officers": SecondFactor.sealed_secret,
}
"""What the contact key seals, in words."""


class KeysDifferError(HoaxTrackerError):
    """The keys of this host are not those of the instance; the message says which to bring, and from where."""

    user_message = _l("Kunci di mesin ini bukan kunci yang dipakai layanan ini. Tidak ada yang diubah.")


def fingerprints(settings: Settings) -> dict[str, str]:
    """Return the fingerprints of this host's keys, by name."""
    contact_key = base64.urlsafe_b64decode(settings.contact_key)
    others = {name: value_of(settings, name) for name in NAMES if name != CONTACT_KEY}
    return {name: fingerprint_of(contact_key, name, others.get(name, b"")) for name in NAMES}


def fingerprint_of(contact_key: bytes, name: str, value: bytes) -> str:
    """Return the HMAC that stands for a key; its name keeps it apart from the others'."""
    return hmac.new(contact_key, f"hoax-tracker fingerprint|{name}|".encode() + value, hashlib.sha256).hexdigest()


def value_of(settings: Settings, name: str) -> bytes:
    """Return a key as it is set."""
    return str(getattr(settings, name)).encode()


def differing_keys(settings: Settings) -> Sequence[str]:
    """Return the names of the keys that are not those recorded; none where nothing is recorded yet.

    Where the contact key differs all do: the others are compared with its help.
    """
    recorded = {row.name: row.fingerprint for row in db.session.scalars(sa.select(InstanceKey))}
    found = fingerprints(settings)
    return [name for name in NAMES if recorded.get(name, found[name]) != found[name]]


def require_instance_keys(settings: Settings) -> None:
    """Raise KeysDifferError unless this host has the keys that are recorded."""
    differing = differing_keys(settings)
    if differing:
        row = db.session.scalars(sa.select(InstanceKey).where(InstanceKey.name == differing[0])).one()
        since = f"recorded by the host {row.host} on {row.recorded_at:%Y-%m-%d}"
        raise KeysDifferError(f"{in_words(settings, differing)} (the instance's were {since})")


def in_words(settings: Settings, names: Sequence[str]) -> str:
    """Return which keys to bring, from where, and what else can be done."""
    from_files = [name for name in names if is_from_file(settings, name)]
    from_environment = [f"HOAX_TRACKER_{name.upper()}" for name in names if name not in from_files]
    ways = []
    if from_files:
        ways.append(
            f"replace {', '.join(from_files)} in {settings.data_folder} with the files of that name in the data folder "
            "of a host that runs, or in a backup"
        )
    if from_environment:
        ways.append(f"set {', '.join(from_environment)} as on a host that runs")
    return (
        f"this host has other keys than the instance: {'; '.join(ways)}. Only where the instance's are lost or were "
        "changed on purpose: hoax-tracker keys accept"
    )


def is_from_file(settings: Settings, name: str) -> bool:
    """Tell whether a key is the one kept in the data folder, not one of the environment."""
    try:
        return (settings.data_folder / name).read_bytes().strip() == value_of(settings, name)
    except OSError:
        return False


def record_keys(settings: Settings, now: datetime) -> None:
    """Record the keys of a new instance, in the current transaction; those of another are held against the record.

    Raises KeysDifferError also where an instance that has no record yet holds what this contact key does not open.
    """
    if db.session.scalar(sa.select(sa.exists().select_from(InstanceKey))):
        require_instance_keys(settings)
        return
    if not may_be_contact_key(settings):
        raise KeysDifferError(in_words(settings, NAMES))
    write_record(settings, now)


def may_be_contact_key(settings: Settings) -> bool:
    """Tell whether the contact key opens what was sealed last; True where nothing is sealed."""
    found = list(newest_sealed())
    return not found or any(is_opened(sealed, settings.contact_key) for sealed in found)


def newest_sealed() -> Iterator[bytes]:
    """Yield what was sealed last, of each kind."""
    for column in SEALED.values():
        identity = sa.inspect(column.class_).primary_key[0]
        sealed = db.session.scalar(sa.select(column).where(column.is_not(None)).order_by(identity.desc()).limit(1))
        if sealed:
            yield sealed


def is_opened(sealed: bytes, key: str) -> bool:
    """Tell whether a key opens what was sealed."""
    try:
        decrypt_bytes(sealed, key)
    except DecryptionError:
        return False
    return True


def write_record(settings: Settings, now: datetime) -> None:
    """Write the fingerprints of this host's keys in the place of those recorded, in the current transaction."""
    host = socket.gethostname()[:180]
    db.session.execute(sa.delete(InstanceKey))
    db.session.add_all(
        InstanceKey(name=name, fingerprint=fingerprint, host=host, recorded_at=now)
        for name, fingerprint in fingerprints(settings).items()
    )
    db.session.flush()


def consequences(settings: Settings) -> list[str]:
    """Return what goes when this host's keys are accepted, in words."""
    differing = differing_keys(settings)
    found = []
    if CONTACT_KEY in differing or not may_be_contact_key(settings):
        counts = {name: count_rows(column) for name, column in SEALED.items()}
        sealed = ", ".join(f"{count} {name}" for name, count in counts.items())
        found.append(f"contact_key: {sealed} are sealed with the key before, and cannot be opened without it")
    if "password_salt" in differing:
        found.append("password_salt: where it is another one no password fits: hoax-tracker officer reset for each")
    if "secret_key" in differing:
        found.append("secret_key: where it is another one everybody signs in again")
    return found


def count_rows(column: sa.orm.InstrumentedAttribute[bytes | None]) -> int:
    """Return how many rows hold something sealed in a column."""
    return db.session.scalar(sa.select(sa.func.count(column))) or 0


def accept_keys(settings: Settings, now: datetime) -> None:
    """Make this host's keys those of the instance; the audit log keeps which were replaced."""
    with write_transaction():
        differing = differing_keys(settings)
        write_record(settings, now)
        audit_log.record_event("keys_accepted", "instance", officer=None, now=now, detail={"replaced": list(differing)})
