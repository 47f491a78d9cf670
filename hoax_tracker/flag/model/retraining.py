"""The learning loop: decisions become a proposal, and a local model that stopped being better gives way to its base.

1. ``propose`` fits a local model on the decisions so far and registers it as a proposal where nothing speaks against
   it. Fitting and writing the file happen outside any transaction; a process that is killed leaves at most a file that
   no row names, which the next run writes again.
2. ``watch`` measures the local model in use on all decisions that stand now. Where its interval falls below the base or
   it flags more criticism, the shipped model takes over at once: the safe side needs no person.

Only a person puts a proposal into use (registry.py).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from classifiers.flagger.artefact import Bundle, code_version, load, save
from classifiers.flagger.local_adaptation import TooFewDecisionsError, adapt, base_of
from hoax_tracker.core.database.transactions import reading, writing
from hoax_tracker.flag.model import model_files, registry
from hoax_tracker.flag.model.comparison import compare
from hoax_tracker.flag.model.training_labels import Label, decided, hash_of, labels
from hoax_tracker.models import ModelVersion, db


def learn(now: datetime) -> ModelVersion | None:
    """Watch the model in use, then propose a new one; return the proposal, if there is a new one.

    Raises ModelUnusable where not even the shipped model can be read.
    """
    registry.keep_sound(now)
    watch(now)
    return propose(now)


def propose(now: datetime) -> ModelVersion | None:
    """Fit a local model on the decisions so far; None where they are too few or have not changed since the last one.

    What is registered but worse than its base is no proposal; it stays in the list with its figures.
    """
    with reading():
        found = labels()
        known = hash_of(found) in hashes()
        db.session.rollback()
    if known:
        return None
    try:
        bundle = fitted(found, now)
    except TooFewDecisionsError:
        return None
    path = file_for(found)
    save(bundle, path)
    with writing():
        return register(path, bundle, found, now)


def hashes() -> set[str]:
    """Return the hashes of the decisions that local models of the shipped base were fitted on."""
    base = model_files.digest_of(model_files.shipped())
    rows = db.session.scalars(sa.select(ModelVersion.about).where(ModelVersion.about.is_not(None)))
    return {str(about.get("data_hash")) for about in rows if about and about.get("base_digest") == base}


def fitted(found: list[Label], now: datetime) -> Bundle:
    """Return a local model. Raises TooFewDecisionsError."""
    about = {"data_hash": hash_of(found), "code_version": code_version(), "rows": len(found)}
    about["base_digest"] = model_files.digest_of(model_files.shipped())
    return adapt(load(model_files.shipped()), decided(found), about, now)


def file_for(found: list[Label]) -> Path:
    """Return where the model of these decisions is kept: the same decisions, the same file."""
    folder = model_files.folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"lokal-{hash_of(found)[:16]}.skops"


def register(path: Path, bundle: Bundle, found: list[Label], now: datetime) -> ModelVersion:
    """Register a fitted local model, as a proposal where nothing speaks against it; older proposals are withdrawn."""
    version = model_files.register(path, now, activate=False)
    base = base_of(bundle)
    compared = compare(bundle, base, found) if base is not None else None
    against = registry.objections(bundle, compared, version, model_files.active())
    version.about = (version.about or {}) | {"comparison": compared.as_json() if compared else None}
    db.session.execute(sa.update(ModelVersion).values(proposed_at=None))
    version.proposed_at = None if against else now
    db.session.flush()
    return version


def watch(now: datetime) -> bool:
    """Let the base take over from a local model in use that is no better any more; True where it did."""
    with reading():
        used = model_files.active()
        bundle = model_files.bundle_of(used) if used is not None else None
        base = base_of(bundle) if bundle is not None else None
        why = ""
        if used is not None and bundle is not None and base is not None:
            why = "; ".join(registry.objections(bundle, compare(bundle, base, labels()), used, None))
        db.session.rollback()
    if why:
        with writing():
            registry.fall_back(now, why)
    return bool(why)
