"""Pages about sources and their files, and the callbacks of hubs."""
