"""Labels on claims: short words that any officer who may decide about a claim adds and removes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims.recusal import require_may_decide
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import Claim, Officer, Tag, claim_tag, db

LABEL_LENGTH_LIMIT = 40
LABELS_PER_CLAIM = 12
LABELS_OFFERED = 200


def add_labels(claim_id: int, names: str, *, officer: Officer, now: datetime) -> list[str]:
    """Add labels (one, or several separated by commas) to a claim; return the new ones.

    Raises InvalidInputError for no name, a long name, or too many labels; NotAllowedError as for a decision.
    """
    wanted = read_label_names(names)
    with write_transaction():
        claim = _require_claim_to_decide(claim_id, officer)
        missing = [tag for tag in _ensure_tags(wanted) if tag not in tags_of_claim(claim)]
        if len(tags_of_claim(claim)) + len(missing) > LABELS_PER_CLAIM:
            message = _(
                "Satu klaim memuat paling banyak %(max)s label. Lepas dulu yang tidak perlu.", max=LABELS_PER_CLAIM
            )
            raise InvalidInputError("too many labels", user_message=message, field="label")
        tags_of_claim(claim).extend(missing)
        added = [tag.name for tag in missing]
        if added:
            audit_log.record_event(
                "claim_tagged", f"claim:{claim.id}", officer=officer, now=now, detail={"labels": added}
            )
        return added


def remove_label(claim_id: int, name: str, *, officer: Officer, now: datetime) -> bool:
    """Remove a label from a claim; False where it has none of that name. Unused labels are deleted."""
    with write_transaction():
        claim = _require_claim_to_decide(claim_id, officer)
        tag = next((tag for tag in tags_of_claim(claim) if tag.name == name), None)
        if tag is None:
            return False
        tags_of_claim(claim).remove(tag)
        db.session.flush()
        audit_log.record_event(
            "claim_untagged", f"claim:{claim.id}", officer=officer, now=now, detail={"labels": [name]}
        )
        _delete_unused_tags([tag.id])
        return True


def _require_claim_to_decide(claim_id: int, officer: Officer) -> Claim:
    """Return the claim. Raises NotFoundError, or NotAllowedError where the officer may not decide about it."""
    claim = db.session.get(Claim, claim_id)
    if claim is None:
        raise NotFoundError(f"claim {claim_id}")
    require_may_decide(claim, officer)
    return claim


def tags_of_claim(claim: Claim) -> list[Tag]:
    """Return the claim's label rows for update."""
    tags: list[Tag] = claim.tags  # type: ignore[attr-defined]
    return tags


def read_label_names(text: str) -> list[str]:
    """Return the typed labels in lower case, with single blanks and without repeats. Raises InvalidInputError."""
    parts = (" ".join(part.replace("\x00", "").casefold().split()).lstrip("#").strip() for part in text.split(","))
    names = list(dict.fromkeys(part for part in parts if part))
    if not names:
        raise InvalidInputError("no label", user_message=_("Tulis labelnya."), field="label")
    for name in names:
        if len(name) > LABEL_LENGTH_LIMIT:
            message = _(
                "Label «%(name)s…» terlalu panjang: paling banyak %(max)s huruf.",
                name=name[:20],
                max=LABEL_LENGTH_LIMIT,
            )
            raise InvalidInputError("a label that is too long", user_message=message, field="label")
    return names


def _ensure_tags(names: Sequence[str]) -> list[Tag]:
    """Return the rows of labels, creating missing ones in the current transaction."""
    tags_by_name = {tag.name: tag for tag in db.session.scalars(sa.select(Tag).where(Tag.name.in_(names)))}
    fresh = [Tag(name=name) for name in names if name not in tags_by_name]
    db.session.add_all(fresh)
    db.session.flush()
    return [tags_by_name[name] for name in names if name in tags_by_name] + fresh


def _delete_unused_tags(ids: Collection[int]) -> None:
    """Delete those of the labels that no claim uses."""
    used = sa.select(claim_tag.c.tag_id).where(claim_tag.c.tag_id == Tag.id).exists()
    db.session.execute(sa.delete(Tag).where(Tag.id.in_(ids), ~used))


def labels_column() -> sa.ScalarSelect[str]:
    """Return the column that lists the labels of each claim, joined by commas; no name contains one."""
    joined = sa.func.aggregate_strings(Tag.name, ",")
    query = sa.select(joined).join(claim_tag, claim_tag.c.tag_id == Tag.id)
    return query.where(claim_tag.c.claim_id == Claim.id).correlate(Claim).scalar_subquery()


def split_label_names(column: str | None) -> list[str]:
    """Return the names in that column, sorted."""
    return sorted(column.split(",")) if column else []


def tag_ids_of_claim(claim: Claim) -> list[int]:
    """Return the ids of a claim's labels, as a change record stores them."""
    return sorted(tag.id for tag in tags_of_claim(claim))


def copy_labels(claim: Claim, into: Claim) -> None:
    """Add this claim's labels to another claim."""
    tags_of_claim(into).extend(tag for tag in tags_of_claim(claim) if tag not in tags_of_claim(into))


def restore_labels(claim: Claim, before: Iterable[int], after: Iterable[int]) -> None:
    """Remove the labels that a decision added and add those it removed, where they still exist."""
    tags, added = tags_of_claim(claim), set(after) - set(before)
    for tag in [tag for tag in tags if tag.id in added]:
        tags.remove(tag)
    lost = set(before) - set(after) - {tag.id for tag in tags}
    if lost:
        tags.extend(db.session.scalars(sa.select(Tag).where(Tag.id.in_(lost))))
