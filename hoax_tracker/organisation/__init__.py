"""Units, places, programmes, office hours and other reference data."""

FACE = (
    "channels.facts",
    "channels.hosts",
    "channels.mentions",
    "channels.official_list",
    "channels.social",
    "chat_channels",
    "named_units",
    "office_hours",
    "personal_contacts",
    "places",
    "public_contacts",
    "reference_data",
    "units",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
