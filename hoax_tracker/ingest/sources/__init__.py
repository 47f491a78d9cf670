"""A source: its kind, schedule, lease, edits and statistics, and lists of sources (OPML)."""
