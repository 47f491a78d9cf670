"""Evidence on a claim: links, which the worker snapshots, and files, including those of a unit's answer.

Evidence is for officers only and never published. Members of the accused unit see only what their unit sent. The
officer who added a piece may delete it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload, lazyload

from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import compress_and_encrypt, decrypt_and_decompress
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.core.fetch.errors import AddressRefusedError
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import Claim, Evidence, EvidenceCopy, EvidenceKind, Officer, Question, db
from hoax_tracker.privacy.retention import forget_deleted
from hoax_tracker.review.decisions.service import require_officer, require_unmerged
from hoax_tracker.review.evidence.safe_files import SafeFile

EVIDENCE_PER_CLAIM = 40
TITLE_LONGEST, ADDRESS_LONGEST = 300, 2_000


@dataclass(frozen=True)
class StoredEvidence:
    """A piece of evidence with its stored bytes (None: none stored)."""

    row: Evidence
    data: bytes | None


def add_evidence_link(
    claim_id: int,
    address: str,
    title: str,
    *,
    allow: frozenset[tuple[str, int]] = frozenset(),
    officer: Officer,
    now: datetime,
) -> int:
    """Add a link to a claim and return its id. The worker fetches a snapshot. Adding a link twice keeps one.

    ``allow``: (host, port) pairs that may be fetched though not public. Raises InvalidInputError for a private address,
    NotAllowedError for a member of the accused unit.
    """
    url = _require_public_address(address, allow)
    with write_transaction():
        claim = _require_claim_for_evidence(claim_id, officer)
        same = sa.select(Evidence.id).where(Evidence.claim_id == claim.id, Evidence.url == url)
        if (existing_id := db.session.scalar(same)) is not None:
            return existing_id
        _require_evidence_room(claim)
        row = Evidence(
            kind=EvidenceKind.LINK,
            title=_evidence_title(title, url),
            url=url,
            claim_id=claim.id,
            added_by_id=officer.id,
            added_at=now,
            copy=EvidenceCopy(next_look_at=now),
        )
        return _save_evidence(row, officer, now)


def add_evidence_file(claim_id: int, file: SafeFile, title: str, *, key: str, officer: Officer, now: datetime) -> int:
    """Add a file to a claim and return its id. Raises as ``add_evidence_link`` does."""
    with write_transaction():
        claim = _require_claim_for_evidence(claim_id, officer)
        _require_evidence_room(claim)
        return _save_evidence(
            _build_file_evidence(file, title, claim.id, key=key, officer=officer, now=now), officer, now
        )


def attach_answer_files(row: Question, files: Sequence[SafeFile], *, key: str, officer: Officer, now: datetime) -> None:
    """Store the files of a unit's answer in the current transaction. Raises InvalidInputError for too many."""
    _require_evidence_room(row.claim, len(files))
    for file in files:
        piece = _build_file_evidence(file, "", row.claim_id, key=key, officer=officer, now=now)
        piece.question_id = row.id
        _save_evidence(piece, officer, now)


def _build_file_evidence(
    file: SafeFile, title: str, claim_id: int, *, key: str, officer: Officer, now: datetime
) -> Evidence:
    """Return the row of a file with its encrypted content."""
    sealed = EvidenceCopy(
        sealed=compress_and_encrypt(file.data, key), media_type=file.media_type, size_bytes=len(file.data), kept_at=now
    )
    return Evidence(
        kind=EvidenceKind.FILE,
        title=_evidence_title(title, file.name),
        file_name=file.name,
        digest=file.digest,
        claim_id=claim_id,
        added_by_id=officer.id,
        added_at=now,
        copy=sealed,
    )


def _save_evidence(row: Evidence, officer: Officer, now: datetime) -> int:
    """Add the row and its audit event, and return its id."""
    db.session.add(row)
    db.session.flush()
    detail = {"evidence": row.id, "kind": row.kind.value, "digest": row.digest}
    audit_log.record_event("evidence_added", f"claim:{row.claim_id}", officer=officer, now=now, detail=detail)
    return row.id


def delete_evidence(evidence_id: int, *, officer: Officer, now: datetime) -> int:
    """Delete evidence that the officer added, and return its claim's id."""
    with write_transaction():
        row = _require_evidence(evidence_id)
        if row.added_by_id != officer.id:
            name = row.added_by.name if row.added_by else "–"
            message = _("Hanya %(name)s, yang menambahkannya, dapat menghapus bukti ini.", name=name)
            raise NotAllowedError("not who added it", user_message=message)
        claim_id = row.claim_id or 0
        detail = {"evidence": row.id, "digest": row.digest}
        audit_log.record_event("evidence_removed", f"claim:{claim_id}", officer=officer, now=now, detail=detail)
        db.session.delete(row)
    forget_deleted()
    return claim_id


