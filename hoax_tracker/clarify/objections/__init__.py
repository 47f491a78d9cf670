"""Objections at the desk: who may decide, and what the decision does to the page."""
