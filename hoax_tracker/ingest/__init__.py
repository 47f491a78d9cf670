"""Ingest: an address or file becomes bytes, entries and items."""
