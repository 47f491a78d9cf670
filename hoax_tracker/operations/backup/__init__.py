"""Copies of an instance, whole and verified."""
