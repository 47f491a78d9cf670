"""The registry of model versions: proposed by the program, activated by a person, refused where that would be worse.

1. ``list_objections`` compares a version on officers' decisions with the one it would replace: worse, or more
   criticism flagged there or on its training corpus. Where neither can be compared, that is an objection too. A local
   model must be better than its base even at the lower end of the interval.
2. ``propose_version`` refuses while an objection stands, unless a person gives a reason, which the audit log keeps;
   ``activate_version`` follows once a second person confirmed that (activation.py).
3. Returning to the shipped model is never refused. Where the file of the active model is gone (from this host and the
   database), broken or made for another program, whoever needs it first falls back (``require_usable_version``); the
   audit log says why. A host with an older program than another's stands aside instead: others can use the model.

Scores of old versions stay: an assessment belongs to its version.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from classifiers.flagger.artefact import ArtefactError, Bundle
from classifiers.flagger.local_adaptation import find_base_bundle
from hoax_tracker.authority import proposals
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import Turn, read_transaction, take_turn, write_transaction
from hoax_tracker.errors import (
    DatabaseNotReadyError,
    EditConflictError,
    InvalidInputError,
    ModelUnusableError,
    NotAllowedError,
    NotFoundError,
)
from hoax_tracker.flag.model import activation, model_files
from hoax_tracker.flag.model.comparison import ModelComparison, compare_models
from hoax_tracker.flag.model.training_labels import list_training_labels
from hoax_tracker.models import ModelVersion, Officer, Proposal, RoleName, db

log = logging.getLogger(__name__)

MIN_REASON_LENGTH = 10


class ActivationRefusedError(InvalidInputError):
    """The version is worse than what it would replace; ``objections`` say how."""

    def __init__(self, objections: list[str]) -> None:
        words = " ".join(objections)
        super().__init__(words, user_message=words, field="reason")
        self.objections = objections


@dataclass(frozen=True)
class VersionStanding:
    """A version with its comparison to what it would replace (None: too few decisions), and the objections."""

    comparison: ModelComparison | None
    objections: list[str]


def _version_standing(version: ModelVersion) -> VersionStanding:
    """Return the standing of a version. Raises InvalidInputError where its file cannot be used."""
    bundle = require_usable_bundle(version)
    used = model_files.find_active_version()
    comparable = used is not None and used.id != version.id and not model_files.model_fault(used)
    against = find_base_bundle(bundle) or (require_usable_bundle(used) if used is not None and comparable else None)
    if against is None or model_files.model_path(version) == model_files.shipped_model_path():
        return VersionStanding(None, [])
    compared = compare_models(bundle, against, list_training_labels())
    return VersionStanding(compared, list_objections(bundle, compared, version, used))


def require_usable_bundle(version: ModelVersion) -> Bundle:
    """Return a version's model. Raises InvalidInputError where its file is missing, broken or of another program."""
    why = model_files.model_fault(version)
    if why:
        message = _("Model %(number)s tidak dapat dipakai: %(why)s. Tidak ada yang diubah.", number=version.id, why=why)
        raise InvalidInputError(message, user_message=message)
    return model_files.load_version_bundle(version)


def list_objections(
    bundle: Bundle, compared: ModelComparison | None, version: ModelVersion, used: ModelVersion | None
) -> list[str]:
    """Return the objections to activating a version."""
    objections = []
    local = find_base_bundle(bundle) is not None
    if local and compared is None:
        objections.append(_("Keputusan petugas belum cukup untuk membuktikan bahwa model ini lebih baik."))
    if compared is not None and (compared.gain_ci[0] <= 0 if local else compared.gain < 0):
        if local:
            objection = _("Pada %(number)d keputusan petugas, belum pasti model ini lebih baik daripada model dasar.")
        else:
            objection = _("Pada %(number)d keputusan petugas, model ini lebih buruk daripada yang dipakai.")
        objections.append(objection % {"number": compared.decisions})
    if (compared is not None and compared.worse_on_criticism) or _is_worse_on_corpus(version, used):
        objections.append(_("Model ini lebih sering menandai kritik."))
    asked = compared is not None and compared.flagged is not None
    if not local and not asked and "criticism_flagged" not in version.metrics:
        objections.append(_("Belum pernah diukur seberapa sering model ini menandai kritik."))
    return objections


def _is_worse_on_corpus(version: ModelVersion, used: ModelVersion | None) -> bool:
    """Tell whether a version flags more of the corpus's criticism than the active one, as far as both know."""
    ours = version.metrics.get("criticism_flagged")
    theirs = used.metrics.get("criticism_flagged") if used is not None else None
    return ours is not None and theirs is not None and ours > theirs


