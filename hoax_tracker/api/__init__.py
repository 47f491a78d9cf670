"""The JSON API of the check and report pages, for other programs."""
