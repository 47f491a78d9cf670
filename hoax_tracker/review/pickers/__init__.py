"""Pickers: an officer searches for a claim, a clarification or a unit instead of typing its number."""
