"""Units, places, programmes, office hours and other reference data."""

FACE = (
    "channels.facts",
    "channels.hosts",
    "channels.list_values",
    "channels.mentions",
    "channels.official_list",
    "channels.social",
    "chat_channels",
    "named_units",
    "office_hours",
    "places",
    "public_contacts",
    "reference_data",
    "unit_tree",
    "units",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
