"""Check that this host has the keys of the instance, whose fingerprints are in the database; and change them.

``init`` records the fingerprints of a new instance. From then on nothing starts with other keys: a second host with an
empty data folder would make its own, seal contacts that nobody else can read, and let nobody sign in.

A fingerprint is an HMAC under the contact key, 32 random bytes: with the database alone nobody can test guesses at a
``secret_key`` or ``password_salt`` that a person made up. The fingerprint of the contact key itself helps a guesser no
more than the contacts that it seals.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.audit.audit_log import KEY_FILE as AUDIT_KEY, STAMP_FILE, AuditAct, register_acts
from hoax_tracker.core.config.secret_files import read_or_create_file, replace_secret
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import HELD_S, read_transaction, write_transaction
from hoax_tracker.core.encryption import BETWEEN_KEYS, DecryptionError, decrypt_bytes, derivation_key, encrypt_anew
from hoax_tracker.errors import HoaxTrackerError, InvalidInputError
from hoax_tracker.models import (
    AlarmBrowser,
    Base,
    Chat,
    ChatMessage,
    ChatReply,
    EvidenceCopy,
    InstanceKey,
    ObjectionStatement,
    Officer,
    OutgoingMail,
    PushSubscription,
    Report,
    ReportPicture,
    SecondFactor,
    Subscription,
    TiplineChannel,
    WebhookEndpoint,
    db,
)
from hoax_tracker.models.base import SealedBytes

CONTACT_KEY = "contact_key"
NAMES = (CONTACT_KEY, "secret_key", "password_salt", AUDIT_KEY)
SEALED = {
    "contacts of reporters": Report.contact_encrypted,
    "screenshots": ReportPicture.sealed,
    "letters": OutgoingMail.sealed,
    "files and copies of evidence": EvidenceCopy.sealed,
    "code apps of officers": SecondFactor.sealed_secret,
    "addresses of subscribers": Subscription.sealed,
    "browsers of subscribers": PushSubscription.sealed,
    "browsers of officers": AlarmBrowser.sealed,
    "secrets of webhooks": WebhookEndpoint.sealed_secret,
    "people in chats": Chat.sender_encrypted,
    "messages of chats": ChatMessage.body_encrypted,
    "replies in chats": ChatReply.body_encrypted,
    "keys of chat channels": TiplineChannel.sealed_keys,
    "contacts of who objected": ObjectionStatement.contact_encrypted,
}
"""What the contact key seals, in words."""


register_acts(
    AuditAct("keys_accepted", _l("mengganti %(what)s")),
    AuditAct("keys_rotated", _l("menambah kunci baru pada %(what)s")),
    AuditAct("keys_resealed", _l("menyandi ulang data dengan %(what)s yang terbaru")),
)


class KeysDifferError(HoaxTrackerError):
    """This host lacks the keys of the instance. The message says which keys to bring, and from where."""

    user_message = _l("Kunci di mesin ini bukan kunci yang dipakai layanan ini. Tidak ada yang diubah.")


def fingerprints(settings: Settings) -> dict[str, str]:
    """Return the fingerprints of this host's keys, by name."""
    key = base64.urlsafe_b64decode(derivation_key(settings.contact_key))
    values = {name: _value_of(settings, name) for name in NAMES}
    # Of the contact keys those newer than the one that makes the fingerprints: none before the first rotation.
    values[CONTACT_KEY] = settings.contact_key.rpartition(BETWEEN_KEYS)[0].encode()
    return {name: _fingerprint_of(key, name, value) for name, value in values.items()}


def _fingerprint_of(contact_key: bytes, name: str, value: bytes) -> str:
    """Return the fingerprint of a key, an HMAC. The key's name in it keeps the fingerprints distinct."""
    return hmac.new(contact_key, f"hoax-tracker fingerprint|{name}|".encode() + value, hashlib.sha256).hexdigest()


def _value_of(settings: Settings, name: str) -> bytes:
    return str(getattr(settings, name)).encode()


