"""The audit log, a hash chain, and edits that refuse a stale form."""
