"""Web pages behind items: their text, and snapshots."""