def differing_keys(settings: Settings) -> Sequence[str]:
    """Return the names of keys that differ from the record; none where nothing is recorded yet.

    Where the contact key differs, all do: their fingerprints depend on it.
    """
    recorded = {row.name: row.fingerprint for row in db.session.scalars(sa.select(InstanceKey))}
    present = fingerprints(settings)
    return [name for name in NAMES if recorded.get(name, present[name]) != present[name]]


def require_instance_keys(settings: Settings) -> None:
    """Raise KeysDifferError unless this host has the recorded keys.

    Without the contact key no fingerprint tells which others differ. Where the audit key nevertheless seals the log,
    this is a host of the instance that lost its contact key: that one is named alone.
    """
    differing = differing_keys(settings)
    if differing == [CONTACT_KEY] and _is_rotation_unfinished(settings):
        raise KeysDifferError("a rotation of contact_key was interrupted: hoax-tracker keys rotate finishes it")
    if differing:
        row = db.session.scalars(sa.select(InstanceKey).where(InstanceKey.name == differing[0])).one()
        since = f"recorded by the host {row.host} on {row.recorded_at:%Y-%m-%d}"
        if CONTACT_KEY in differing and _is_audit_key_in_use(settings):
            differing, since = [CONTACT_KEY], f"{since}; the other keys can only be compared with it"
        raise KeysDifferError(f"{in_words(settings, differing)} (the instance's were {since})")


def _is_rotation_unfinished(settings: Settings) -> bool:
    """Tell whether the database knows this host's contact keys without the newest one."""
    older = settings.contact_key.partition(BETWEEN_KEYS)[2]
    return bool(older) and not differing_keys(replace(settings, contact_key=older))


def in_words(settings: Settings, names: Sequence[str]) -> str:
    """Describe which keys to bring, from where, and what else can be done."""
    from_files = [name for name in names if _is_from_file(settings, name)]
    from_environment = [f"HOAX_TRACKER_{name.upper()}" for name in names if name not in from_files]
    ways = []
    if from_files:
        in_backup = "" if AUDIT_KEY in from_files else ", or in a backup"
        ways.append(
            f"replace {', '.join(from_files)} in {settings.data_folder} with the files of that name in the data folder "
            f"of a host that runs{in_backup}"
        )
    if from_environment:
        ways.append(f"set {', '.join(from_environment)} as on a host that runs")
    command = "audit new-key" if list(names) == [AUDIT_KEY] else "keys accept"
    return (
        f"this host has other keys than the instance: {'; '.join(ways)}. Only where the instance's are lost or were "
        f"changed on purpose: hoax-tracker {command}"
    )


def _is_from_file(settings: Settings, name: str) -> bool:
    """Tell whether a key comes from the data folder, not from the environment."""
    try:
        return (settings.data_folder / name).read_bytes().strip() == _value_of(settings, name)
    except OSError:
        return False


def record_keys(settings: Settings, now: datetime) -> None:
    """Record the keys of a new instance in the current transaction, or compare them with the record.

    Raises KeysDifferError where they differ, and where an instance without a record holds data that this contact key
    does not open.
    """
    recorded = set(db.session.scalars(sa.select(InstanceKey.name)))
    if recorded:
        require_instance_keys(settings)
    elif not _may_be_contact_key(settings):
        raise KeysDifferError(in_words(settings, NAMES))
    if recorded != set(NAMES):
        _seal_rows_before_key(settings, now)
        _write_record(settings, now)


def _seal_rows_before_key(settings: Settings, now: datetime) -> None:
    """Start the audit key in an empty log, and in a log whose rows are older than any audit key.

    Raises KeysDifferError where another key seals the log, and where the seals that this host's key made are gone.
    """
    is_empty = audit_log.read_head() is None
    if is_empty or not _is_audit_key_in_use(settings):
        if not is_empty:
            _require_rows_before_key(settings)
        audit_log.start_audit_key(officer=None, now=now)


def note_key_began(settings: Settings, now: datetime) -> None:
    """Write the stamp in the data folder that the key seals rows. Call it after they are committed."""
    read_or_create_file(settings.data_folder / STAMP_FILE, now.isoformat())


