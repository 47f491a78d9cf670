"""Labels on claims: short words that officers choose, put on and taken off by anybody who decides about the claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims.recusal import require_decider
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.errors import Invalid, NotFound
from hoax_tracker.models import Claim, Officer, Tag, claim_tag, db

LONGEST = 40
MOST = 12
OFFERED = 200


def put_on(claim_id: int, names: str, *, officer: Officer, now: datetime) -> list[str]:
    """Put labels (one, or several with commas between) on a claim; return those it did not have.

    Raises Invalid for none, a name that is too long, or too many on the claim; NotAllowed as for a decision.
    """
    wanted = names_in(names)
    with writing():
        claim = decided_by(claim_id, officer)
        missing = [tag for tag in made(wanted) if tag not in held(claim)]
        if len(held(claim)) + len(missing) > MOST:
            message = _("Satu klaim memuat paling banyak %(max)s label. Lepas dulu yang tidak perlu.", max=MOST)
            raise Invalid("too many labels", user_message=message, field="label")
        held(claim).extend(missing)
        added = [tag.name for tag in missing]
        if added:
            audit_log.record("claim_tagged", f"claim:{claim.id}", officer=officer, now=now, detail={"labels": added})
        return added


def take_off(claim_id: int, name: str, *, officer: Officer, now: datetime) -> bool:
    """Take a label off a claim; False where it has none of that name. One that no claim has any more is gone."""
    with writing():
        claim = decided_by(claim_id, officer)
        tag = next((tag for tag in held(claim) if tag.name == name), None)
        if tag is None:
            return False
        held(claim).remove(tag)
        db.session.flush()
        audit_log.record("claim_untagged", f"claim:{claim.id}", officer=officer, now=now, detail={"labels": [name]})
        drop_unused([tag.id])
        return True


def decided_by(claim_id: int, officer: Officer) -> Claim:
    """Return the claim. Raises NotFound, or NotAllowed unless the officer may decide about it."""
    claim = db.session.get(Claim, claim_id)
    if claim is None:
        raise NotFound(f"claim {claim_id}")
    require_decider(claim, officer)
    return claim


def held(claim: Claim) -> list[Tag]:
    """Return the labels of a claim, to be changed in place."""
    tags: list[Tag] = claim.tags  # type: ignore[attr-defined]
    return tags


def names_in(text: str) -> list[str]:
    """Return the labels in what was typed: lower case, one blank between words, each once. Raises Invalid."""
    parts = (" ".join(part.replace("\x00", "").casefold().split()).lstrip("#").strip() for part in text.split(","))
    names = list(dict.fromkeys(part for part in parts if part))
    if not names:
        raise Invalid("no label", user_message=_("Tulis labelnya."), field="label")
    for name in names:
        if len(name) > LONGEST:
            message = _("Label «%(name)s…» terlalu panjang: paling banyak %(max)s huruf.", name=name[:20], max=LONGEST)
            raise Invalid("a label that is too long", user_message=message, field="label")
    return names


def made(names: Sequence[str]) -> list[Tag]:
    """Return the rows of labels, made where they are new, in the current transaction."""
    found = {tag.name: tag for tag in db.session.scalars(sa.select(Tag).where(Tag.name.in_(names)))}
    fresh = [Tag(name=name) for name in names if name not in found]
    db.session.add_all(fresh)
    db.session.flush()
    return [found[name] for name in names if name in found] + fresh


def drop_unused(ids: Collection[int]) -> None:
    """Delete those of the labels that no claim has."""
    used = sa.select(claim_tag.c.tag_id).where(claim_tag.c.tag_id == Tag.id).exists()
    db.session.execute(sa.delete(Tag).where(Tag.id.in_(ids), ~used))


def labels_of_claim() -> sa.ScalarSelect[str]:
    """Return the column that holds the labels of each claim of a query; no name has a comma in it."""
    joined = sa.func.aggregate_strings(Tag.name, ",")
    query = sa.select(joined).join(claim_tag, claim_tag.c.tag_id == Tag.id)
    return query.where(claim_tag.c.claim_id == Claim.id).correlate(Claim).scalar_subquery()


def names_of(column: str | None) -> list[str]:
    """Return the names in that column, by name."""
    return sorted(column.split(",")) if column else []


def ids_of(claim: Claim) -> list[int]:
    """Return the ids of a claim's labels, as a decision keeps them."""
    return sorted(tag.id for tag in held(claim))


def copy(claim: Claim, into: Claim) -> None:
    """Let another claim have the labels of this one, too."""
    held(into).extend(tag for tag in held(claim) if tag not in held(into))


def put_back(claim: Claim, before: Iterable[int], after: Iterable[int]) -> None:
    """Take off what a decision put on, and put on again what it took off, as far as it is still there."""
    tags, added = held(claim), set(after) - set(before)
    for tag in [tag for tag in tags if tag.id in added]:
        tags.remove(tag)
    lost = set(before) - set(after) - {tag.id for tag in tags}
    if lost:
        tags.extend(db.session.scalars(sa.select(Tag).where(Tag.id.in_(lost))))
