"""Redaction, retention, and the erasing of what was deleted."""
