"""Notes, mentions, and questions to units."""
