"""From entries to rows: what is new, what was stored before, what may not come back."""
