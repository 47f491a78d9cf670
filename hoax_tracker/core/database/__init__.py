"""Engines, transactions, the schema version, and messages for database errors."""
