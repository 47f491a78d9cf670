"""Decisions about claims: each is one transaction."""
