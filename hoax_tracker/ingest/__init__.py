"""The first stage: an address or a report becomes bytes, entries and items."""
