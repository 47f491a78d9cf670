"""The audit log, a chain of digests, and edits that refuse a stale form."""
