"""Engines, transactions, the version of the schema, and faults of a database in words."""
