"""Sources: kinds, schedule, leases, edits and statistics, and lists of sources (OPML)."""
