"""Ingest: an address or file becomes bytes, entries and items."""

FACE = (
    "pages.full_text",
    "pages.snapshots",
    "service",
    "sources.address_kinds",
    "sources.edits",
    "sources.listing",
    "sources.opml",
    "sources.preview",
    "sources.statistics",
    "spreadsheets.importer",
    "spreadsheets.posts",
    "spreadsheets.reader",
    "websub",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