def _require_rows_before_key(settings: Settings) -> None:
    """Raise KeysDifferError unless the log was written before there was a key."""
    if not chain_check.is_newest_row_unsealed(db.session.connection()):
        raise KeysDifferError(in_words(settings, [AUDIT_KEY]))
    if (settings.data_folder / STAMP_FILE).exists():
        raise KeysDifferError(
            "the audit log carries no seals, though this host's key made some: somebody wrote it anew. Compare it with "
            "a backup; hoax-tracker audit verify --head N:DIGEST compares it with a morning letter"
        )


def _is_audit_key_in_use(settings: Settings) -> bool:
    """Tell whether this host's audit key sealed the newest row of the log; True where there is no row."""
    return chain_check.is_newest_row_sealed(db.session.connection(), settings.audit_key)


def _may_be_contact_key(settings: Settings) -> bool:
    """Tell whether the contact key opens one of the newest sealed values; True where nothing is sealed."""
    sealed_values = list(_newest_sealed())
    return not sealed_values or any(_is_opened(sealed, settings.contact_key) for sealed in sealed_values)


def _newest_sealed() -> Iterator[bytes]:
    """Yield the newest sealed value of each kind."""
    for column in SEALED.values():
        identity = sa.inspect(column.class_).primary_key[0]
        sealed = db.session.scalar(sa.select(column).where(column.is_not(None)).order_by(identity.desc()).limit(1))
        if sealed:
            yield sealed


def _is_opened(sealed: bytes, key: str) -> bool:
    try:
        decrypt_bytes(sealed, key)
    except DecryptionError:
        return False
    return True


def _write_record(settings: Settings, now: datetime) -> None:
    """Replace the recorded fingerprints with those of this host's keys, in the current transaction."""
    host = socket.gethostname()[:180]
    db.session.execute(sa.delete(InstanceKey))
    db.session.add_all(
        InstanceKey(name=name, fingerprint=fingerprint, host=host, recorded_at=now)
        for name, fingerprint in fingerprints(settings).items()
    )
    db.session.flush()


def consequences(settings: Settings) -> list[str]:
    """Describe what is lost when this host's keys are accepted."""
    differing = differing_keys(settings)
    lines = []
    if CONTACT_KEY in differing or not _may_be_contact_key(settings):
        counts = {name: _count_rows(column) for name, column in SEALED.items()}
        sealed = ", ".join(f"{count} {name}" for name, count in counts.items())
        lines.append(f"contact_key: {sealed} are sealed with the key before, and cannot be opened without it")
    if "password_salt" in differing:
        lines.append("password_salt: where it is another one no password fits: hoax-tracker officer reset for each")
    if "secret_key" in differing:
        lines.append("secret_key: where it is another one everybody signs in again")
    return lines


def _count_rows(column: sa.orm.InstrumentedAttribute[bytes | None]) -> int:
    """Return how many rows hold a sealed value in a column."""
    return db.session.scalar(sa.select(sa.func.count(column))) or 0


def accept_keys(settings: Settings, now: datetime) -> None:
    """Make this host's keys those of the instance. The audit log records which keys were replaced.

    Raises KeysDifferError where another audit key seals the log: ``start_new_audit_key`` replaces it and records the
    officer and the reason.
    """
    with write_transaction():
        _seal_rows_before_key(settings, now)
        differing = [name for name in differing_keys(settings) if name != AUDIT_KEY]
        _write_record(settings, now)
        audit_log.record_event("keys_accepted", "instance", officer=None, now=now, detail={"replaced": differing})
    note_key_began(settings, now)


def start_new_audit_key(settings: Settings, reason: str, *, by: Officer, now: datetime) -> bool:
    """Let this host's audit key seal the log from here on, where the previous key is lost.

    The log records the officer and the reason. Returns False where this key already seals the log.
    """
    with write_transaction():
        if _is_audit_key_in_use(settings):
            return False
        before = chain_check.verify_chain_in(db.session.connection(), "")
        detail = {"reason": reason, "rows": before.rows, "broken_at": before.broken_at}
        audit_log.start_audit_key(officer=by, now=now, detail=detail)
        row = db.session.get(InstanceKey, AUDIT_KEY) or InstanceKey(name=AUDIT_KEY)
        row.fingerprint, row.host, row.recorded_at = fingerprints(settings)[AUDIT_KEY], socket.gethostname()[:180], now
        db.session.add(row)
    note_key_began(settings, now)
    return True


