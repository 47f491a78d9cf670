"""Rules about items that ingest and flag share."""
