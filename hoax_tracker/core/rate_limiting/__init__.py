"""Limits per address and in total, and where they are counted."""
