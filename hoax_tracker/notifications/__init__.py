"""Notices on the desk, and mail."""