def propose_version(
    version_id: int, *, seen_active: int | None, officer: Officer | None, now: datetime, reason: str | None = None
) -> Proposal:
    """Propose a version for use; it assesses every item once a second person confirmed it. ``officer`` None: a command.

    ``seen_active``: the version that the person saw as active. Raises EditConflictError where another is by now,
    ActivationRefusedError where it is worse and no reason is given, InvalidInputError for an unusable file,
    NotFoundError, NotAllowedError.
    """
    if officer is not None and not officer.is_a(RoleName.ADMINISTRATOR):
        raise NotAllowedError("a model is put into use by an administrator")
    with read_transaction():  # comparing reads many texts: nobody waits for it
        standing = _version_standing(require_version(version_id))
        effect = _preview_effect(version_id, now)
        db.session.rollback()
    with write_transaction():
        version, used = require_version(version_id), model_files.find_active_version()
        if (used.id if used else None) != seen_active:
            message = _("Administrator lain baru saja mengganti model. Lihat keadaan terbaru, lalu putuskan lagi.")
            raise EditConflictError(f"model {seen_active} is not in use any more", user_message=message)
        note = (reason or "").strip()
        if standing.objections and len(note) < MIN_REASON_LENGTH:
            is_short = reason is not None
            short = [_("Alasannya paling sedikit %(count)d huruf.", count=MIN_REASON_LENGTH)] if is_short else []
            raise ActivationRefusedError(short + standing.objections)
        share(version)  # whichever host confirms it needs the file
        return proposals.propose(
            activation.ACT,
            f"model:{version.id}",
            {"version": version.id, "objections": standing.objections}
            | _describe_comparison(standing.comparison)
            | effect,
            by=officer,
            now=now,
            before={"version": seen_active},
            note=note,
        )


def _preview_effect(version_id: int, now: datetime) -> dict[str, Any]:
    """Return what a version would change in the queue (comparison.py); nothing where no usable one is in use."""
    from hoax_tracker.flag.model.comparison import preview_queue

    used = model_files.find_active_version()
    if used is None or used.id == version_id:
        return {}
    return preview_queue(model_files.load_version_bundle(require_version(version_id)), used, now)


def _describe_comparison(compared: ModelComparison | None) -> dict[str, Any]:
    """Return what the confirmer reads of a comparison, and the audit log keeps."""
    if compared is None:
        return {}
    gain_ci = [round(float(end), 4) for end in compared.gain_ci]
    return {"decisions": compared.decisions, "gain": round(float(compared.gain), 4), "gain_ci": gain_ci}


def activate_version(proposal: Proposal, by: Officer | None, now: datetime) -> dict[str, Any]:
    """Put a confirmed version into use, in the current transaction. Raises InvalidInputError for an unusable file."""
    version = require_version(proposal.values["version"])
    require_usable_bundle(version)
    set_active_version(version)
    detail: dict[str, Any] = {
        "reason": proposal.note,
        "replaces": proposal.before["version"],
        "forced": bool(proposal.values["objections"]),
    }
    detail |= {name: proposal.values[name] for name in ("decisions", "gain") if name in proposal.values}
    audit_log.record_event("model_activated", f"model:{version.id}", officer=by, now=now, detail=detail)
    return {}


def require_version(version_id: int) -> ModelVersion:
    """Return a version. Raises NotFoundError."""
    # What no column of ids holds is not asked for: the driver would raise.
    version = db.session.get(ModelVersion, version_id) if version_id < 2**31 else None
    if version is None:
        raise NotFoundError(f"model version {version_id}")
    return version


def set_active_version(version: ModelVersion) -> None:
    """Make a version the active one in the current transaction; it stops being a proposal.

    Whoever just assesses with the one before is waited for.
    """
    share(version)
    take_turn(Turn.MODEL)
    db.session.execute(sa.update(ModelVersion).where(ModelVersion.is_active).values(is_active=False))
    db.session.flush()
    version.is_active, version.proposed_at = True, None
    db.session.flush()


def share(version: ModelVersion) -> None:
    """Store the file of a version in the current transaction, where this host has it and the database does not."""
    if model_files.model_path(version) != model_files.shipped_model_path() and not model_files.is_stored(version):
        model_files.store_file(version, model_files.model_path(version))


def fall_back_to_shipped(now: datetime, why: str) -> ModelVersion:
    """Activate the shipped model in the current transaction; the audit log keeps the reason.

    Raises ModelUnusableError where that cannot be read either, and where another host runs a newer program.
    """
    if model_files.is_outdated():
        raise ModelUnusableError(
            f"{why}; another host runs a newer program: install it here, then run hoax-tracker init"
        )
    used = model_files.find_active_version()
    try:
        version = model_files.register_model_file(model_files.shipped_model_path(), now, activate=True)
        model_files.load_version_bundle(version)
    except (ArtefactError, OSError) as error:
        raise ModelUnusableError(str(error)) from error
    log.error("the model in use gave way to the shipped one: %s", why)
    detail = {"why": why, "replaces": used.id if used else None}
    audit_log.record_event("model_fell_back", f"model:{version.id}", officer=None, now=now, detail=detail)
    return version


def require_usable_version(now: datetime) -> ModelVersion:
    """Return the version to assess with, in a writing transaction: the active one, or the shipped one as fallback.

    Raises DatabaseNotReadyError where none is registered, ModelUnusableError where the shipped one cannot be read
    either.
    """
    version = model_files.find_active_version()
    if version is None:
        raise DatabaseNotReadyError("no model is active: run hoax-tracker init")
    why = model_files.model_fault(version)
    return fall_back_to_shipped(now, why) if why else version


def fall_back_if_unusable(now: datetime) -> bool:
    """Fall back to the shipped model where the active one cannot be used; True where it did.

    A file that only this host has, from an older program, is stored for the others. Raises ModelUnusableError where the
    shipped one cannot be read either.
    """
    with read_transaction():
        used = model_files.find_active_version()
        why = model_files.model_fault(used) if used is not None else ""
        only_here = (
            used is not None
            and model_files.model_path(used) != model_files.shipped_model_path()
            and not model_files.is_stored(used)
        )
        db.session.rollback()
    if why:
        with write_transaction():
            fall_back_to_shipped(now, why)
    elif only_here:
        with write_transaction():
            if used := model_files.find_active_version():
                share(used)
    return bool(why)
