"""Units, places, programmes, office hours and other reference data."""

FACE = (
    "channels.facts",
    "channels.hosts",
    "channels.mentions",
    "channels.official_list",
    "named_units",
    "office_hours",
    "public_contacts",
    "reference_data",
    "units",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