def load_evidence(evidence_id: int, *, key: str, officer: Officer) -> StoredEvidence:
    """Return a piece of evidence with its content. Raises NotFoundError, NotAllowedError."""
    row = _require_evidence(evidence_id)
    _require_evidence_reader(row, officer)
    sealed = row.copy.sealed if row.copy else None
    return StoredEvidence(row, decrypt_and_decompress(sealed, key) if sealed is not None else None)


def _require_evidence(evidence_id: int) -> Evidence:
    """Return a claim's evidence. Raises NotFoundError, also for the sources of a clarification."""
    row = db.session.get(Evidence, evidence_id)
    if row is None or row.claim_id is None:
        raise NotFoundError(f"evidence {evidence_id}")
    return row


def list_claim_evidence(claim_id: int) -> Sequence[Evidence]:
    """Return the evidence of a claim, oldest first, with metadata of its snapshots but not their bytes."""
    query = (
        sa.select(Evidence)
        .outerjoin(Evidence.added_by)
        .where(Evidence.claim_id == claim_id)
        .options(
            contains_eager(Evidence.added_by).options(joinedload(Officer.unit), lazyload(Officer.roles)),
            joinedload(Evidence.copy),
        )
        .order_by(Evidence.id)
    )
    return db.session.scalars(query).all()


def list_answer_files(question_id: int) -> Sequence[Evidence]:
    """Return the files of an answer."""
    query = sa.select(Evidence).where(Evidence.question_id == question_id)
    return db.session.scalars(query.options(joinedload(Evidence.copy)).order_by(Evidence.id)).all()


def _require_claim_for_evidence(claim_id: int, officer: Officer) -> Claim:
    """Return the claim for an officer who may add to it.

    Raises NotFoundError, NotAllowedError, InvalidInputError where it is merged.
    """
    require_officer(officer)
    claim = db.session.get(Claim, claim_id)
    if claim is None:
        raise NotFoundError(f"claim {claim_id}")
    if is_accused(claim, officer):
        raise _accused_unit_error()
    require_unmerged(claim)
    return claim


def _require_evidence_reader(row: Evidence, officer: Officer) -> None:
    """Raise NotAllowedError for a member of the accused unit, unless their own unit sent it with its answer."""
    claim = db.session.get(Claim, row.claim_id)
    question = db.session.get(Question, row.question_id) if row.question_id else None
    theirs = question is not None and question.unit_id == officer.unit_id
    if claim is not None and not theirs and is_accused(claim, officer):
        raise _accused_unit_error()


def _accused_unit_error() -> NotAllowedError:
    message = _(
        "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. Buktinya hanya untuk petugas di luarnya."
    )
    return NotAllowedError("of the accused unit", user_message=message)


def _require_evidence_room(claim: Claim, further: int = 1) -> None:
    """Raise InvalidInputError where the claim would have too many pieces of evidence."""
    query = sa.select(sa.func.count()).where(Evidence.claim_id == claim.id)
    if (db.session.scalar(query) or 0) + further > EVIDENCE_PER_CLAIM:
        message = _(
            "Satu klaim memuat paling banyak %(max)s bukti. Hapus dulu yang tidak perlu.", max=EVIDENCE_PER_CLAIM
        )
        raise InvalidInputError("too much evidence", user_message=message, field="file")


def _require_public_address(address: str, allow: frozenset[tuple[str, int]]) -> str:
    """Return a public address in canonical form. Raises InvalidInputError for any other."""
    typed = address.strip()
    whole = typed if "://" in typed or not typed else f"https://{typed}"
    try:
        url = parse_target(whole, allow).url
    except AddressRefusedError as error:
        raise InvalidInputError(
            "not a public address", user_message=str(AddressRefusedError.user_message), field="url"
        ) from error
    if len(url) > ADDRESS_LONGEST:
        message = _("Alamat itu terlalu panjang: paling banyak %(max)s huruf.", max=ADDRESS_LONGEST)
        raise InvalidInputError("a long address", user_message=message, field="url")
    return url


def _evidence_title(title: str, otherwise: str) -> str:
    """Return the title in one line, or a substitute for a missing one."""
    return (" ".join(title.replace("\x00", " ").split()) or otherwise)[:TITLE_LONGEST]
