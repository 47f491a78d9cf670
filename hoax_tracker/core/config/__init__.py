"""Settings: read, checked, and what a start refuses."""
