"""The JSON API for other programs: check, report, read what is public, open data."""
