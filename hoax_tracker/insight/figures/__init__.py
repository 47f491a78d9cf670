"""Figures: queries that return plain dataclasses."""