KEYS_AT_ONCE = 500
"""Primary keys that are read ahead. Of what is sealed one value at a time is in memory."""


@dataclass(frozen=True)
class ResealedColumn:
    """What became of a column: how many values were encrypted anew, and how many stay because no key opens them."""

    name: str
    resealed: int
    unreadable: int


def rotate_contact_key(settings: Settings, now: datetime) -> Settings:
    """Return the settings with a new key before the others, or finish a rotation that was interrupted.

    Raises KeysDifferError where this host has not the keys of the instance, InvalidInputError where the environment
    holds the keys: then whoever set them puts the new one there.
    """
    if not _is_rotation_unfinished(settings):
        require_instance_keys(settings)
        if not _is_from_file(settings, CONTACT_KEY):
            raise InvalidInputError(
                "HOAX_TRACKER_CONTACT_KEY is set: put a new key and a comma before its value on every host, then run "
                "this command again"
            )
        keys = Fernet.generate_key().decode() + BETWEEN_KEYS + settings.contact_key
        replace_secret(settings.data_folder / CONTACT_KEY, keys)
        settings = replace(settings, contact_key=keys)
    with write_transaction():
        _write_record(settings, now)
        audit_log.record_event("keys_rotated", "instance", officer=None, now=now)
    return settings


def sealed_columns() -> list[sa.Column[Any]]:
    """Return every column that holds what the contact key sealed."""
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    return [column for column in columns if isinstance(column.type, SealedBytes)]


def reseal_all(settings: Settings, now: datetime) -> Iterator[ResealedColumn]:
    """Encrypt anew, with the newest key, what older ones sealed; yield what became of each column.

    The audit log has it once all is done.
    """
    done = []
    for column in sealed_columns():
        done.append(_reseal_column(column, settings.contact_key))
        yield done[-1]
    with write_transaction():
        detail = {"resealed": sum(one.resealed for one in done), "unreadable": sum(one.unreadable for one in done)}
        audit_log.record_event("keys_resealed", "instance", officer=None, now=now, detail=detail)


def _reseal_column(column: sa.Column[Any], keys: str) -> ResealedColumn:
    """Encrypt the values of a column anew, in short transactions by primary key."""
    resealed, unreadable, after = 0, 0, None
    while waiting := _list_sealed_rows(column, after):
        after = waiting[-1]
        while waiting:
            handled, changed, closed = _reseal_some(column, waiting, keys)
            waiting, resealed, unreadable = waiting[handled:], resealed + changed, unreadable + closed
    return ResealedColumn(f"{column.table.name}.{column.name}", resealed, unreadable)


def _list_sealed_rows(column: sa.Column[Any], after: Any) -> Sequence[Any]:
    """Return the next primary keys whose row holds a sealed value."""
    (key,) = column.table.primary_key
    query = sa.select(key).where(column.is_not(None)).order_by(key).limit(KEYS_AT_ONCE)
    with read_transaction():
        found = db.session.scalars(query if after is None else query.where(key > after)).all()
        db.session.rollback()
    return found


def _reseal_some(column: sa.Column[Any], rows: Sequence[Any], keys: str) -> tuple[int, int, int]:
    """Encrypt the values of the first rows anew, for as long as a transaction should take.

    Return how many rows were looked at, how many changed, and how many no key opens. A value that somebody changed
    meanwhile is left alone: whoever changed it has the newest key.
    """
    (key,) = column.table.primary_key
    handled, changed, closed, end = 0, 0, 0, time.monotonic() + HELD_S
    with write_transaction(None, in_batches=True):
        for row in rows:
            handled += 1
            sealed = db.session.scalar(sa.select(column).where(key == row))
            try:
                anew = encrypt_anew(sealed, keys) if sealed else None
            except DecryptionError:
                closed += 1
                continue
            if anew is not None:
                same = sa.and_(key == row, column == sealed)
                db.session.execute(sa.update(column.table).where(same).values({column.name: anew}))
                changed += 1
            if time.monotonic() > end:
                break
    return handled, changed, closed
