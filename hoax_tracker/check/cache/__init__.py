"""In-memory cache of public pages and answers."""
