"""Nobody publishes alone: an account that somebody else changed waits before it may approve or open contacts."""
