"""The picture that circulates, on a clarification: small, with the verdict across it.

The uncrossed picture stays evidence of the claim, for officers only. What a page shows is a file of its own: the row
names its digest, which changes only with a second person's confirmation, and bytes with another digest are not shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import sqlalchemy as sa

from hoax_tracker.core.encryption import decrypt_and_decompress
from hoax_tracker.models import Evidence, EvidenceCopy, EvidenceKind, db


def read_crossed_picture(clarification_id: int, digest: str, key: str) -> bytes | None:
    """Return the JPEG that a page calls by its digest; None where it is not there, or is another one."""
    query = (
        sa.select(EvidenceCopy.sealed)
        .join(Evidence, Evidence.id == EvidenceCopy.evidence_id)
        .where(*_of_page(clarification_id), Evidence.digest == digest)
    )
    sealed = db.session.scalar(query.limit(1))
    data = decrypt_and_decompress(sealed, key) if sealed is not None else None
    return data if data is not None and hashlib.sha256(data).hexdigest() == digest else None


def delete_other_pictures(clarification_id: int, kept: Collection[str]) -> None:
    """Delete a page's pictures except those with these digests, in the current transaction."""
    old = sa.delete(Evidence).where(*_of_page(clarification_id), Evidence.digest.not_in(kept))
    db.session.execute(old)


def _of_page(clarification_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return Evidence.clarification_id == clarification_id, Evidence.kind == EvidenceKind.FILE
