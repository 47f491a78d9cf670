"""What ingest and flag both say of an item."""
