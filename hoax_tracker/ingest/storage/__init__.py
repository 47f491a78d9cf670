"""Storing entries: new ones, known ones, and deleted ones that must not return."""
