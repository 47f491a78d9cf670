"""What the city's work adds up to: figures over time, how they are drawn, and the pages that show them."""

FACE = (
    "early_warning.alarms",
    "figures.desk_summary",
    "figures.month_figures",
    "figures.public_numbers",
    "reports.drafts",
    "reports.versions",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
