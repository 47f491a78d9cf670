"""Settings: reading, validation, and the checks at start."""
