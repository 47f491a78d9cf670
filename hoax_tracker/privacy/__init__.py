"""Redaction, retention, and secure deletion."""
