"""Drafts begun from the answer to an earlier claim of the same narrative."""
