"""Putting a model into use as two people do."""

from __future__ import annotations

from datetime import datetime

from hoax_tracker.flag.model import registry
from hoax_tracker.models import ModelVersion, Officer
from tests import factories


def activate_by_two(
    version_id: int, *, seen_active: int | None, officer: Officer | None, now: datetime, reason: str = ""
) -> ModelVersion:
    """Propose a version and let an independent approver confirm it."""
    registry.propose_version(version_id, seen_active=seen_active, officer=officer, now=now, reason=reason)
    factories.confirm_waiting(acts=("model",))
    return registry.require_version(version_id)
