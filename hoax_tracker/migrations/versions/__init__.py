"""Alembic migrations; ``hoax-tracker init`` runs them."""
