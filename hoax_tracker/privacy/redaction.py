"""Texts without personal data, for stages that must not import one another."""

from __future__ import annotations

from hoax_tracker.check.privacy import without_personal_data

__all__ = ["without_personal_data"]
