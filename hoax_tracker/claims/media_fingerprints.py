"""Known recordings: a voice note, video or picture whose very bytes two officers know to tell a claim.

An officer uploads the file on the claim's page; its SHA-256 and length are kept, never the file. A second person
confirms that it tells this claim. Of a file that came in a chat with a report the digest is kept with the report, so
that it can be proposed by whoever answers the claim without having the file.

From then on whoever sends the same bytes is answered with the page that judged the
claim, as whoever sends its judged words is; without such a page they tell nobody anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l, ngettext

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, Values, register_row_act
from hoax_tracker.claims.public_words.judged_claims import newest_answer_by_claim
from hoax_tracker.claims.recusal import WITH_ACCUSATIONS, is_accused
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import Claim, ClaimAppearance, MediaFingerprint, Officer, Proposal, ReportedMedia, db

KEY_LENGTH = 40
"""Of the digest in the subject of a proposal."""
REPORTED_SHOWN = 20
_OF_CLAIM = (ClaimAppearance, ClaimAppearance.report_id == ReportedMedia.report_id)
KIND_LABELS = {"audio": _l("Rekaman suara"), "video": _l("Video"), "image": _l("Gambar")}


def digest_media(data: bytes) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(data).hexdigest()


def label_media(kind: str) -> str:
    """Return what a kind of recording is called."""
    return str(KIND_LABELS.get(kind) or _("Berkas"))


def _find_fingerprint(key: str) -> MediaFingerprint:
    """Return the fingerprint with a digest that begins so, or one that is not stored and known of nothing."""
    known = db.session.scalar(sa.select(MediaFingerprint).where(MediaFingerprint.sha256.startswith(key)))
    return known or MediaFingerprint(sha256="", kind="", size_bytes=0, claim_id=None, is_known=False)


def _require_open_claim(_row: Any, values: Values) -> None:
    """Raise InvalidInputError where the claim is gone or was merged into another."""
    claim = db.session.get(Claim, values["claim_id"])
    if claim is None or claim.merged_into_id is not None:
        message = _("Klaim itu sudah digabung atau tidak ada lagi. Buka klaim yang berlaku, lalu ulangi di sana.")
        raise InvalidInputError("no such claim", user_message=message)


def _require_claim(claim_id: int) -> Claim:
    """Return a claim with what it accuses. Raises NotFoundError."""
    claim = db.session.get(Claim, claim_id, options=WITH_ACCUSATIONS)
    if claim is None:
        raise NotFoundError(f"claim {claim_id}")
    return claim


def _describe_effect(proposal: Proposal) -> str:
    """Say to the confirmer what residents are told, and what to look at before."""
    if not proposal.values.get("is_known"):
        return str(_("Siapa pun yang mengirim berkas ini di obrolan tidak lagi dijawab dengan klaim itu."))
    effect = _(
        "Siapa pun yang mengirim berkas yang sama persis dijawab dengan klarifikasi klaim ini. Berkasnya tidak "
        "disimpan: minta kepada pengusul, dengarkan atau lihat sendiri, baru setujui."
    )
    count = _count_reports_with(proposal.values["sha256"], proposal.values["claim_id"])
    came = ngettext(
        "Berkas ini datang bersama %(num)d aduan klaim ini; yang melapor belum tentu benar menyebut isinya.",
        "Berkas ini datang bersama %(num)d aduan klaim ini; yang melapor belum tentu benar menyebut isinya.",
        count,
    )
    return f"{effect} {came}" if count else str(effect)


def _count_reports_with(sha256: str, claim_id: int) -> int:
    """Return how many reports of a claim came with a file."""
    query = sa.select(sa.func.count()).select_from(ReportedMedia).join(*_OF_CLAIM)
    return db.session.scalar(query.where(ClaimAppearance.claim_id == claim_id, ReportedMedia.sha256 == sha256)) or 0


def _title(proposal: Proposal) -> str:
    label = label_media(proposal.values.get("kind", ""))
    return str(_("%(media)s pada klaim %(number)s", media=label, number=proposal.values["claim_id"]))


RECORDINGS = RowAct(
    "recording",
    _l("Rekaman yang dikenal"),
    ActClass.PUBLIC,
    {
        "sha256": _l("SHA-256"),
        "kind": _l("Jenis"),
        "size_bytes": _l("Panjang (bita)"),
        "claim_id": _l("Klaim"),
        "is_known": _l("Dikenal"),
    },
    find=_find_fingerprint,
    check=_require_open_claim,
    title=_title,
    effect=_describe_effect,
    link=lambda proposal: ("review.claim", {"claim_id": proposal.values["claim_id"]}),
    is_impartial=lambda proposal, person: not is_accused(_require_claim(proposal.values["claim_id"]), person),
)
"""The key of a row is the beginning of its digest."""
register_row_act(RECORDINGS)


def propose_recording(claim_id: int, data: bytes, media_type: str, *, by: Officer, now: datetime) -> Proposal | None:
    """Propose that a file tells a claim; None where that is known. Raises InvalidInputError or NotAllowedError."""
    _require_outsider(claim_id, by)
    if not data:
        message = _("Pilih berkasnya dulu: rekaman suara, video, atau gambar.")
        raise InvalidInputError("no file", user_message=message, field="file")
    kind = media_type.partition("/")[0].lower()
    values = {
        "sha256": digest_media(data),
        "kind": kind if kind in KIND_LABELS else "file",
        "size_bytes": len(data),
        "claim_id": claim_id,
        "is_known": True,
    }
    return _propose(values, by, now)


def propose_reported_recording(claim_id: int, sha256: str, *, by: Officer, now: datetime) -> Proposal | None:
    """Propose that a file which came with a report of the claim tells it; None where that is known.

    Raises NotFoundError where none came so, InvalidInputError or NotAllowedError.
    """
    row = next((one for one in list_reported_media(claim_id) if one.sha256 == sha256), None)
    if row is None:
        raise NotFoundError(f"no such file at claim {claim_id}")
    _require_outsider(claim_id, by)
    values = {"sha256": row.sha256, "kind": row.kind, "size_bytes": row.size_bytes, "claim_id": claim_id}
    return _propose(values | {"is_known": True}, by, now)


def propose_forgetting(claim_id: int, fingerprint_id: int, *, by: Officer, now: datetime) -> Proposal | None:
    """Propose that a file tells its claim no more. Raises NotFoundError, InvalidInputError or NotAllowedError."""
    row = db.session.get(MediaFingerprint, fingerprint_id)
    if row is None or row.claim_id != claim_id:
        raise NotFoundError(f"recording {fingerprint_id} at claim {claim_id}")
    _require_outsider(claim_id, by)
    return _propose(RECORDINGS.read_values(row) | {"is_known": False}, by, now)


def _propose(values: Values, by: Officer, now: datetime) -> Proposal | None:
    """Propose the values of a recording, in a transaction of its own."""
    key = values["sha256"][:KEY_LENGTH]
    before = values_digest(RECORDINGS.values_to_edit(_find_fingerprint(key), key))
    db.session.rollback()
    return RECORDINGS.propose(key, values, before, by=by, now=now)


def _require_outsider(claim_id: int, officer: Officer) -> None:
    """Raise NotAllowedError for a member of the unit that the claim accuses."""
    if is_accused(_require_claim(claim_id), officer):
        message = _("Klaim ini tentang perangkat daerah Anda, sehingga petugas lain yang mencatatnya.")
        raise NotAllowedError("of the accused unit", user_message=message)


def list_known_recordings(claim_id: int) -> Sequence[MediaFingerprint]:
    """Return the recordings that two people know to tell a claim."""
    known = sa.select(MediaFingerprint).where(MediaFingerprint.claim_id == claim_id, MediaFingerprint.is_known)
    return db.session.scalars(known.order_by(MediaFingerprint.id)).all()


@dataclass(frozen=True)
class ReportedFile:
    """A file that came with reports of a claim, and with how many."""

    sha256: str
    kind: str
    size_bytes: int
    reports: int


def list_reported_media(claim_id: int) -> list[ReportedFile]:
    """Return the files that came with the claim's reports and are known of no claim, the most frequent first."""
    known = sa.select(MediaFingerprint.sha256).where(MediaFingerprint.is_known)
    count = sa.func.count()
    query = (
        sa.select(ReportedMedia.sha256, sa.func.min(ReportedMedia.kind), sa.func.min(ReportedMedia.size_bytes), count)
        .join(*_OF_CLAIM)
        .where(ClaimAppearance.claim_id == claim_id, ReportedMedia.sha256.not_in(known))
        .group_by(ReportedMedia.sha256)
        .order_by(count.desc(), ReportedMedia.sha256)
        .limit(REPORTED_SHOWN)
    )
    return [ReportedFile(*row) for row in db.session.execute(query)]


def keep_reported_media(report_id: int, data: bytes, kind: str) -> None:
    """Keep the digest of a file that came with a report, once, in the current transaction."""
    if not data:
        return
    row = {
        "report_id": report_id,
        "sha256": digest_media(data),
        "kind": kind if kind in KIND_LABELS else "file",
        "size_bytes": len(data),
    }
    stored = insert_into(ReportedMedia).values(row)
    db.session.execute(stored.on_conflict_do_nothing(index_elements=["report_id", "sha256"]))


def knows_any_recording() -> bool:
    """Tell whether any recording is known: otherwise none need be fetched to be compared."""
    return db.session.scalar(sa.select(MediaFingerprint.id).where(MediaFingerprint.is_known).limit(1)) is not None


def find_page_of_media(sha256: str) -> int | None:
    """Return the id of the public page that judged the claim which these bytes tell, or None."""
    known = sa.select(MediaFingerprint.claim_id).where(MediaFingerprint.sha256 == sha256, MediaFingerprint.is_known)
    claim_id = db.session.scalar(known)
    return newest_answer_by_claim([claim_id]).get(claim_id) if claim_id is not None else None
