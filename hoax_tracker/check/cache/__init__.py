"""Public pages and answers kept in memory."""
