"""Units, places, programmes, office hours and other reference data."""
