"""Choosing the picture that circulates for a page, from the evidence of its claims.

It is drawn anew when the draft or the correction is saved, with the verdict that is chosen there, so that the second
person confirms the very file that residents will see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _
from sqlalchemy.orm import selectinload

from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.clarify.content import ClarificationContent, PagePicture, clarification_content, content_from_json
from hoax_tracker.core.content.images import SafePicture
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.drawing.crossed_pictures import cross_picture
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.core.encryption import compress_and_encrypt, decrypt_and_decompress
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Claim, Clarification, Evidence, EvidenceCopy, EvidenceKind, Officer, Verdict, db

JPEG_TYPE = "image/jpeg"


def list_choices(page: Clarification, officer: Officer) -> Sequence[Evidence]:
    """Return the pictures among the evidence of the page's claims that the officer may see, the newest first."""
    answered = sa.select(Claim).where(Claim.id.in_([claim.id for claim in page.claims]))
    known = db.session.scalars(answered.options(selectinload(Claim.accusations)))
    claims = [claim.id for claim in known if not is_accused(claim, officer)]
    if not claims or not can_draw_cards():
        return []
    query = (
        sa.select(Evidence)
        .join(EvidenceCopy, EvidenceCopy.evidence_id == Evidence.id)
        .where(Evidence.claim_id.in_(claims), Evidence.kind == EvidenceKind.FILE)
        .where(EvidenceCopy.media_type == JPEG_TYPE, EvidenceCopy.sealed.is_not(None))
    )
    return db.session.scalars(query.order_by(Evidence.id.desc())).all()


def list_stored(page: Clarification) -> list[tuple[Verdict | None, PagePicture]]:
    """Return the pictures that are drawn already, of a proposal and of the page, each with its verdict."""
    contents = [clarification_content(page)]
    if page.proposed:
        contents.insert(0, content_from_json(page.proposed))
    return [(content.verdict, content.picture) for content in contents if content.picture is not None]


def put_picture(
    page: Clarification, content: ClarificationContent, wish: PagePicture, *, key: str, officer: Officer, now: datetime
) -> ClarificationContent:
    """Return the content with the picture that its author chose, drawn where it is another one or has another verdict.

    ``wish`` says which evidence, and the text for who cannot see it. Raises InvalidInputError without a verdict, or
    where the evidence is gone, ServiceBusyError where others' pictures are read.
    """
    if not wish.evidence:
        return replace(content, picture=None)
    if content.verdict is None:
        message = _("Pilih putusannya dulu: gambar dicoret dengan putusan itu.")
        raise InvalidInputError("no verdict to cross with", user_message=message, field="picture")
    for verdict, stored in list_stored(page):
        if (stored.evidence, verdict) == (wish.evidence, content.verdict):
            return replace(content, picture=replace(stored, alt=wish.alt))
    picture = _draw(page, wish.evidence, content.verdict, key, officer)
    digest = hashlib.sha256(picture.data).hexdigest()
    _store(page, picture, digest, key=key, officer=officer, now=now)
    return replace(content, picture=replace(wish, digest=digest, width=picture.width, height=picture.height))


def _draw(page: Clarification, evidence_id: int, verdict: Verdict, key: str, officer: Officer) -> SafePicture:
    """Return a piece of evidence, small and crossed with the verdict."""
    row = next((one for one in list_choices(page, officer) if one.id == evidence_id), None)
    sealed = row.copy.sealed if row is not None and row.copy is not None else None
    if sealed is None:
        message = _("Gambar itu tidak ada lagi di antara bukti klaimnya. Pilih yang lain, atau tanpa gambar.")
        raise InvalidInputError("no such picture", user_message=message, field="picture")
    data = decrypt_and_decompress(sealed, key)
    with force_locale("id"):
        word = str(verdict.label)
    db.session.rollback()  # nobody waits for this connection while it is drawn
    return cross_picture(data, word, verdict.shape)


def _store(
    page: Clarification, picture: SafePicture, digest: str, *, key: str, officer: Officer, now: datetime
) -> None:
    """Store the drawn file with the page; what no content names is deleted when the page is written next."""
    sealed = compress_and_encrypt(picture.data, key)
    copy = EvidenceCopy(sealed=sealed, media_type=JPEG_TYPE, size_bytes=len(picture.data), kept_at=now)
    row = Evidence(kind=EvidenceKind.FILE, title="", file_name=f"{digest[:12]}.jpg", digest=digest, copy=copy)
    row.clarification_id, row.added_by_id, row.added_at = page.id, officer.id, now
    with write_transaction():
        db.session.add(row)
