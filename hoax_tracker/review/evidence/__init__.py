"""Evidence: links, files, and snapshots of pages."""
